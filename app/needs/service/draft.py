"""Beginning a need and writing on it. Contact details are masked before any text is stored."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.core import audit, clock, drafts
from app.core.errors import Conflict, EditConflict, Invalid
from app.core.masking import mask_contacts
from app.core.permissions import Actor, Permission, require
from app.needs import case_number, masking, problem_text, queries, rule
from app.needs import policy as _policy  # noqa: F401  registers the rules of the room
from app.needs.models import EDITABLE, JUDGED, CaseCounter, Need, NeedBaseline, NeedState
from app.needs.schemas import PROBLEM, TITLE, BaselineFields, NeedFields
from app.needs.service.recording import note_recording
from app.needs.service.voting import mark_improved
from app.needs.steps import STEPS
from app.organisations import queries as organisations
from app.reference import queries as reference

audit.register_name("needs.need.started", "开始写需求")
audit.register_name("needs.need.edited", "修改需求")

#: Field of the schema → column, where they differ.
_COLUMNS = {
    "scenario": "scenario_code",
    "pain_points": "pain_point_codes",
    "industry": "industry_code",
    "district": "district_slug",
}
_TEXTS = {
    "title": TITLE,
    "problem": 2 * PROBLEM,
    "equipment": 400,
    "baseline_note": 1000,
    "conditions_note": 1000,
}
MAX_TYPED = 5_000


def keep_sentence(session: Session, *, owner: str, fields: NeedFields) -> None:
    """Keep the first sentence of somebody who has no account or no organisation yet, for seven days."""
    data = fields.model_dump(mode="json", exclude_unset=True)
    data["problem"] = mask_contacts(fields.problem).text
    drafts.save(session, owner=owner, form=queries.START_FORM, data=data)


def start_draft(session: Session, actor: Actor, *, fields: NeedFields, origin: str = "posted") -> Need:
    """Make a draft of the actor's organisation with its case number; industry and district come from the organisation.

    Codes that do not exist are dropped here (they were read from a text, not chosen); only the text counts.
    """
    require(actor, Permission.needs_need_create)
    if actor.organisation_id is None:
        raise Conflict("先登记您的企业，再提需求")
    most = int(rule.load_rules(session)[rule.MOST_DRAFTS])
    if origin == "posted" and queries.count_open_drafts(session, actor.organisation_id) >= most:
        raise Conflict(f"您已经有 {most} 份草稿，先发布或撤回几份")
    organisation = organisations.list_by_ids(session, [actor.organisation_id])[0]
    need = Need(
        id=uuid.uuid4(),
        case_number=next_case_number(session),
        organisation_id=actor.organisation_id,
        created_by=actor.user_id,
        origin=origin,
        industry_code=organisation.industry_code,
        district_slug=organisation.district_slug,
        pain_point_codes=[],
        fund_sources=[],
        conditions={},
        masked=[],
        baselines=[],
    )
    values = fields.model_dump(exclude_unset=True)
    for name in ("industry", "district"):
        if values.get(name) is None:
            values.pop(name, None)
    for name in _unknown_codes(session, values):
        values.pop(name)
    if not values.get("title"):
        values["title"] = problem_text.suggest_title(mask_contacts(fields.problem).text)
    _write(need, values, fields.baselines, masking.name_variants(organisation.name, organisation.short_name))
    session.add(need)
    if actor.user_id is not None:
        drafts.remove(session, owner=drafts.user_owner(actor.user_id), form=queries.START_FORM)
    session.flush()
    if actor.on_behalf:
        note_recording(session, actor, need)
    audit.record(session, actor, "needs.need.started", kind="need", object_id=need.id)
    return need


def next_case_number(session: Session) -> str:
    """Give out the next case number of the year; the counter's row stays locked until the transaction ends."""
    year = clock.today().year
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    step = insert(CaseCounter).values(year=year, last=1)
    step = step.on_conflict_do_update(index_elements=["year"], set_={"last": CaseCounter.last + 1})
    return case_number.make(year, session.execute(step.returning(CaseCounter.last)).scalar_one())


def update_need(
    session: Session, actor: Actor, *, need_id: uuid.UUID, version: int, fields: NeedFields
) -> Need:
    """Write the given fields of a need; returns it with its new `version`.

    Raises:
        EditConflict: somebody saved another content since `version`.
        Invalid: an unknown code, or an edit that would take a judged need below what it was judged by.

    """
    need = queries.get_for_change(session, actor, need_id)
    require(actor, Permission.needs_need_edit, need)
    if need.state not in EDITABLE:
        raise Conflict("这条需求已经撤回或结束，不能再改")
    values = fields.model_dump(exclude_unset=True)
    problems = _unknown_codes(session, values)
    if problems:
        raise Invalid(problems)
    rows = fields.baselines if "baselines" in values else None
    names = _names_of(session, need.organisation_id)
    if version != need.version:
        changed = _differences(need, values, rows, names)
        if changed:
            raise EditConflict(yours=values, theirs={name: current(need, name) for name in changed})
        return need
    told = need.state is NeedState.published and bool(_differences(need, values, rows, names))
    _write(need, values, rows, names)
    if need.state in JUDGED:
        _hold_the_line(session, need)
    need.version += 1
    if told:
        mark_improved(session, need)
    session.flush()
    audit.record(
        session, actor, "needs.need.edited", kind="need", object_id=need.id, data={"fields": sorted(values)}
    )
    return need


def autosave(
    session: Session, actor: Actor, *, need_id: uuid.UUID, step: str, data: Mapping[str, Any]
) -> datetime:
    """Keep what is being typed on a step's form, contact details masked; the newest save wins. Returns when."""
    need = queries.get_need(session, actor, need_id)
    require(actor, Permission.needs_need_edit, need)
    if step not in STEPS or actor.user_id is None:
        raise Conflict("没有这一步")
    known = set(STEPS[step].model_fields) - {"go"}
    row = drafts.save(
        session,
        owner=drafts.user_owner(actor.user_id),
        form=f"needs.edit.{step}",
        object_id=need_id,
        data={name: _typed(value) for name, value in data.items() if name in known},
    )
    return row.saved_at


def forget_typed(session: Session, actor: Actor, *, need_id: uuid.UUID, step: str) -> None:
    """Drop what was autosaved on a step: it has been sent."""
    if actor.user_id is not None:
        owner = drafts.user_owner(actor.user_id)
        drafts.remove(session, owner=owner, form=f"needs.edit.{step}", object_id=need_id)


def current(need: Need, name: str) -> Any:
    """Return a field's present value under its name in the schema."""
    if name == "baselines":
        return [_row_values(row) for row in need.baselines]
    return getattr(need, _COLUMNS.get(name, name))


def _typed(value: Any, depth: int = 0) -> Any:
    """Return what was typed, bounded and masked, as plain JSON."""
    if isinstance(value, str):
        return mask_contacts(value[:MAX_TYPED]).text
    if isinstance(value, list) and depth < 4:
        return [_typed(item, depth + 1) for item in value[:50]]
    if isinstance(value, Mapping) and depth < 4:
        return {str(key)[:60]: _typed(item, depth + 1) for key, item in list(value.items())[:50]}
    return None


def _unknown_codes(session: Session, values: dict[str, Any]) -> dict[str, str]:
    """Turn names into codes within `values`; returns the reason for every code that does not exist."""
    problems: dict[str, str] = {}
    if values.get("industry") is not None:
        industry = reference.find_industry_named(session, values["industry"])
        if industry is None:
            problems["industry"] = "没有找到这个行业，请从列出的里面选"
        else:
            values["industry"] = industry.code
    if values.get("district") is not None:
        district = reference.find_district_named(session, values["district"])
        if district is None:
            problems["district"] = "没有找到这个区县，请从列出的里面选"
        else:
            values["district"] = district.slug
    if values.get("scenario") is not None and values["scenario"] not in {
        row.code for row in reference.list_scenarios(session)
    }:
        problems["scenario"] = "没有这个应用场景，请从列出的里面选"
    if values.get("pain_points"):
        known = {row.code for row in reference.list_pain_points(session)}
        if not set(values["pain_points"]) <= known:
            problems["pain_points"] = "没有这个难点，请从列出的里面选"
    return problems


def _write(
    need: Need, values: dict[str, Any], rows: list[BaselineFields] | None, names: tuple[str, ...]
) -> None:
    """Set the given fields; texts lose contact details and, while the factory's name is hidden, that too."""
    hidden = values.get("hide_name", need.hide_name)
    names = names if hidden or hidden is None else ()
    found = set(need.masked)
    for name, value in values.items():
        if name in _TEXTS or name == "baselines":
            continue
        kept = [source.value for source in value] if name == "fund_sources" else value
        setattr(need, _COLUMNS.get(name, name), kept)
    for name, limit in _TEXTS.items():
        given = values.get(name, getattr(need, name)) or ""
        kept, kinds = masking.clean(given, names)
        setattr(need, name, kept[:limit])
        found.update(kinds)
    if rows is not None:
        _write_baselines(need, rows)
    for row in need.baselines:
        for name, limit in (("metric", 60), ("unit", 20), ("period", 20)):
            kept, kinds = masking.clean(getattr(row, name), names)
            setattr(row, name, kept[:limit])
            found.update(kinds)
    if sorted(found) != need.masked:
        need.masked = sorted(found)
    if "confidentiality" in values or "hide_name" in values:
        need.audience_chosen = True
    low, high = need.budget_min_fen, need.budget_max_fen
    if low is not None and high is not None and low > high:
        raise Invalid({"budget_max_fen": "预算的下限比上限大，请对调或改一下"})


def _write_baselines(need: Need, rows: list[BaselineFields]) -> None:
    """Bring the need's figures to the given ones, line by line in place."""
    for position, row in enumerate(rows):
        values = row.model_dump()
        if position < len(need.baselines):
            for name, value in values.items():
                setattr(need.baselines[position], name, value)
        else:
            need.baselines.append(NeedBaseline(id=uuid.uuid4(), position=position, **values))
    del need.baselines[len(rows) :]


def _names_of(session: Session, organisation_id: uuid.UUID) -> tuple[str, ...]:
    organisation = organisations.list_by_ids(session, [organisation_id])[0]
    return masking.name_variants(organisation.name, organisation.short_name)


def _row_values(row: NeedBaseline) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("metric", "value", "unit", "period", "how")}


def _differences(
    need: Need, values: dict[str, Any], rows: list[BaselineFields] | None, names: tuple[str, ...]
) -> list[str]:
    """Return which of the given fields differ from what stands; a form sent twice differs in none."""
    names = names if values.get("hide_name", need.hide_name) else ()
    changed = []
    for name, value in values.items():
        if name == "baselines":
            if [row.model_dump() for row in rows or []] != current(need, name):
                changed.append(name)
            continue
        given = masking.clean(value, names)[0] if name in _TEXTS else value
        if given != current(need, name):
            changed.append(name)
    return changed


def _hold_the_line(session: Session, need: Need) -> None:
    """Refuse an edit that would take a judged need below the points or lines that it was judged by."""
    result = rule.judge(need, rule.load_rules(session))
    before = {line["code"]: line["points"] for line in need.gate_lines}
    lost = [line.title for line in result.zeros if before.get(line.code, 0) > 0]
    least = min(result.rule.publish_from, need.gate_score or 0)
    if lost or result.total < least:
        why = "、".join(lost) + "变成了 0 分" if lost else f"门槛分会从 {need.gate_score} 降到 {result.total}"
        raise Invalid({"form": f"改完以后{why}。已经发布的需求不能改差；要大改，请先撤回"})
    need.gate_score, need.gate_lines = result.total, rule.snapshot(result)
