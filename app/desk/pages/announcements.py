"""Announcements: everybody's list, and the pages where staff write them."""

import uuid
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor, FormData
from app.core import clock
from app.core.errors import EditConflict, FormRejected, Invalid
from app.core.pagination import PageRequest
from app.core.permissions import Actor, Permission
from app.core.sheets import Column
from app.desk import queries
from app.desk.models import AUDIENCE_LABELS, Announcement, AnnouncementState, Audience
from app.desk.schemas import AnnouncementForm
from app.desk.service import announcing
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.exports import sheet_response
from app.web.forms import Form
from app.web.idempotent import idempotent
from app.web.policy import permission, public
from app.web.templating import redirect, render

router = APIRouter()
EDIT = Permission.desk_announcement_edit
FORM = "desk/announcement.html"
LISTED, PAGE, EXPORTED = 50, 30, 5000
PageNumber = Annotated[int, Query(ge=1, le=500)]


@router.get("/announcements")
@public
def list_public(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """Show the announcements that run now for this reader."""
    rows = queries.list_running(session, actor, limit=LISTED)
    return render(request, "desk/announcements.html", {"session": session, "rows": rows})


@router.get("/announcements/{announcement_id}")
@public
def show_public(
    request: Request, session: ReadSession, actor: CurrentActor, announcement_id: uuid.UUID
) -> Response:
    row = queries.get_announcement(session, actor, announcement_id)
    context = {
        "session": session,
        "row": row,
        **_state(row, clock.now()),
        "blocks": announcing.blocks_of(row.text),
    }
    return render(request, "desk/announcement_read.html", context)


def _state(row: Announcement, moment: Any) -> dict[str, Any]:
    if row.state is AnnouncementState.draft:
        return {"state": ("草稿", "now")}
    if row.state is AnnouncementState.withdrawn:
        return {"state": ("已撤下", "stop")}
    if row.starts_at > moment:
        return {"state": ("还没到日子", "now")}
    if row.ends_at is not None and row.ends_at <= moment:
        return {"state": ("已过期", "")}
    return {"state": ("在显示", "ok")}


@router.get("/desk/announcements")
@permission(EDIT)
def list_all(request: Request, session: ReadSession, page: PageNumber = 1) -> Response:
    """Show every announcement with its state to who writes them."""
    found = queries.list_announcements(session, PageRequest.of(page, PAGE))
    moment = clock.now()
    context = {
        "session": session,
        "found": found,
        "rows": [(row, _state(row, moment)["state"], AUDIENCE_LABELS[row.audience]) for row in found.items],
    }
    return render(request, "desk/announcements_desk.html", context)


@router.get("/desk/announcements/export.xlsx")
@permission(EDIT)
def export(request: Request, session: ReadSession, runtime: RuntimeDep, actor: CurrentActor) -> Response:
    found = queries.list_announcements(session, PageRequest.of(1, EXPORTED))
    moment = clock.now()
    columns = [
        Column("标题", "title", width=40),
        Column("状态", lambda row: _state(row, moment)["state"][0]),
        Column("给谁看", lambda row: AUDIENCE_LABELS[row.audience], width=24),
        Column("从", "starts_at", "date"),
        Column("到", lambda row: row.ends_at - timedelta(days=1) if row.ends_at else None, "date"),
        Column("置顶", lambda row: "是" if row.pinned else ""),
        Column("正文", "text", width=80),
    ]
    return sheet_response(
        request, runtime, actor, name="desk.announcements", title="公告", columns=columns, rows=found.items
    )


@router.get("/desk/announcements/new")
@permission(EDIT)
def new(request: Request, session: ReadSession) -> Response:
    values = {"audience": Audience.everyone.value, "starts_on": clock.today().isoformat()}
    return render(request, FORM, {**_lists(session), "row": None, "values": values})


@router.post("/desk/announcements/new")
@permission(EDIT)
@idempotent
def create(request: Request, actor: CurrentActor, form: FormData, session: WriteSession) -> Response:
    with form.rejecting(FORM, lambda fresh: {**_lists(fresh), "row": None}):
        row = announcing.save(session, actor, data=_parse(form))
    return redirect(request, f"/desk/announcements/{row.id}", flash="已存为草稿，看一眼下面的样子再发布")


def _parse(form: Form) -> AnnouncementForm:
    """Read the form; a reason about both days stands beside the later one."""
    try:
        return form.parse(AnnouncementForm)
    except Invalid as error:
        fields = dict(error.fields)
        if "form" in fields:
            fields["ends_on"] = fields.pop("form")
        raise Invalid(fields) from error


def _lists(session: Session) -> dict[str, Any]:
    return {
        "session": session,
        "audiences": [(item.value, AUDIENCE_LABELS[item]) for item in Audience],
        "theirs": False,
    }


def _edit_context(session: Session, actor: Actor, announcement_id: uuid.UUID) -> dict[str, Any]:
    row = queries.get_announcement(session, actor, announcement_id)
    return {
        **_lists(session),
        "row": row,
        **_state(row, clock.now()),
        "blocks": announcing.blocks_of(row.text),
    }


@router.get("/desk/announcements/{announcement_id}")
@permission(EDIT)
def edit(request: Request, session: ReadSession, actor: CurrentActor, announcement_id: uuid.UUID) -> Response:
    context = _edit_context(session, actor, announcement_id)
    row = context["row"]
    last = clock.local(row.ends_at).date() - timedelta(days=1) if row.ends_at else None
    values = {
        "title": row.title,
        "text": row.text,
        "audience": row.audience.value,
        "starts_on": clock.local(row.starts_at).date().isoformat(),
        "ends_on": last.isoformat() if last else "",
        "pinned": "1" if row.pinned else "",
        "version": row.version,
    }
    return render(request, FORM, {**context, "values": values})


@router.post("/desk/announcements/{announcement_id}")
@permission(EDIT)
def change(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, announcement_id: uuid.UUID
) -> Response:
    def again(fresh: Session) -> dict[str, Any]:
        return _edit_context(fresh, actor, announcement_id)

    with form.rejecting(FORM, again):
        try:
            announcing.save(session, actor, data=_parse(form), announcement_id=announcement_id)
        except EditConflict as error:
            context = {"build": lambda fresh: {**again(fresh), "theirs": True}, "values": form.data}
            rejected = FormRejected(template=FORM, context=context, fields={"form": error.message})
            rejected.status = error.status
            raise rejected from error
    return redirect(request, f"/desk/announcements/{announcement_id}", flash="已保存")


@router.post("/desk/announcements/{announcement_id}/publish")
@permission(EDIT)
def publish(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, announcement_id: uuid.UUID
) -> Response:
    announcing.publish(session, actor, announcement_id=announcement_id, version=_version(form))
    return redirect(request, f"/desk/announcements/{announcement_id}", flash="已发布")


@router.post("/desk/announcements/{announcement_id}/withdraw")
@permission(EDIT)
def withdraw(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, announcement_id: uuid.UUID
) -> Response:
    announcing.withdraw(session, actor, announcement_id=announcement_id, version=_version(form))
    return redirect(
        request, f"/desk/announcements/{announcement_id}", flash="已撤下，谁也看不到了；要恢复就再发布一次"
    )


def _version(form: Form) -> int:
    text = form.text("version")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
