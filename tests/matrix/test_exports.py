"""Every list that leaves as Excel: text stays text, the right people get it, and the list says that it left (I7, S9)."""

import io

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from app.core.audit import AuditEvent
from tests.matrix import table, typed
from tests.matrix.asking import Asker
from tests.matrix.calls import call_of

FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1", "＝1+1", "＋1", "－1", "＠x")


def exports() -> list[tuple[str, str, str]]:
    """Return (route, situation, a role that may) of every export."""
    found: dict[tuple[str, str], str] = {}
    for (route, situation, role), outcome in table.cells().items():
        if route.startswith("GET ") and route.endswith(".xlsx") and outcome == "ok":
            found[route, situation] = role
    return [(route, situation, role) for (route, situation), role in found.items()]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_export_holds_a_formula(asker: Asker, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typed, "PAYLOADS", (text,))
    point = asker.database._connection.begin_nested()
    try:
        with asker.database.write() as session:
            typed.fill(session, 0)
            session.commit()
        seen = 0
        for route, situation, role in exports():
            method, url, call = call_of(route, asker.world, role, situation)
            answer = asker.ask(role, method, url, **call)
            assert answer.status_code == 200, f"{route} as {role}: {answer.status_code}"
            book = load_workbook(io.BytesIO(answer.content))
            cells = [cell for sheet in book for row in sheet for cell in row]
            assert not [cell.coordinate for cell in cells if cell.data_type == "f"], route
            seen += sum(text.strip() in str(cell.value) for cell in cells)
        assert seen > 0, "control: the texts do stand in the exports"
    finally:
        point.rollback()


def test_every_export_leaves_an_audit_row(asker: Asker) -> None:
    """An empty sheet to fill in (`template.xlsx`) holds no data that could leave."""
    leaving = [export for export in exports() if not export[0].endswith("/template.xlsx")]
    assert len(leaving) > 8
    for route, situation, role in leaving:
        method, url, call = call_of(route, asker.world, role, situation)
        point = asker.database._connection.begin_nested()
        try:
            before = _exported(asker)
            asker.ask(role, method, url, keep=True, **call)
            assert _exported(asker) == before + 1, route
        finally:
            point.rollback()


def _exported(asker: Asker) -> int:
    with asker.database.read() as session:
        return session.scalar(select(func.count(AuditEvent.id)).where(AuditEvent.name.like("%export%"))) or 0
