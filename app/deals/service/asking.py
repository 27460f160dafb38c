"""Sending an enquiry, either way: a firm asks about an offering, a vendor offers on a need."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import Conflict, Invalid, NotFound
from app.core.permissions import Actor, Permission, require
from app.deals import queries, rules
from app.deals.models import Direction, Enquiry, EnquiryMessage
from app.deals.service import common, contacts, news
from app.deals.states import START, Action, Party
from app.needs import queries as needs
from app.needs import service as need_commands
from app.needs.models import InterestKind, Need, NeedState
from app.offerings import queries as offerings
from app.offerings.models import Offering, OfferingState

ALREADY = "这件事您和对方已经在谈了，接着那条往下说就行"


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. `remove` takes contact details out instead of refusing; `share` agrees to show contacts."""

    message: str
    remove: bool = False
    share: bool = False
    reasons: Sequence[dict[str, Any]] = field(default_factory=tuple)


def ask_vendor(
    session: Session,
    actor: Actor,
    *,
    offering_id: uuid.UUID,
    need_id: uuid.UUID | None,
    request: Request,
    origin: str = "entered",
) -> Enquiry:
    """Ask about a listed offering, with one of one's own published needs or without.

    Raises:
        Invalid: the message lacks words or carries contact details.
        Conflict: not verified, one's own offering, a need that is not published, or such an enquiry lives already.
        RateLimited: the organisation's enquiries of today are used up.

    """
    require(actor, Permission.deals_enquiry_create)
    offering = _listed(session, actor, offering_id)
    need = _own_need(session, actor, need_id) if need_id else None
    enquiry = Enquiry(
        direction=Direction.forward,
        sme_id=_organisation_id(actor),
        vendor_id=offering.organisation_id,
        need_id=need.id if need else None,
        offering_id=offering.id,
        match_reasons=list(request.reasons) if need else [],
        origin=origin,
    )
    return _send(session, actor, enquiry, offering, need, request)


def offer_on_need(
    session: Session,
    actor: Actor,
    *,
    need_id: uuid.UUID,
    offering_id: uuid.UUID,
    request: Request,
    origin: str = "entered",
) -> Enquiry:
    """Offer with one of one's own listed offerings on a need that one may see; raises as `ask_vendor`."""
    require(actor, Permission.deals_enquiry_create)
    need = needs.get_need(session, actor, need_id)
    if need.state is not NeedState.published:
        raise Conflict("这条需求不在征集了")
    offering = offerings.get_offering(session, actor, offering_id)
    if offering.organisation_id != actor.organisation_id:
        raise NotFound(offerings.GONE)
    if offering.state is not OfferingState.listed:
        raise Conflict("只能用已经上架的供给去回应")
    enquiry = Enquiry(
        direction=Direction.reverse,
        sme_id=need.organisation_id,
        vendor_id=_organisation_id(actor),
        need_id=need.id,
        offering_id=offering.id,
        origin=origin,
    )
    return _send(session, actor, enquiry, offering, need, request)


def _organisation_id(actor: Actor) -> uuid.UUID:
    if actor.organisation_id is None:
        raise RuntimeError("the rule let somebody through who acts for nobody")
    return actor.organisation_id


def _listed(session: Session, actor: Actor, offering_id: uuid.UUID) -> Offering:
    offering = offerings.get_offering(session, actor, offering_id)
    if offering.organisation_id == actor.organisation_id:
        raise Conflict("这是贵单位自己的供给")
    if offering.state is not OfferingState.listed:
        raise Conflict("这项供给已经下架")
    return offering


def _own_need(session: Session, actor: Actor, need_id: uuid.UUID) -> Need:
    need = needs.get_need(session, actor, need_id)
    if need.organisation_id != actor.organisation_id:
        raise NotFound(needs.GONE)
    if need.state is not NeedState.published:
        raise Invalid({"need_id": "这条需求还没有发布，或者已经结束；可以不带需求直接问"})
    return need


def pair_key(enquiry: Enquiry) -> str:
    """Return the key of which one live enquiry may stand: need and vendor, or firm and offering without a need."""
    if enquiry.need_id is not None:
        return f"need:{enquiry.need_id}:{enquiry.vendor_id}"
    return f"sme:{enquiry.sme_id}:{enquiry.offering_id}"


def _send(
    session: Session, actor: Actor, enquiry: Enquiry, offering: Offering, need: Need | None, request: Request
) -> Enquiry:
    common.require_verified(actor)
    if enquiry.sme_id == enquiry.vendor_id:
        raise Conflict("不能和自己对接")
    text, masked = common.clean_message(request.message, remove=request.remove, may_share=False)
    enquiry.pair_key = pair_key(enquiry)
    if queries.find_live(session, enquiry.pair_key) is not None:
        raise Conflict(ALREADY)
    common.use_quota(
        session,
        f"org:{actor.organisation_id}:enquiry",
        rules.number(session, rules.DAILY),
        message="今天发出的意向已到上限，明天再发",
    )
    side = Party.sme if enquiry.direction is Direction.forward else Party.vendor
    enquiry.id, enquiry.state, enquiry.version = uuid.uuid4(), START, 1
    enquiry.asked_by = actor.user_id
    common.set_timer(session, enquiry, START)
    try:
        with session.begin_nested():
            session.add(enquiry)
    except IntegrityError as error:  # somebody of the two sides was a moment quicker
        raise Conflict(ALREADY) from error
    add_message(session, actor, enquiry, text, side=side, masked=masked)
    common.write_event(session, actor, enquiry, Action.send, side=side)
    if need is not None:
        kind = InterestKind.invited if side is Party.sme else InterestKind.interested
        need_commands.record_interest(session, need_id=need.id, organisation_id=enquiry.vendor_id, kind=kind)
    if request.share and not actor.on_behalf:
        contacts.give(session, actor, enquiry)
    days = rules.number(session, rules.ANSWER)
    receiver = news.answerer_id(enquiry)
    news.tell(session, enquiry, "deals.enquiry.sent", receiver, offering=offering.title, days=days)
    session.flush()
    return enquiry


def add_message(
    session: Session, actor: Actor, enquiry: Enquiry, text: str, *, side: Party, masked: list[str]
) -> EnquiryMessage:
    """Add the next message to a thread whose enquiry is locked or new; its writer has read everything before it."""
    moment = clock.now()
    enquiry.last_number = (enquiry.last_number or 0) + 1
    enquiry.last_party, enquiry.last_message_at = side, moment
    row = EnquiryMessage(
        id=uuid.uuid4(),
        enquiry_id=enquiry.id,
        number=enquiry.last_number,
        at=moment,
        party=side,
        user_id=actor.user_id,
        body=text,
        masked=masked,
    )
    session.add(row)
    session.flush()
    return row
