"""Dated parameters: typed by operators, checked against their default's kind, never over the past."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, parameters
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.parameters import Declared, ParameterRow
from app.core.permissions import Actor, Role
from app.core.sheets import read_rows
from app.matching.weights import FACTORS, load_weights
from app.reference import rules, service
from app.reference.schemas import CancelIn, ParameterIn, ParameterSetIn
from app.routes import load_hooks
from tests.factories.accounts import make_user
from tests.factories.accounts import sign_in as enter
from tests.reference.test_pages import sign_in
from tests.services.client import Client

OPERATOR = Actor(user_id=uuid.uuid4(), name="示例运营员", roles=frozenset({Role.operator}))
REVIEWER = Actor(user_id=uuid.uuid4(), name="示例审核员", roles=frozenset({Role.reviewer}))
KEY = "organisations.verification.hours"


def typed(value: str, days: int = 0) -> ParameterIn:
    return ParameterIn(value=value, valid_from=clock.today() + timedelta(days=days), note="示例理由")


def test_a_new_value_holds_from_its_day(session: Session):
    service.set_parameter(session, OPERATOR, key=KEY, data=typed("24", days=3))
    assert parameters.value(session, KEY) == 48
    assert parameters.value(session, KEY, on=clock.today() + timedelta(days=3)) == 24
    service.set_parameter(session, OPERATOR, key=KEY, data=typed("36"))
    service.set_parameter(session, OPERATOR, key=KEY, data=typed("30"))
    assert parameters.value(session, KEY) == 30


def test_refusals(session: Session):
    with pytest.raises(Forbidden):
        service.set_parameter(session, REVIEWER, key=KEY, data=typed("24"))
    with pytest.raises(NotFound):
        service.set_parameter(session, OPERATOR, key="none", data=typed("24"))
    with pytest.raises(Invalid):
        service.set_parameter(session, OPERATOR, key=KEY, data=typed("24", days=-1))
    with pytest.raises(Invalid):
        service.set_parameter(session, OPERATOR, key=KEY, data=typed("半天"))


def declared(default: object, key: str = "room.topic") -> Declared:
    return Declared(key, default, "示例规则", "", "")


@pytest.mark.parametrize(
    ("default", "text", "value"),
    [
        (13, "14", 14),
        ("甲", "乙", "乙"),
        ({"a": 1, "b": [1, 2]}, '{"b": [3, 4], "a": 2.5}', {"a": 2.5, "b": [3, 4]}),
        ([True, None], "[false, null]", [False, None]),
    ],
)
def test_values_of_the_defaults_kind(default: object, text: str, value: object):
    assert rules.parse(declared(default), text) == value
    assert rules.parse(declared(default), rules.text_of(declared(default), default)) == default


@pytest.mark.parametrize(
    ("default", "text"),
    [(13, "-1"), (13, "1.5"), ({"a": 1}, '{"a": "1"}'), ({"a": 1}, '{"b": 1}'), ([1], "[1"), ([1], "[1, 2]")],
)
def test_other_kinds_are_refused(default: object, text: str):
    with pytest.raises(ValueError, match=r"整数|写法|一样"):
        rules.parse(declared(default), text)


def test_money_is_typed_in_wan():
    parameter = declared(20_000_000, "room.price_max_fen")
    assert rules.text_of(parameter, 20_000_000) == "20"
    assert rules.parse(parameter, "3.5") == 3_500_000
    assert rules.unit_of(parameter) == "万元"


def test_pages_for_operators(client: Client):
    sign_in(client, role=Role.operator)
    assert "机构核验的承诺时限" in client.get("/staff/parameters").text
    page = f"/staff/parameters/{KEY}"
    refused = client.submit(page, {"value": "半天", "note": "示例理由"})
    assert refused.status_code == 422
    assert "请填整数" in refused.text
    assert client.submit(page, {"value": "24", "note": "示例理由"}).status_code == 303
    assert "示例理由" in client.get(page).text
    assert client.get("/staff/parameters/none").status_code == 404


def test_pages_are_closed_to_reviewers(client: Client):
    sign_in(client, role=Role.reviewer)
    assert client.get("/staff/parameters").status_code == 403


def together(values: dict[str, str], days: int = 0) -> ParameterSetIn:
    return ParameterSetIn(entries=values, valid_from=clock.today() + timedelta(days=days), note="示例理由")


def weights(**changed: int) -> dict[str, str]:
    return {code: str(changed.get(code, points)) for code, _label, points, _note in FACTORS}


class TestHistory:
    def test_every_value_stays_with_its_author_and_reason(self, client: Client):
        operator = make_user(client.session, Role.operator, name="示例钱工")
        enter(client, operator)
        page = f"/staff/parameters/{KEY}"
        for value in ("24", "36"):  # twice on the same day: the first one stays on record
            assert client.submit(page, {"value": value, "note": f"改成 {value} 的理由"}).status_code == 303
        shown = client.get(page).text
        for text in ("改成 24 的理由", "改成 36 的理由", "示例钱工"):
            assert text in shown
        assert parameters.value(client.session, KEY) == 36

    def test_a_coming_value_is_cancelled_and_remembered(self, client: Client):
        sign_in(client, role=Role.operator)
        page = f"/staff/parameters/{KEY}"
        day = clock.today() + timedelta(days=9)
        client.submit(page, {"value": "24", "note": "示例理由", "valid_from": day.isoformat()}, action=page)
        assert parameters.value(client.session, KEY, on=day) == 24
        done = client.submit(
            page, {"note": "会上又说不改了", "valid_from": day.isoformat()}, action=f"{page}/cancel"
        )
        assert done.status_code == 303
        assert parameters.value(client.session, KEY, on=day) == 48
        assert "会上又说不改了" in client.get(page).text

    def test_what_has_begun_cannot_be_cancelled(self, session: Session):
        service.set_parameter(session, OPERATOR, key=KEY, data=typed("24"))
        with pytest.raises(Conflict):
            service.cancel(
                session, OPERATOR, key=KEY, data=CancelIn(valid_from=clock.today(), note="示例理由")
            )
        with pytest.raises(NotFound):
            later = clock.today() + timedelta(days=1)
            service.cancel(session, OPERATOR, key=KEY, data=CancelIn(valid_from=later, note="示例理由"))


class TestBounds:
    @pytest.mark.parametrize(("value", "good"), [("0", False), ("1", True), ("8760", True), ("8761", False)])
    def test_hours_have_the_bounds_of_their_unit(self, session: Session, value: str, good: bool):
        if good:
            service.set_parameter(session, OPERATOR, key=KEY, data=typed(value))
        else:
            with pytest.raises(Invalid):
                service.set_parameter(session, OPERATOR, key=KEY, data=typed(value))

    def test_a_declared_bound_wins(self):
        narrow = Declared("room.topic", 5, "示例", "天", "", low=2, high=9)
        assert rules.bounds_text(narrow) == "2 到 9"
        assert rules.parse(narrow, "9") == 9
        with pytest.raises(ValueError, match="2 到 9"):
            rules.parse(narrow, "10")

    def test_every_default_lies_within_its_own_bounds(self):
        load_hooks()
        for item in parameters.declared():
            assert rules.parse(item, rules.text_of(item, item.default)) == item.default, item.key


class TestSets:
    def test_weights_are_changed_together(self, session: Session):
        service.set_together(
            session, OPERATOR, name="matching-weights", data=together(weights(pain_point=40, price=14), 2)
        )
        assert load_weights(session).points["price"] == 8
        with clock.frozen(clock.now() + timedelta(days=2)):
            assert load_weights(session).points["price"] == 14

    def test_a_sum_that_is_not_100_is_refused_and_nothing_is_saved(self, client: Client):
        sign_in(client, role=Role.operator)
        page = "/staff/parameters/sets/matching-weights"
        refused = client.submit(page, {"value_price": "20", "note": "示例理由"})
        assert refused.status_code == 422
        assert "加起来要等于 100，现在是 112" in refused.text
        assert 'value="20"' in refused.text
        absurd = client.submit(page, {"value_price": "-1", "note": "示例理由"})
        assert absurd.status_code == 422
        assert load_weights(client.session).points["price"] == 8
        assert client.session.scalars(select(ParameterRow)).all() == []

    def test_a_member_leads_to_its_set(self, client: Client):
        sign_in(client, role=Role.operator)
        place = client.get("/staff/parameters/matching.weight.price").headers["location"]
        assert place == "/staff/parameters/sets/matching-weights"
        assert "难点对得上" in client.get(place).text
        with pytest.raises(Conflict):
            service.set_parameter(client.session, OPERATOR, key="matching.weight.price", data=typed("9"))
        assert client.get("/staff/parameters/sets/none").status_code == 404

    def test_a_coming_set_is_cancelled_as_a_whole(self, session: Session):
        service.set_together(
            session, OPERATOR, name="matching-weights", data=together(weights(price=7, days=7), 3)
        )
        day = clock.today() + timedelta(days=3)
        taken = service.cancel(
            session, OPERATOR, key="matching.weight.price", data=CancelIn(valid_from=day, note="示例理由")
        )
        assert taken == len(FACTORS)
        assert session.scalars(select(ParameterRow)).all() == []

    def test_no_change_is_told(self, session: Session):
        with pytest.raises(Conflict, match="没有改动"):
            service.set_together(session, OPERATOR, name="matching-weights", data=together(weights()))


def test_rules_are_taken_away(client: Client):
    sign_in(client, role=Role.operator)
    rows = read_rows(client.get("/staff/parameters/export.xlsx").content)
    assert any(row[1] == KEY for row in rows)
