"""One enquiry: its page, and the forms that move it on: accept, decline, take back, end, ask the centre in."""

import uuid
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor, FormData
from app.core import clock
from app.core.errors import EditConflict, FormRejected, NotFound
from app.core.permissions import Actor, Permission, require
from app.deals import labels, policy, queries, rules, service
from app.deals.models import Enquiry
from app.deals.pages import views
from app.deals.pages.asking import caught
from app.deals.schemas import AcceptForm, EmptyForm, EndForm
from app.deals.showing import Field
from app.deals.states import REVEALING, WRITABLE, Action, Party
from app.files import queries as files
from app.web.deps import ReadSession, WriteSession
from app.web.policy import permission
from app.web.templating import redirect, render

router = APIRouter(prefix="/enquiries")
READ, WRITE = Permission.deals_enquiry_read, Permission.deals_enquiry_write
DETAIL = "deals/detail.html"
SHOWN = 200
ENDINGS: dict[str, tuple[Action, str, str]] = {
    "decline": (Action.decline, "谢绝这条意向", "对方会看到您选的理由，不再等您。"),
    "withdraw": (Action.withdraw, "收回这条意向", "对方会收到通知；今天发出的条数不退回。"),
    "close": (Action.close, "结束沟通", "对方会看到您选的理由；联系方式也不再互看。"),
}


def thread_context(session: Session, actor: Actor, row: Enquiry, around: queries.Around) -> dict[str, Any]:
    """Return the thread as far as its reader may read it, the last messages."""
    readable = service.may_read_thread(session, actor, row)
    rows = queries.list_last_messages(session, row.id, limit=SHOWN) if readable else []
    with_files = [message.id for message in rows if message.has_file]
    stored = files.find_many(session, service.FILES, with_files) if with_files else {}
    minutes = rules.number(session, rules.RETRACT)
    read = queries.read_number(session, row.id, actor.user_id)
    return {
        "thread_open": readable,
        "messages": views.messages_view(
            actor,
            row,
            rows,
            stored,
            around,
            retract_before=clock.now() - timedelta(minutes=minutes),
            read=read,
        ),
        "earlier": row.last_number - len(rows) if readable else 0,
        "last_number": row.last_number,
        "unread": around.unread.get(row.id, 0),
        "retract_minutes": minutes,
        "writable": row.state in WRITABLE and readable,
        "may_file": row.state in service.WITH_FILES,
    }


def detail_context(session: Session, actor: Actor, enquiry_id: uuid.UUID) -> dict[str, Any]:
    """Return everything that the page of an enquiry shows."""
    row = queries.get_enquiry(session, actor, enquiry_id)
    around = queries.load_around(session, actor, [row])
    fields = queries.fields_of(actor, row, around)
    need = around.needs.get(row.need_id) if row.need_id else None
    visible = row.need_id in around.seen_needs
    reveals = queries.list_reveals(session, row.id)
    return {
        "session": session,
        "enquiry": row,
        "row": views.row_view(actor, row, around),
        "side": policy.side_of(actor, row),
        "actions": views.actions_of(actor, row),
        "steps": views.timeline(row, queries.list_events(session, row.id)),
        "need": views.need_view(need, linked=visible) if need and Field.need in fields else None,
        "need_closed": need is not None and Field.need not in fields,
        "reasons": row.match_reasons,
        "contacts": views.contacts_view(actor, row, around, reveals),
        "contact": None,
        "help_open": row.state in WRITABLE and row.help_asked_at is None,
        "openings": queries.list_openings(session, row.id) if policy.is_party(actor, row) else [],
        "sharing": row.state in REVEALING
        and {row.sme_id, row.vendor_id} <= around.consents.get(row.id, frozenset()),
        "caught": [],
        "values": {"message": ""},
        **thread_context(session, actor, row, around),
    }


@router.get("/{enquiry_id}")
@permission(READ)
def show_enquiry(
    request: Request, session: ReadSession, actor: CurrentActor, enquiry_id: uuid.UUID
) -> Response:
    """Show one enquiry: whose turn, what was said, what happened."""
    return render(request, DETAIL, detail_context(session, actor, enquiry_id))


def refused(error: EditConflict, template: str, build: Any, values: dict[str, Any]) -> FormRejected:
    """Return the form again with what was typed, after somebody else was quicker; the fresh version comes with it."""
    typed = {name: value for name, value in values.items() if name != "version"}
    context = {"build": build, "values": typed}
    rejected = FormRejected(template=template, context=context, fields={"form": error.message})
    rejected.status = error.status
    return rejected


def _accepting(session: Session, actor: Actor, enquiry_id: uuid.UUID) -> dict[str, Any]:
    row = queries.get_enquiry(session, actor, enquiry_id)
    require(actor, Permission.deals_contact_share, row)
    around = queries.load_around(session, actor, [row])
    return {
        "session": session,
        "enquiry": row,
        "row": views.row_view(actor, row, around),
        "side": policy.side_of(actor, row),
        "open": Action.accept in views.actions_of(actor, row),
        "version": row.version,
        "caught": [],
        "values": {"share": "", "message": ""},
    }


@router.get("/{enquiry_id}/accept")
@permission(WRITE)
def accept_page(
    request: Request, session: ReadSession, actor: CurrentActor, enquiry_id: uuid.UUID
) -> Response:
    """Ask how to accept: with contacts to be shown at once, or talking here first."""
    return render(request, "deals/accept.html", _accepting(session, actor, enquiry_id))


@router.post("/{enquiry_id}/accept")
@permission(WRITE)
def accept(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, enquiry_id: uuid.UUID
) -> Response:
    def again(fresh: Session) -> dict[str, Any]:
        return {**_accepting(fresh, actor, enquiry_id), **caught(form)}

    with form.rejecting("deals/accept.html", again):
        data = form.parse(AcceptForm)
        try:
            service.accept_enquiry(
                session,
                actor,
                enquiry_id=enquiry_id,
                version=data.version,
                share=data.share == "yes",
                message=data.message,
                remove=data.remove,
            )
        except EditConflict as error:
            raise refused(error, "deals/accept.html", again, form.data) from error
    return redirect(request, f"/enquiries/{enquiry_id}", flash="已接受，可以往下谈了")


def _ending(session: Session, actor: Actor, enquiry_id: uuid.UUID, how: str) -> dict[str, Any]:
    row = queries.get_enquiry(session, actor, enquiry_id)
    require(actor, WRITE, row)
    action, title, text = ENDINGS[how]
    around = queries.load_around(session, actor, [row])
    side = policy.side_of(actor, row) or Party.sme
    return {
        "session": session,
        "row": views.row_view(actor, row, around),
        "how": how,
        "title": title,
        "text": text,
        "open": action in views.actions_of(actor, row),
        "choices": list(labels.choices(action, side).items()),
        "version": row.version,
        "values": {"code": "", "note": ""},
    }


COMMANDS = {
    "decline": (service.decline_enquiry, "已谢绝，对方会看到理由"),
    "withdraw": (service.withdraw_enquiry, "已收回"),
    "close": (service.close_enquiry, "沟通已结束，对方会看到理由"),
}


@router.get("/{enquiry_id}/end/{how}")
@permission(WRITE)
def end_page(
    request: Request, session: ReadSession, actor: CurrentActor, enquiry_id: uuid.UUID, how: str
) -> Response:
    """Ask for the reason before declining, taking back or ending."""
    if how not in ENDINGS:
        raise NotFound
    return render(request, "deals/end.html", _ending(session, actor, enquiry_id, how))


@router.post("/{enquiry_id}/end/{how}")
@permission(WRITE)
def end(
    *,
    request: Request,
    actor: CurrentActor,
    form: FormData,
    session: WriteSession,
    enquiry_id: uuid.UUID,
    how: str,
) -> Response:
    """Decline, take back or end, with the reason that the other side reads."""
    if how not in ENDINGS:
        raise NotFound

    def again(fresh: Session) -> dict[str, Any]:
        return _ending(fresh, actor, enquiry_id, how)

    command, done = COMMANDS[how]
    with form.rejecting("deals/end.html", again):
        data = form.parse(EndForm)
        try:
            command(
                session,
                actor,
                enquiry_id=enquiry_id,
                version=data.version,
                code=data.code,
                note=data.note,
            )
        except EditConflict as error:
            raise refused(error, "deals/end.html", again, form.data) from error
    return redirect(request, f"/enquiries/{enquiry_id}", flash=done)


@router.post("/{enquiry_id}/help")
@permission(WRITE)
def ask_help(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, enquiry_id: uuid.UUID
) -> Response:
    """Ask the centre in: it may then read and write in this thread."""
    form.parse(EmptyForm)
    service.ask_help(session, actor, enquiry_id=enquiry_id)
    return redirect(request, f"/enquiries/{enquiry_id}", flash="已请中心介入，工作人员能看到这里的往来了")
