"""Watched objects and what was looked at lately."""

import uuid
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor, FormData
from app.core import clock
from app.core.errors import Invalid
from app.core.permissions import Actor
from app.core.sheets import Column
from app.watching import faces, service
from app.watching.looking import glances
from app.watching.models import WATCHED_LABELS, Kind
from app.watching.queries import marks as queries
from app.watching.queries import searches
from app.watching.schemas import MarkForm
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.exports import sheet_response
from app.web.idempotent import idempotent
from app.web.policy import signed_in
from app.web.templating import redirect, render, safe_next

router = APIRouter(prefix="/watching")


def _marks(session: Session, actor: Actor) -> list[dict[str, Any]]:
    rows = queries.list_marks(session, actor)
    found = faces.look(session, actor, [(row.kind, row.object_id) for row in rows])
    return [
        {
            "mark": row,
            "kind": WATCHED_LABELS[row.kind],
            "face": found.get((row.kind, row.object_id)),
            "label": row.face.get("label", ""),
        }
        for row in rows
    ]


def _context(session: Session, actor: Actor) -> dict[str, Any]:
    saved = searches.list_searches(session, actor)
    hits = searches.list_new_hits(session, saved)
    looked = queries.list_glances(session, actor.user_id)
    found = faces.look(session, actor, [(row.kind, row.object_id) for row in looked])
    marks = _marks(session, actor)
    return {
        "session": session,
        "marks": marks,
        "changed": sum(1 for item in marks if item["mark"].changes),
        "searches": [{"row": row, "fresh": len(hits.get(row.id, []))} for row in saved],
        "glances": [
            {"face": found[(row.kind, row.object_id)], "kind": WATCHED_LABELS[row.kind], "at": row.seen_at}
            for row in looked
            if (row.kind, row.object_id) in found
        ],
        "keeps": queries.find_choice(session, actor.user_id) is None,
        "through": clock.now().isoformat(),
    }


@router.get("")
@signed_in
def show_all(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """Show what changed of the watched things, the saved searches with their new hits, and the latest looks."""
    return render(request, "watching/list.html", _context(session, actor))


@router.get("/export.xlsx")
@signed_in
def export(request: Request, session: ReadSession, actor: CurrentActor, runtime: RuntimeDep) -> Response:
    """Send the watched things as the page shows them."""
    return sheet_response(
        request,
        runtime,
        actor,
        name="watching.marks",
        title="我的关注",
        columns=[
            Column("类别", "kind"),
            Column("名称", lambda item: item["face"]["shown"] if item["face"] else item["label"], width=40),
            Column("编号", lambda item: item["label"] if item["mark"].kind is Kind.need else "", width=20),
            Column("价格", lambda item: item["face"]["price"] if item["face"] else "", width=24),
            Column("上线", lambda item: item["face"]["term"] if item["face"] else ""),
            Column("现状", lambda item: _state(item["face"])),
            Column("关注于", lambda item: item["mark"].created_at, kind="datetime", width=20),
            Column("最近变化", lambda item: item["mark"].changed_at, kind="datetime", width=20),
        ],
        rows=_marks(session, actor),
    )


def _state(face: dict[str, Any] | None) -> str:
    if face is None:
        return "已不公开"
    return "可以看到" if face["state"] == "there" else str(face["state"])


@router.post("/marks")
@signed_in
@idempotent
def add_mark(
    *, request: Request, session: WriteSession, actor: CurrentActor, form: FormData, runtime: RuntimeDep
) -> Response:
    """Watch an object; back to the page where the button stood."""
    runtime.throttle.hit([("60/minute", f"mark:{actor.user_id}")])
    data = form.parse(MarkForm)
    service.add_mark(session, actor, kind=data.kind, object_id=data.object_id)
    return redirect(request, safe_next(data.back, "/watching"), flash="已关注，有变化会通知您")


@router.post("/marks/{mark_id}/remove")
@signed_in
def remove_mark(
    request: Request, session: WriteSession, actor: CurrentActor, form: FormData, mark_id: uuid.UUID
) -> Response:
    service.remove_mark(session, actor, mark_id=mark_id)
    return redirect(request, safe_next(form.text("back"), "/watching"), flash="已取消关注")


@router.post("/marks/read")
@signed_in
def read_changes(request: Request, session: WriteSession, actor: CurrentActor, form: FormData) -> Response:
    """Forget the changes that the page showed."""
    service.read_changes(session, actor, through=moment_of(form.text("through")))
    return redirect(request, "/watching", flash="变化都看过了")


@router.post("/glances/clear")
@signed_in
def clear_glances(request: Request, session: WriteSession, actor: CurrentActor) -> Response:
    service.clear_glances(session, actor)
    _forget(actor)
    return redirect(request, "/watching", flash="最近看过的已清空")


@router.post("/glances/off")
@signed_in
def stop_glances(request: Request, session: WriteSession, actor: CurrentActor) -> Response:
    service.turn_glances(session, actor, on=False)
    _forget(actor)
    return redirect(request, "/watching", flash="不再记您看过什么，以前的也已清空")


@router.post("/glances/on")
@signed_in
def start_glances(request: Request, session: WriteSession, actor: CurrentActor) -> Response:
    service.turn_glances(session, actor, on=True)
    return redirect(request, "/watching", flash="从现在起记下您最近看过的")


def _forget(actor: Actor) -> None:
    if actor.user_id is not None:
        glances.forget(actor.user_id)


def moment_of(text: str) -> datetime:
    """Return the moment that a page was made, from its hidden field."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid({"through": "请刷新页面再试"}) from error
    if found.tzinfo is None:
        raise Invalid({"through": "请刷新页面再试"})
    return found
