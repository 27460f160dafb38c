"""JSON: sending, reading and answering enquiries, and their messages."""

import re
import uuid
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor
from app.core.errors import AppError, Forbidden, Invalid
from app.core.pagination import PageRequest
from app.core.permissions import Actor, Permission
from app.core.scopes import Scope
from app.deals import policy, queries, service
from app.deals.models import Direction, Enquiry, EnquiryMessage
from app.deals.pages import views
from app.deals.queries import Around
from app.deals.schemas import (
    AcceptIn,
    EndIn,
    EnquiryCreate,
    EnquiryList,
    EnquiryOut,
    MessageIn,
    MessageList,
    MessageOut,
)
from app.deals.showing import Field
from app.deals.states import EnquiryState, Party, turn_of
from app.web.deps import ReadSession, WriteSession
from app.web.idempotent import idempotent
from app.web.policy import permission, scope

router = APIRouter(prefix="/api/v1/enquiries", tags=["enquiries"])
IfMatch = Annotated[str | None, Header(description='the version that was read, e.g. "3"')]
READ, WRITE = Permission.deals_enquiry_read, Permission.deals_enquiry_write


class VersionRequired(AppError):
    status = 428
    code = "version_required"
    default = "请在 If-Match 里写您读到的版本号"


def _version(if_match: str | None) -> int:
    found = re.fullmatch(r'(?:W/)?"?(\d{1,9})"?', (if_match or "").strip())
    if found is None:
        raise VersionRequired
    return int(found.group(1))


def _out(actor: Actor, row: Enquiry, around: Around) -> EnquiryOut:
    shown = views.row_view(actor, row, around)
    return EnquiryOut(
        id=row.id,
        url=f"/enquiries/{row.id}",
        direction=row.direction,
        state=row.state,
        version=row.version,
        side=policy.side_of(actor, row) or Party.staff,
        turn=turn_of(row.state),
        actions=sorted(action.value for action in views.actions_of(actor, row)),
        offering_id=row.offering_id,
        offering=shown["offering"],
        vendor_id=row.vendor_id,
        vendor=shown["vendor"],
        firm=shown["firm"],
        case_number=shown["case_number"],
        need_title=shown["need_title"],
        due_at=row.due_at,
        reason=shown["reason"],
        unread=shown["unread"],
        contacts_open=Field.contact in queries.fields_of(actor, row, around),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _one(session: Session, actor: Actor, row: Enquiry, response: Response | None = None) -> EnquiryOut:
    if response is not None:
        response.headers["ETag"] = f'"{row.version}"'
    return _out(actor, row, queries.load_around(session, actor, [row]))


@router.get("")
@permission(READ)
@scope(Scope.deals_read)
def list_enquiries(
    session: ReadSession,
    actor: CurrentActor,
    state: EnquiryState | None = None,
    page: Annotated[int, Query(ge=1, le=500)] = 1,
    size: Annotated[int, Query(ge=1, le=100)] = 20,
) -> EnquiryList:
    """List the enquiries of one's organisation, for staff all, the newest first."""
    found = queries.list_visible(session, actor, state=state, request=PageRequest.of(page, size))
    around = queries.load_around(session, actor, found.items)
    return EnquiryList(
        items=[_out(actor, row, around) for row in found.items],
        total=found.total,
        page=found.page,
        size=found.size,
    )


@router.post("", status_code=201)
@permission(Permission.deals_enquiry_create)
@scope(Scope.deals_write)
@idempotent
def create_enquiry(
    request: Request, actor: CurrentActor, session: WriteSession, data: EnquiryCreate
) -> EnquiryOut:
    """Send an enquiry; `Idempotency-Key` makes a repeated request answer as the first."""
    del request
    sent = service.Request(data.message, remove=data.remove_contacts, share=data.share_contacts)
    if data.direction is Direction.forward:
        row = service.ask_vendor(
            session, actor, offering_id=data.offering_id, need_id=data.need_id, request=sent
        )
    elif data.need_id is None:
        raise Invalid({"need_id": "请写明回应哪一条需求"})
    else:
        row = service.offer_on_need(
            session, actor, need_id=data.need_id, offering_id=data.offering_id, request=sent
        )
    return _one(session, actor, row)


@router.get("/{enquiry_id}")
@permission(READ)
@scope(Scope.deals_read)
def get_enquiry(
    response: Response, session: ReadSession, actor: CurrentActor, enquiry_id: uuid.UUID
) -> EnquiryOut:
    """Read one; its `ETag` is the version for `If-Match`."""
    return _one(session, actor, queries.get_enquiry(session, actor, enquiry_id), response)


@router.post("/{enquiry_id}/accept")
@permission(WRITE)
@scope(Scope.deals_write)
def accept_enquiry(
    *,
    response: Response,
    actor: CurrentActor,
    session: WriteSession,
    enquiry_id: uuid.UUID,
    data: AcceptIn,
    if_match: IfMatch = None,
) -> EnquiryOut:
    """Accept a request, with the decision about contacts; 409 when it moved on since the version of `If-Match`."""
    queries.get_enquiry(session, actor, enquiry_id)
    row = service.accept_enquiry(
        session,
        actor,
        enquiry_id=enquiry_id,
        version=_version(if_match),
        share=data.share_contacts,
        message=data.message,
        remove=data.remove_contacts,
    )
    return _one(session, actor, row, response)


@router.post("/{enquiry_id}/decline")
@permission(WRITE)
@scope(Scope.deals_write)
def decline_enquiry(
    *,
    response: Response,
    actor: CurrentActor,
    session: WriteSession,
    enquiry_id: uuid.UUID,
    data: EndIn,
    if_match: IfMatch = None,
) -> EnquiryOut:
    """Decline a request with a reason code."""
    queries.get_enquiry(session, actor, enquiry_id)
    row = service.decline_enquiry(
        session,
        actor,
        enquiry_id=enquiry_id,
        version=_version(if_match),
        code=data.reason,
        note=data.note,
    )
    return _one(session, actor, row, response)


@router.post("/{enquiry_id}/withdraw")
@permission(WRITE)
@scope(Scope.deals_write)
def withdraw_enquiry(
    *,
    response: Response,
    actor: CurrentActor,
    session: WriteSession,
    enquiry_id: uuid.UUID,
    data: EndIn,
    if_match: IfMatch = None,
) -> EnquiryOut:
    """Take back what one sent and nobody answered yet."""
    queries.get_enquiry(session, actor, enquiry_id)
    row = service.withdraw_enquiry(
        session,
        actor,
        enquiry_id=enquiry_id,
        version=_version(if_match),
        code=data.reason,
        note=data.note,
    )
    return _one(session, actor, row, response)


def _message(row: EnquiryMessage) -> MessageOut:
    return MessageOut(
        id=row.id,
        number=row.number,
        at=row.at,
        party=row.party,
        text=row.body,
        masked=row.masked,
        has_file=row.has_file,
        retracted=row.retracted_at is not None,
    )


@router.get("/{enquiry_id}/messages")
@permission(READ)
@scope(Scope.deals_read)
def list_messages(
    session: ReadSession,
    actor: CurrentActor,
    enquiry_id: uuid.UUID,
    after: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> MessageList:
    """Read a thread behind message number `after`; staff only when asked in or with a logged reason."""
    row = queries.get_enquiry(session, actor, enquiry_id)
    if not service.may_read_thread(session, actor, row):
        raise Forbidden("请先登记理由，再看往来")
    return MessageList(
        items=[_message(item) for item in queries.list_messages(session, row.id, after=after)],
        last_number=row.last_number,
        read_number=queries.read_number(session, row.id, actor.user_id),
    )


@router.post("/{enquiry_id}/messages", status_code=201)
@permission(READ)
@scope(Scope.deals_write)
@idempotent
def post_message(
    *,
    request: Request,
    actor: CurrentActor,
    session: WriteSession,
    enquiry_id: uuid.UUID,
    data: MessageIn,
) -> MessageOut:
    """Write into a thread; contact details are refused until both sides agreed."""
    del request
    row = service.post_message(
        session, actor, enquiry_id=enquiry_id, message=data.message, remove=data.remove_contacts
    )
    return _message(row)
