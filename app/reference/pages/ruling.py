"""The staff's pages of the centre's own rules: each with its history, those that hold together on one page."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.core import clock, parameters
from app.core.errors import Invalid
from app.core.parameters import Declared, ParameterRow, ParameterSet
from app.core.permissions import Permission
from app.core.sheets import Column
from app.reference import queries, rules, service
from app.reference.deps import CurrentActor, FormData
from app.reference.schemas import CancelIn, ParameterIn, ParameterSetIn
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.exports import sheet_response
from app.web.forms import Form
from app.web.policy import permission
from app.web.templating import redirect, render

router = APIRouter(prefix="/staff/parameters")
EDIT = Permission.reference_parameter_edit


def _shown(session: Session) -> list[dict[str, Any]]:
    by_key: dict[str, list[ParameterRow]] = {}
    for row in queries.list_parameter_rows(session):
        by_key.setdefault(row.key, []).append(row)
    names = queries.author_names(session, (row.author_id for rows in by_key.values() for row in rows))
    today = clock.today()
    shown = []
    for item in parameters.declared():
        own = by_key.get(item.key, [])
        held = next((row for row in own if row.valid_from <= today), None)
        shown.append(
            {
                "declared": item,
                "unit": rules.unit_of(item),
                "value": rules.text_of(item, item.default if held is None else held.value),
                "since": held.valid_from if held is not None else None,
                "author": names.get(held.author_id, "") if held is not None and held.author_id else "",
                "coming": [row.valid_from for row in own if row.valid_from > today],
                "group": parameters.set_of(item.key),
            }
        )
    return shown


@router.get("")
@permission(EDIT)
def list_parameters(request: Request, session: ReadSession) -> Response:
    """Show every rule with its present value, since when and by whom."""
    rows = _shown(session)
    context = {
        "session": session,
        "rows": [row for row in rows if row["group"] is None],
        "sets": [(group, [row for row in rows if row["group"] is group]) for group in parameters.sets()],
    }
    return render(request, "reference/parameters.html", context)


@router.get("/export.xlsx")
@permission(EDIT)
def export(request: Request, session: ReadSession, runtime: RuntimeDep, actor: CurrentActor) -> Response:
    columns = [
        Column("规则", lambda row: row["declared"].title, width=32),
        Column("代号", lambda row: row["declared"].key, width=32),
        Column("现在的值", "value"),
        Column("单位", "unit"),
        Column("从何时起", "since", "date"),
        Column("谁定的", "author"),
        Column("说明", lambda row: row["declared"].note, width=60),
    ]
    rows = _shown(session)
    return sheet_response(
        request, runtime, actor, name="reference.parameters", title="中心规则", columns=columns, rows=rows
    )


@router.get("/sets/{name}")
@permission(EDIT)
def show_set(request: Request, session: ReadSession, name: str) -> Response:
    context = _set_context(session, name)
    values = {member["field"]: member["value"] for member in context["members"]}
    values |= {"valid_from": clock.today().isoformat(), "note": ""}
    return render(request, "reference/parameter_set.html", {**context, "values": values})


@router.post("/sets/{name}")
@permission(EDIT)
def change_set(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, name: str
) -> Response:
    """Change all values of the set, or none."""
    with form.rejecting("reference/parameter_set.html", lambda fresh: _set_context(fresh, name)):
        day = service.set_together(session, actor, name=name, data=form.parse(ParameterSetIn, _entries(form)))
    return redirect(request, f"/staff/parameters/sets/{name}", flash=f"已保存，{clock.cn_date(day)}起生效")


def _entries(form: Form) -> dict[str, Any]:
    if "entries" in form.data:
        raise Invalid({"entries": "不认识这个字段"})
    typed = {name: value for name, value in form.data.items() if not name.startswith("value_")}
    entries = {
        name.removeprefix("value_"): value for name, value in form.data.items() if name.startswith("value_")
    }
    return {**typed, "entries": entries}


def _set_context(session: Session, name: str) -> dict[str, Any]:
    group = service.get_set(name)
    members = service.members_of(group)
    rows = [row for item in members for row in queries.list_parameter_rows(session, key=item.key)]
    changes = queries.list_parameter_changes(session, key=members[0].key) if members else []
    names = queries.author_names(session, [change.author_id for change in changes])
    today = clock.today()
    return {
        "session": session,
        "group": group,
        "members": [_member(session, group, item) for item in members],
        "coming": [
            (day, _values_on(members, rows, day))
            for day in sorted({r.valid_from for r in rows if r.valid_from > today})
        ],
        "history": [
            (change, names.get(change.author_id, "") if change.author_id else "") for change in changes
        ],
    }


def _member(session: Session, group: ParameterSet, item: Declared) -> dict[str, Any]:
    return {
        "field": service.field_of(group, item.key),
        "declared": item,
        "unit": rules.unit_of(item),
        "value": rules.text_of(item, parameters.value(session, item.key)),
        "default": rules.text_of(item, item.default),
        "bounds": rules.bounds_text(item),
    }


def _values_on(members: Sequence[Declared], rows: Sequence[ParameterRow], day: date) -> str:
    by_key = {row.key: row for row in rows if row.valid_from == day}
    return "、".join(
        f"{item.title.partition('：')[2] or item.title} {rules.text_of(item, by_key[item.key].value)}"
        for item in members
        if item.key in by_key
    )


@router.get("/{key}")
@permission(EDIT)
def show_parameter(request: Request, session: ReadSession, key: str) -> Response:
    group = parameters.set_of(service.get_parameter(key).key)
    if group is not None:
        return redirect(request, f"/staff/parameters/sets/{group.name}")
    context = _parameter(session, key)
    values = {"value": context["value"], "valid_from": clock.today().isoformat(), "note": ""}
    return render(request, "reference/parameter.html", {**context, "values": values})


@router.post("/{key}")
@permission(EDIT)
def change_parameter(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, key: str
) -> Response:
    with form.rejecting("reference/parameter.html", lambda fresh: _parameter(fresh, key)):
        row = service.set_parameter(session, actor, key=key, data=form.parse(ParameterIn))
    return redirect(
        request, f"/staff/parameters/{key}", flash=f"已保存，{clock.cn_date(row.valid_from)}起生效"
    )


@router.post("/{key}/cancel")
@permission(EDIT)
def cancel(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, key: str
) -> Response:
    """Take back a value that has not begun."""
    with form.rejecting("reference/parameter.html", lambda fresh: _parameter(fresh, key)):
        data = form.parse(CancelIn)
        service.cancel(session, actor, key=key, data=data)
    return redirect(
        request, f"/staff/parameters/{key}", flash=f"已取消，{clock.cn_date(data.valid_from)}起不再改"
    )


def _parameter(session: Session, key: str) -> dict[str, Any]:
    declared = service.get_parameter(key)
    rows = queries.list_parameter_rows(session, key=key)
    changes = queries.list_parameter_changes(session, key=key)
    names = queries.author_names(
        session, [*(row.author_id for row in rows), *(row.author_id for row in changes)]
    )

    def text(value: Any) -> str:
        return "—" if value is None else rules.text_of(declared, value)

    def who(author: Any) -> str:
        return names.get(author, "") if author else ""

    known = {(change.valid_from, change.note) for change in changes}
    return {
        "session": session,
        "declared": declared,
        "unit": rules.unit_of(declared),
        "bounds": rules.bounds_text(declared),
        "long": isinstance(declared.default, str | dict | list),
        "value": rules.text_of(declared, parameters.value(session, key)),
        "default": rules.text_of(declared, declared.default),
        "coming": [
            (row, text(row.value), who(row.author_id)) for row in rows if row.valid_from > clock.today()
        ],
        "history": [
            (
                change.at,
                change.valid_from,
                change.cancelled,
                text(change.before),
                text(change.value),
                who(change.author_id),
                change.note,
            )
            for change in changes
        ]
        + [
            (row.created_at, row.valid_from, False, "—", text(row.value), who(row.author_id), row.note)
            for row in rows
            if (row.valid_from, row.note) not in known
        ],
    }
