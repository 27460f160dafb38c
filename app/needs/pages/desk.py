"""The staff's desk: held needs, the longest waiting first, with the gate's lines beside the decision."""

import uuid
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor, FormData
from app.core import clock, sheets
from app.core.errors import EditConflict, FormRejected
from app.core.permissions import Actor, Permission
from app.core.sheets import Column
from app.needs import labels, queries, rule, service
from app.needs.models import Need, NeedState
from app.needs.pages import views
from app.needs.schemas import DecisionForm
from app.needs.service.review import REASONS
from app.organisations import queries as organisations
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.exports import sheet_response
from app.web.policy import permission
from app.web.templating import redirect, render

router = APIRouter(prefix="/desk/needs")
REVIEW = Permission.needs_need_review
TEMPLATE = "needs/desk.html"
LATE = timedelta(days=2)


def _row(need: Need, current: uuid.UUID | None) -> dict[str, Any]:
    zeros = [line["title"] for line in need.gate_lines if line["points"] == 0]
    since = need.submitted_at or need.updated_at
    return {
        "href": f"/desk/needs/{need.id}",
        "title": need.title or need.case_number,
        "age": clock.cn_ago(since).removesuffix("前"),
        "late": since < clock.now() - LATE,
        "reasons": [f"门槛 {need.gate_score or 0}/25", f"{zeros[0]} 0 分" if zeros else ""],
        "current": need.id == current,
    }


def _queue(session: Session, current: uuid.UUID | None) -> dict[str, Any]:
    rows = queries.list_held(session)
    return {
        "session": session,
        "rows": [_row(need, current) for need in rows],
        "total": queries.summarise_held(session).count,
        "reasons": [(code, *text.partition("：")[::2]) for code, (_line, text) in REASONS.items()],
        "need": None,
        "theirs": False,
    }


def _open(session: Session, actor: Actor, need_id: uuid.UUID) -> dict[str, Any]:
    need = queries.get_with_history(session, actor, need_id)
    result = rule.judge(need, rule.load_rules(session))
    organisation = organisations.list_by_ids(session, [need.organisation_id])[0]
    weak = {line.code for line in result.lines if line.points < 2}
    return {
        **_queue(session, need.id),
        "need": need,
        "held": need.state is NeedState.held,
        "shown": views.shown(session, actor, need),
        "organisation": organisation,
        "gate": views.gate_view(result, ""),
        "suggested": [code for code, (line, _text) in REASONS.items() if code == line and line in weak],
        "decisions": labels.DECISION,
        "version": need.version,
    }


@router.get("")
@permission(REVIEW)
def show_queue(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """Show the queue with its oldest need open."""
    oldest = queries.find_next_held(session)
    context = _open(session, actor, oldest) if oldest else _queue(session, None)
    return render(request, TEMPLATE, context)


@router.get("/export.xlsx")
@permission(REVIEW)
def export(request: Request, session: ReadSession, actor: CurrentActor, runtime: RuntimeDep) -> Response:
    """Send the queue as it stands."""
    needs = queries.list_held(session, limit=sheets.MAX_ROWS)
    firms = organisations.organisation_names(session, [need.organisation_id for need in needs])
    columns = [
        Column("案号", "case_number", width=20),
        Column("标题", "title", width=36),
        Column("企业", lambda need: firms.get(need.organisation_id, ""), width=28),
        Column("门槛分", "gate_score", "number"),
        Column("提交", "submitted_at", "datetime", 20),
    ]
    return sheet_response(
        request, runtime, actor, name="needs.held", title="需求留审", columns=columns, rows=needs
    )


@router.get("/{need_id}")
@permission(REVIEW)
def show_item(request: Request, session: ReadSession, actor: CurrentActor, need_id: uuid.UUID) -> Response:
    return render(request, TEMPLATE, _open(session, actor, need_id))


@router.post("/{need_id}/decision")
@permission(REVIEW)
def decide(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, need_id: uuid.UUID
) -> Response:
    """Publish or return the held need and open the next one."""

    def again(fresh: Session) -> dict[str, Any]:
        return _open(fresh, actor, need_id)

    with form.rejecting(TEMPLATE, again):
        data = form.parse(DecisionForm)
        try:
            service.decide(
                session,
                actor,
                need_id=need_id,
                version=data.version,
                publish=data.decision == "publish",
                reasons=data.reasons,
                note_text=data.note,
            )
        except EditConflict as error:
            context = {"build": again, "values": form.data, "theirs": True}
            rejected = FormRejected(template=TEMPLATE, context=context, fields={"form": error.message})
            rejected.status = error.status
            raise rejected from error
        following = queries.find_next_held(session)
    done = "已放行" if data.decision == "publish" else "已退回"
    url = f"/desk/needs/{following}" if following else "/desk/needs"
    return redirect(request, url, flash=f"{done}，这是下一件" if following else f"{done}，没有下一件了")
