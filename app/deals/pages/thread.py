"""The thread of an enquiry: its fragment, writing with or without a file, read marks, taking back, export."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor, FormData
from app.core.errors import Forbidden, Invalid
from app.core.permissions import Permission
from app.core.sheets import Column
from app.deals import queries, service
from app.deals.pages import views
from app.deals.pages.asking import caught
from app.deals.pages.deciding import DETAIL, detail_context, thread_context
from app.deals.schemas import EmptyForm, MessageForm, ReadForm
from app.files import service as files
from app.files.service import Received
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.exports import sheet_response
from app.web.idempotent import idempotent
from app.web.policy import permission
from app.web.templating import redirect, render

router = APIRouter(prefix="/enquiries/{enquiry_id}")
READ = Permission.deals_enquiry_read
COLUMNS = (
    Column("序号", "number", "number", 8),
    Column("时间", "at", "datetime", 20),
    Column("谁", "who", width=28),
    Column("内容", "text", width=80),
    Column("附件", "files", width=40),
)


@router.get("/messages")
@permission(READ)
def show_thread(
    request: Request, session: ReadSession, actor: CurrentActor, enquiry_id: uuid.UUID
) -> Response:
    """Show the thread anew: a fragment for the page that asks from time to time, else the whole page."""
    row = queries.get_enquiry(session, actor, enquiry_id)
    if "hx-request" not in request.headers:
        return render(request, DETAIL, detail_context(session, actor, enquiry_id))
    around = queries.load_around(session, actor, [row])
    context = {"session": session, "enquiry": row, **thread_context(session, actor, row, around)}
    return render(request, DETAIL, context, fragment="deals/_messages.html")


def _receive(form: FormData) -> Received | Invalid | None:
    """Open the file before the request's transaction begins: decoding may take seconds."""
    sent = form.files.get("file")
    if sent is None or not sent.filename:
        return None
    try:
        return files.receive(sent, allow=files.PAPERS)
    except Invalid as error:
        return error


@router.post("/uploads")
@permission(READ)
@idempotent
def post_message(
    *,
    request: Request,
    actor: CurrentActor,
    form: FormData,
    session: WriteSession,
    received: Annotated[Received | Invalid | None, Depends(_receive)],
    enquiry_id: uuid.UUID,
) -> Response:
    """Write into the thread, perhaps with a file."""

    def again(fresh: Session) -> dict[str, Any]:
        known = detail_context(fresh, actor, enquiry_id)
        return {**known, **({} if known["sharing"] else caught(form))}

    with form.rejecting(DETAIL, again):
        data = form.parse(MessageForm)
        if isinstance(received, Invalid):
            raise received
        service.post_message(
            session,
            actor,
            enquiry_id=enquiry_id,
            message=data.message,
            remove=data.remove,
            received=received,
        )
    return redirect(request, f"/enquiries/{enquiry_id}#write", flash="已发出")


@router.post("/read")
@permission(READ)
def mark_read(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, enquiry_id: uuid.UUID
) -> Response:
    """Mark the thread as read up to a message."""
    data = form.parse(ReadForm)
    service.read_thread(session, actor, enquiry_id=enquiry_id, number=data.number)
    if "hx-request" in request.headers:
        return Response(status_code=204)
    return redirect(request, f"/enquiries/{enquiry_id}#thread")


@router.post("/messages/{message_id}/retract")
@permission(READ)
def retract(
    *,
    request: Request,
    actor: CurrentActor,
    form: FormData,
    session: WriteSession,
    enquiry_id: uuid.UUID,
    message_id: uuid.UUID,
) -> Response:
    """Take one's own message back while it is fresh."""
    form.parse(EmptyForm)
    service.retract_message(session, actor, enquiry_id=enquiry_id, message_id=message_id)
    return redirect(request, f"/enquiries/{enquiry_id}#thread", flash="已撤回")


@router.get("/messages/export.xlsx")
@permission(READ)
def export_thread(
    request: Request,
    session: ReadSession,
    runtime: RuntimeDep,
    actor: CurrentActor,
    enquiry_id: uuid.UUID,
) -> Response:
    """Send the thread as a table, as far as its reader may read it."""
    row = queries.get_enquiry(session, actor, enquiry_id)
    if not service.may_read_thread(session, actor, row):
        raise Forbidden("请先登记理由，再看往来")
    around = queries.load_around(session, actor, [row])
    shown = thread_context(session, actor, row, around)["messages"]
    lines = [
        {
            **message,
            "text": "（已撤回）" if message["retracted"] else message["text"],
            "files": "、".join(item["name"] for item in message["files"]),
        }
        for message in shown
    ]
    title = f"往来 {views.row_view(actor, row, around)['offering']}"[:40]
    return sheet_response(
        request, runtime, actor, name="deals.thread", title=title, columns=COLUMNS, rows=lines
    )
