"""What a group of needs says in numbers: only where three firms stand behind a figure."""

import uuid

import pytest

from app.needs.models import Need
from app.needs.pages.groups import figures


def need(firm: uuid.UUID, number: int) -> Need:
    return Need(
        organisation_id=firm, budget_max_fen=number * 1_000_000, machine_count=number, wanted_days=number
    )


@pytest.mark.parametrize(("firms", "labels"), [(1, []), (2, []), (3, ["预算", "设备", "要在"])])
def test_several_needs_of_one_firm_give_no_figure(firms: int, labels: list[str]):
    known = [uuid.uuid4() for _ in range(firms)]
    rows = [need(known[number % firms], number + 10) for number in range(4)]
    assert [line["label"] for line in figures(rows)] == labels
