"""One's own needs: the list, the task list with the gate beside it, preview, publishing, withdrawing."""

import uuid
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor, FormData
from app.core import clock, drafts, sheets
from app.core.errors import EditConflict, FormRejected, NotFound
from app.core.pagination import PageRequest
from app.core.permissions import Actor, Permission, require
from app.core.sheets import Column
from app.needs import labels, masking, queries, rule, service
from app.needs.models import EDITABLE, SENDABLE, Need, NeedState
from app.needs.pages import views
from app.needs.pages.detail import OUTCOMES
from app.needs.schemas import PublishForm, WithdrawForm
from app.needs.service.ending import EXPIRED, WITHDRAW_REASONS, is_renewable
from app.needs.steps import STEPS
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.exports import sheet_response
from app.web.policy import permission
from app.web.templating import redirect, render

router = APIRouter(prefix="/workspace/needs")
EDIT = Permission.needs_need_edit
Step = Annotated[str, Query(max_length=20)]


def _own(session: Session, actor: Actor, need_id: uuid.UUID) -> Need:
    need = queries.get_need(session, actor, need_id)
    require(actor, EDIT, need)
    return need


@router.get("")
@permission(EDIT)
def list_needs(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    page: Annotated[int, Query(ge=1, le=500)] = 1,
) -> Response:
    """Show the organisation's needs, the last touched first, each with its state and whose turn it is."""
    found = queries.list_own(session, actor, PageRequest.of(page))
    return render(
        request,
        "needs/list.html",
        {"session": session, "rows": _rows(session, found.items), "found": found, "sendable": SENDABLE},
    )


def _rows(session: Session, needs: Sequence[Need]) -> list[dict[str, Any]]:
    """Return the needs with state, gate, live numbers and what waits for their owner, in a fixed number of queries."""
    rules = rule.load_rules(session)
    ids = [need.id for need in needs]
    numbers, asked = queries.load_numbers(session, ids), queries.count_open_questions(session, ids)
    outcomes = queries.list_outcomes(session, ids)
    rows = []
    for need in needs:
        result, outcome = rule.judge(need, rules), outcomes.get(need.id)
        published = need.state is NeedState.published
        due = need.state is NeedState.closed and need.end_code == EXPIRED and outcome is None
        rows.append(
            {
                "need": need,
                "state": labels.STATE[need.state],
                "state_text": labels.STATE[need.state][0],
                "next": "轮到您，登记结果或续期" if due else labels.NEXT[need.state],
                "gate": result,
                "points": result.total,
                "numbers": numbers[need.id] if need.published_at is not None else None,
                "asked": asked.get(need.id, 0) if published else 0,
                "renewable": published and is_renewable(need, rules),
                "due": due,
                "outcome": OUTCOMES[outcome.outcome.value] if outcome else "",
            }
        )
    return rows


@router.get("/export.xlsx")
@permission(EDIT)
def export(request: Request, session: ReadSession, actor: CurrentActor, runtime: RuntimeDep) -> Response:
    """Send the organisation's needs as the list shows them."""
    found = queries.list_own(session, actor, PageRequest(1, sheets.MAX_ROWS))
    columns = [
        Column("案号", lambda row: row["need"].case_number, width=20),
        Column("标题", lambda row: row["need"].title, width=36),
        Column("状态", "state_text"),
        Column("门槛分", "points", "number"),
        Column("预算下限（万元）", lambda row: row["need"].budget_min_fen, "wan"),
        Column("预算上限（万元）", lambda row: row["need"].budget_max_fen, "wan"),
        Column("发布", lambda row: row["need"].published_at, "datetime", 20),
        Column("到期", lambda row: row["need"].expires_at, "datetime", 20),
        Column("看过", lambda row: row["numbers"].seen if row["numbers"] else None, "number"),
        Column("邀请了", lambda row: row["numbers"].invited if row["numbers"] else None, "number"),
        Column("来谈的", lambda row: row["numbers"].interested if row["numbers"] else None, "number"),
        Column("没答的提问", "asked", "number"),
        Column("结果", "outcome"),
    ]
    return sheet_response(
        request,
        runtime,
        actor,
        name="needs.own",
        title="我的需求",
        columns=columns,
        rows=_rows(session, found.items),
    )


def _edit(session: Session, actor: Actor, need_id: uuid.UUID, step: str) -> dict[str, Any]:
    need = _own(session, actor, need_id)
    result = rule.judge(need, rule.load_rules(session))
    opened = step if step in views.BY_KEY else views.first_open(result)
    base = f"/workspace/needs/{need.id}/edit"
    typed = None
    if actor.user_id is not None:
        owner = drafts.user_owner(actor.user_id)
        typed = queries.find_typed(session, owner=owner, need_id=need.id, step=opened)
        if typed is not None and typed.saved_at <= need.updated_at:
            typed = None
    stored = views.form_values(need)
    return {
        "session": session,
        "need": need,
        "state": labels.STATE[need.state],
        "turn": labels.NEXT[need.state],
        "editable": need.state in EDITABLE,
        "sendable": need.state in SENDABLE,
        "returned": queries.list_return_reasons(session, need.id) if need.state is NeedState.returned else [],
        "base": base,
        "step": opened,
        "tasks": views.tasks(need, result, base),
        "gate": views.gate_view(result, base),
        "saved_at": f"{clock.local(typed.saved_at if typed else need.updated_at):%H:%M}",
        "typed": typed is not None,
        "stored": stored,
        "values": {**stored, **typed.data} if typed is not None else stored,
        "version": need.version,
        "theirs": [],
        "labels": views.LABELS,
        "masked": masking.describe(need.masked),
        "choices": views.CHOICES,
        **views.lists(session, need, opened),
    }


@router.get("/{need_id}/edit")
@permission(EDIT)
def edit_page(
    request: Request, session: ReadSession, actor: CurrentActor, need_id: uuid.UUID, step: Step = ""
) -> Response:
    """Show the six steps with one open (the first that still gains something unless `step` says which)."""
    return render(request, "needs/edit.html", _edit(session, actor, need_id, step))


@router.post("/{need_id}/edit")
@permission(EDIT)
def edit(
    request: Request,
    actor: CurrentActor,
    form: FormData,
    session: WriteSession,
    need_id: uuid.UUID,
    step: Step = "",
) -> Response:
    """Save the open step and open the next one."""
    if step not in STEPS:
        raise NotFound("没有这一步")

    def again(fresh: Session) -> dict[str, Any]:
        return _edit(fresh, actor, need_id, step)

    with form.rejecting("needs/edit.html", again):
        data = form.parse(STEPS[step])
        try:
            service.update_need(session, actor, need_id=need_id, version=data.version, fields=data.fields())
        except EditConflict as error:
            raise _conflict(error, form.data, again) from error
        service.forget_typed(session, actor, need_id=need_id, step=step)
    following = views.next_step(step) if data.go == "next" else step
    if following is None:
        return redirect(
            request, f"/workspace/needs/{need_id}/preview", flash="六步都看过了，看看别人会看到什么"
        )
    number = views.BY_KEY[following].number
    return redirect(request, f"/workspace/needs/{need_id}/edit?step={following}#task-{number}")


def _conflict(error: EditConflict, typed: dict[str, Any], again: Any) -> FormRejected:
    """Show the form again with what was typed and what the other saved, and their version to save over."""
    context = {
        "build": again,
        "values": {name: value for name, value in typed.items() if name != "version"},
        "theirs": sorted(error.theirs),
    }
    rejected = FormRejected(template="needs/edit.html", context=context, fields={"form": error.message})
    rejected.status = error.status
    return rejected


@router.post("/{need_id}/autosave")
@permission(EDIT)
def autosave(
    actor: CurrentActor, form: FormData, session: WriteSession, need_id: uuid.UUID, step: Step = ""
) -> Response:
    """Keep what is being typed; answers with the time that the page shows."""
    saved = service.autosave(session, actor, need_id=need_id, step=step, data=form.data)
    return JSONResponse({"saved_at": f"{clock.local(saved):%H:%M}"})


def _preview(session: Session, actor: Actor, need_id: uuid.UUID) -> dict[str, Any]:
    need = _own(session, actor, need_id)
    result = rule.judge(need, rule.load_rules(session))
    shown = views.shown(session, actor, need)
    if need.hide_name:
        shown = {**shown, "organisation": None}
    return {
        "session": session,
        "need": need,
        "shown": shown,
        "sendable": need.state in SENDABLE,
        "base": f"/workspace/needs/{need.id}/edit",
        "gate": views.gate_view(result, f"/workspace/needs/{need.id}/edit"),
        "version": need.version,
        "verified": actor.organisation_verified,
        "recording": queries.find_recording(session, need.id) if actor.on_behalf else None,
        "values": {},
    }


@router.get("/{need_id}/preview")
@permission(EDIT)
def preview(request: Request, session: ReadSession, actor: CurrentActor, need_id: uuid.UUID) -> Response:
    """Show the need as others will see it, with the gate and the publish button."""
    return render(request, "needs/preview.html", _preview(session, actor, need_id))


@router.post("/{need_id}/publish")
@permission(Permission.needs_need_publish)
def publish(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, need_id: uuid.UUID
) -> Response:
    """Send the need to the gate."""
    with form.rejecting("needs/preview.html", lambda fresh: _preview(fresh, actor, need_id)):
        data = form.parse(PublishForm)
        need = service.publish_need(session, actor, need_id=need_id, version=data.version, basis=data.basis)
    text, _tone = labels.STATE[need.state]
    return redirect(request, f"/needs/{need.case_number}", flash=f"{text}。{labels.NEXT[need.state]}")


def _withdraw(session: Session, actor: Actor, need_id: uuid.UUID) -> dict[str, Any]:
    need = _own(session, actor, need_id)
    return {
        "session": session,
        "need": need,
        "version": need.version,
        "reasons": [item for item in WITHDRAW_REASONS.items() if item[0] != "not_ours"],
        "asked": need.state is NeedState.published,
    }


@router.get("/{need_id}/withdraw")
@permission(EDIT)
def withdraw_page(
    request: Request, session: ReadSession, actor: CurrentActor, need_id: uuid.UUID
) -> Response:
    """Ask before a need is taken back."""
    return render(request, "needs/withdraw.html", _withdraw(session, actor, need_id))


@router.post("/{need_id}/withdraw")
@permission(EDIT)
def withdraw(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, need_id: uuid.UUID
) -> Response:
    with form.rejecting("needs/withdraw.html", lambda fresh: _withdraw(fresh, actor, need_id)):
        data = form.parse(WithdrawForm)
        service.withdraw_need(
            session, actor, need_id=need_id, version=data.version, code=data.code, reason=data.reason
        )
    return redirect(request, "/workspace/needs", flash="已撤回，只有您自己看得到")


@router.post("/{need_id}/reopen")
@permission(EDIT)
def reopen(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, need_id: uuid.UUID
) -> Response:
    """Take up a withdrawn or ended need again."""
    data = form.parse(PublishForm)
    service.reopen_need(session, actor, need_id=need_id, version=data.version)
    return redirect(request, f"/workspace/needs/{need_id}/edit", flash="又是草稿了，看一遍再发布")
