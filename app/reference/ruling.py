"""Commands on the centre's own rules: setting one, setting those that hold only together, taking a coming one back."""

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.core import audit, clock, parameters
from app.core.errors import Conflict, Invalid, NotFound
from app.core.parameters import Declared, ParameterChange, ParameterRow, ParameterSet
from app.core.permissions import Actor, Permission, require
from app.reference import queries, rules
from app.reference.schemas import CancelIn, ParameterIn, ParameterSetIn

LATEST = 3650
audit.register_name("reference.parameter.set", "修改中心规则")
audit.register_name("reference.parameter.cancelled", "取消未生效的中心规则")


def get_parameter(key: str) -> Declared:
    """Return a declared parameter or raise NotFound."""
    found = next((item for item in parameters.declared() if item.key == key), None)
    if found is None:
        raise NotFound("没有这条中心规则")
    return found


def get_set(name: str) -> ParameterSet:
    found = next((item for item in parameters.sets() if item.name == name), None)
    if found is None:
        raise NotFound("没有这一组中心规则")
    return found


def members_of(group: ParameterSet) -> list[Declared]:
    """Return a set's parameters, the greatest default first."""
    found = [item for item in parameters.declared() if item.key.startswith(group.prefix)]
    return sorted(found, key=lambda item: (-item.default, item.key))


def set_parameter(session: Session, actor: Actor, *, key: str, data: ParameterIn) -> ParameterRow:
    """Set a parameter from a day on, today at the earliest: what held before stays as it was judged by.

    Raises:
        Invalid: a past day, or a value that is not of the default's kind or out of its bounds.
        Conflict: it holds only together with others (`set_together`).

    """
    require(actor, Permission.reference_parameter_edit)
    declared = get_parameter(key)
    group = parameters.set_of(key)
    if group is not None:
        raise Conflict(f"这一条要和「{group.title}」里的其他几条一起改")
    _check_day(data.valid_from)
    try:
        value = rules.parse(declared, data.value)
    except ValueError as error:
        raise Invalid({"value": str(error)}) from error
    row = _put(session, actor, key=key, value=value, on=data.valid_from, note=data.note)
    session.flush()
    return row


def set_together(session: Session, actor: Actor, *, name: str, data: ParameterSetIn) -> date:
    """Set all values of a set from a day on, all or none; returns the day.

    Raises:
        Invalid: a reason beside each value that is none, or beside the set when they do not fit together.

    """
    require(actor, Permission.reference_parameter_edit)
    group = get_set(name)
    _check_day(data.valid_from)
    parsed: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    for declared in members_of(group):
        try:
            parsed[declared.key] = rules.parse(declared, data.value_of(declared.key).strip())
        except ValueError as error:
            reasons[field_of(group, declared.key)] = str(error)
    if reasons:
        raise Invalid(reasons)
    if reason := group.check(parsed):
        raise Invalid({"together": reason})
    changed = [
        key for key, value in parsed.items() if value != parameters.value(session, key, on=data.valid_from)
    ]
    if not changed:
        raise Conflict("没有改动：和那一天已经定好的一样")
    for key, value in parsed.items():
        _put(session, actor, key=key, value=value, on=data.valid_from, note=data.note)
    session.flush()
    return data.valid_from


def field_of(group: ParameterSet, key: str) -> str:
    """Return the form's name of a member: dots and dashes mean something there."""
    return f"value_{key.removeprefix(group.prefix)}"


def cancel(session: Session, actor: Actor, *, key: str, data: CancelIn) -> int:
    """Take back a value that has not begun yet (of a set: all of that day); returns how many."""
    require(actor, Permission.reference_parameter_edit)
    get_parameter(key)
    if data.valid_from <= clock.today():
        raise Conflict("已经生效的不能取消，请定一个新的值")
    group = parameters.set_of(key)
    keys = [item.key for item in members_of(group)] if group is not None else [key]
    rows = [
        row
        for each in keys
        for row in queries.list_parameter_rows(session, key=each)
        if row.valid_from == data.valid_from
    ]
    if not rows:
        raise NotFound("那一天没有定好的值")
    for row in rows:
        session.delete(row)
        _note(session, actor, row.key, row.valid_from, None, row.value, data.note, cancelled=True)
    session.flush()
    return len(rows)


def _check_day(day: date) -> None:
    if day < clock.today():
        raise Invalid({"valid_from": "从今天或以后的某一天起生效；过去的不能改写"})
    if (day - clock.today()).days > LATEST:
        raise Invalid({"valid_from": "最远定到十年以后"})


def _put(session: Session, actor: Actor, *, key: str, value: Any, on: date, note: str) -> ParameterRow:
    rows: Mapping[date, ParameterRow] = {
        each.valid_from: each for each in queries.list_parameter_rows(session, key=key)
    }
    row = rows.get(on)
    before = row.value if row is not None else parameters.value(session, key, on=on)
    if row is None:
        row = ParameterRow(id=uuid.uuid4(), key=key, valid_from=on)
        session.add(row)
    row.value, row.note, row.author_id, row.created_at = value, note, actor.user_id, clock.now()
    _note(session, actor, key, on, value, before, note)
    return row


def _note(
    session: Session,
    actor: Actor,
    key: str,
    on: date,
    value: Any,
    before: Any,
    note: str,
    *,
    cancelled: bool = False,
) -> None:
    session.add(
        ParameterChange(
            id=uuid.uuid4(),
            key=key,
            valid_from=on,
            value=value,
            before=before,
            cancelled=cancelled,
            author_id=actor.user_id,
            note=note,
            at=clock.now(),
        )
    )
    audit.record(
        session,
        actor,
        "reference.parameter.cancelled" if cancelled else "reference.parameter.set",
        kind="parameter",
        object_id=key,
        data={"before": before, "after": value, "from": on.isoformat()},
    )
