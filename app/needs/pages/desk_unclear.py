"""The staff's desk of needs that vendors do not understand, and of needs that the centre wrote for firms."""

import uuid
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.accounts.deps import CurrentActor, FormData
from app.core import clock
from app.core.permissions import Actor, Permission
from app.core.sheets import Column
from app.needs import labels, queries, rule, service
from app.needs.pages import views
from app.needs.queries import Unclear
from app.needs.schemas import HandledForm
from app.needs.service.voting import LINES
from app.organisations import queries as organisations
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.exports import sheet_response
from app.web.policy import permission
from app.web.templating import redirect, render

router = APIRouter(prefix="/desk/needs")
HANDLE = Permission.needs_vote_handle
RECORD = Permission.needs_need_record
TEMPLATE = "needs/desk_unclear.html"


def _queue(session: Session, current: uuid.UUID | None) -> dict[str, Any]:
    least = int(rule.load_rules(session)[rule.UNCLEAR_FROM])
    found = queries.list_unclear(session, least=least)
    return {
        "session": session,
        "least": least,
        "found": [row.need.id for row in found],
        "rows": [_row(row, current) for row in found],
        "need": None,
        "values": {},
        "errors": {},
    }


def _row(row: Unclear, current: uuid.UUID | None) -> dict[str, Any]:
    return {
        "href": f"/desk/needs/unclear/{row.need.id}",
        "title": row.need.title or row.need.case_number,
        "age": clock.cn_ago(row.since).removesuffix("前"),
        "late": False,
        "reasons": [f"{row.votes} 家看不懂"],
        "current": row.need.id == current,
    }


def _open(session: Session, actor: Actor, need_id: uuid.UUID) -> dict[str, Any]:
    need = queries.get_need(session, actor, need_id)
    votes = queries.sum_votes(session, need.id)
    return {
        **_queue(session, need.id),
        "need": need,
        "shown": views.shown(session, actor, need),
        "votes": votes,
        "lines": [(text, votes.lines[code]) for code, text in LINES.items() if code in votes.lines],
    }


@router.get("/unclear")
@permission(HANDLE)
def show_queue(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """Show the queue with its oldest need open."""
    queue = _queue(session, None)
    context = _open(session, actor, queue["found"][0]) if queue["found"] else queue
    return render(request, TEMPLATE, context)


@router.get("/unclear/export.xlsx")
@permission(HANDLE)
def export_unclear(
    request: Request, session: ReadSession, actor: CurrentActor, runtime: RuntimeDep
) -> Response:
    """Send the queue; it names no voter."""
    least = int(rule.load_rules(session)[rule.UNCLEAR_FROM])
    columns = [
        Column("案号", lambda row: row.need.case_number, width=20),
        Column("标题", lambda row: row.need.title, width=36),
        Column("几家看不懂", "votes", "number"),
        Column("最早", "since", "datetime", 20),
    ]
    rows = queries.list_unclear(session, least=least, limit=5000)
    return sheet_response(
        request, runtime, actor, name="needs.unclear", title="看不懂的需求", columns=columns, rows=rows
    )


@router.get("/unclear/{need_id}")
@permission(HANDLE)
def show_item(request: Request, session: ReadSession, actor: CurrentActor, need_id: uuid.UUID) -> Response:
    return render(request, TEMPLATE, _open(session, actor, need_id))


@router.post("/unclear/{need_id}/handled")
@permission(HANDLE)
def handled(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, need_id: uuid.UUID
) -> Response:
    """Take the need off the queue with a word on what was done."""
    with form.rejecting(TEMPLATE, lambda fresh: _open(fresh, actor, need_id)):
        data = form.parse(HandledForm)
        service.handle_unclear(session, actor, need_id=need_id, note=data.note)
    return redirect(request, "/desk/needs/unclear", flash="办了，这是下一件")


def _recorded(session: Session) -> list[dict[str, Any]]:
    rows = queries.list_recorded(session)
    names = people.user_names(
        session, [row.recording.recorded_by for row in rows if row.recording.recorded_by]
    )
    firms = organisations.organisation_names(session, [row.need.organisation_id for row in rows])
    return [
        {
            "case_number": row.need.case_number,
            "title": row.need.title,
            "firm": firms.get(row.need.organisation_id, ""),
            "by": names.get(row.recording.recorded_by, "") if row.recording.recorded_by else "",
            "at": row.recording.recorded_at,
            "basis": row.recording.basis,
            "state": labels.STATE[row.need.state],
            "state_text": labels.STATE[row.need.state][0],
        }
        for row in rows
    ]


@router.get("/recorded")
@permission(RECORD)
def list_recorded(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """Show what the centre wrote for firms, and where to write the next one."""
    del actor
    return render(request, "needs/desk_recorded.html", {"session": session, "rows": _recorded(session)})


@router.get("/recorded/export.xlsx")
@permission(RECORD)
def export_recorded(
    request: Request, session: ReadSession, actor: CurrentActor, runtime: RuntimeDep
) -> Response:
    columns = [
        Column("案号", "case_number", width=20),
        Column("标题", "title", width=36),
        Column("企业", "firm", width=28),
        Column("谁录的", "by"),
        Column("什么时候", "at", "datetime", 20),
        Column("依据", "basis", width=40),
        Column("状态", "state_text"),
    ]
    return sheet_response(
        request,
        runtime,
        actor,
        name="needs.recorded",
        title="中心代录的需求",
        columns=columns,
        rows=_recorded(session),
    )
