"""Every route × role × situation answers as the reviewed table says, and the table misses none (RELIABILITY A2)."""

from collections import defaultdict

import pytest

from app.core import permissions
from app.core.permissions import Permission
from app.web.policy import walk_routes
from tests.matrix import matrix, table
from tests.matrix.asking import Asker
from tests.matrix.world import ROLES


def _routes(asker: Asker) -> set[str]:
    return {f"{route.method} {route.path}" for route in walk_routes(asker.app.routes)}


def test_every_route_has_a_row_and_every_row_a_route(asker: Asker) -> None:
    rows = {route for route, _situation, _role in table.cells()}
    assert sorted(_routes(asker) - rows) == [], "routes without a row in table.yaml"
    assert sorted(rows - _routes(asker)) == [], "rows of table.yaml without a route"


def test_every_role_stands_in_every_line() -> None:
    roles = defaultdict(set)
    for route, situation, role in table.cells():
        roles[route, situation].add(role)
    assert all(found == set(ROLES) for found in roles.values())


@pytest.mark.parametrize("part", matrix.parts())
def test_every_cell_answers_as_the_table_says(asker: Asker, part: str) -> None:
    wrong = matrix.differences(asker, only=part)
    assert not wrong, f"{len(wrong)} cells differ:\n" + "\n".join(map(str, wrong))


@pytest.mark.parametrize(
    "text",
    [
        "{groups: {}, routes: {GET /: {ok: nobody}}}",
        "{groups: {}, routes: {GET /: {fine: visitor}}}",
        "{groups: {}, routes: {GET /: {ok: visitor, gone: visitor}}}",
    ],
)
def test_a_table_that_names_what_there_is_not_is_refused(text: str) -> None:
    with pytest.raises(table.TableError):
        table.cells_of(text)


def test_control_a_rule_that_always_agrees_turns_the_matrix_red(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(permissions._rules, Permission.needs_need_review, lambda _actor, _obj: True)
    wrong = matrix.differences(asker, only="GET /desk/needs/{need_id}")
    assert "ok" in {difference.got for difference in wrong}
