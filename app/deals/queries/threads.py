"""Reads of threads, read marks, consents and reveals. The caller has asked `visible_to` for the enquiry before."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from app.accounts.models import Consent
from app.core import clock
from app.core.permissions import Actor
from app.deals.models import (
    ContactConsent,
    ContactReveal,
    Enquiry,
    EnquiryMessage,
    EnquiryRead,
    ThreadOpening,
)
from app.deals.queries.enquiries import _own
from app.deals.states import Party


def list_messages(
    session: Session, enquiry_id: uuid.UUID, *, after: int = 0, limit: int = 500
) -> Sequence[EnquiryMessage]:
    """Return a thread's messages behind number `after`, the oldest first."""
    return session.scalars(
        select(EnquiryMessage)
        .where(EnquiryMessage.enquiry_id == enquiry_id, EnquiryMessage.number > after)
        .order_by(EnquiryMessage.number)
        .limit(limit)
    ).all()


def list_last_messages(session: Session, enquiry_id: uuid.UUID, *, limit: int) -> Sequence[EnquiryMessage]:
    """Return the last `limit` messages of a thread, the oldest first."""
    rows = session.scalars(
        select(EnquiryMessage)
        .where(EnquiryMessage.enquiry_id == enquiry_id)
        .order_by(EnquiryMessage.number.desc())
        .limit(limit)
    ).all()
    return rows[::-1]


def find_message(session: Session, enquiry_id: uuid.UUID, message_id: uuid.UUID) -> EnquiryMessage | None:
    return session.scalars(
        select(EnquiryMessage).where(EnquiryMessage.id == message_id, EnquiryMessage.enquiry_id == enquiry_id)
    ).first()


def find_enquiry_of_message(session: Session, message_id: uuid.UUID) -> tuple[Enquiry, EnquiryMessage] | None:
    """Return a message with its enquiry, whoever asks; the reader of files decides then."""
    row = session.execute(
        select(Enquiry, EnquiryMessage)
        .join(EnquiryMessage, EnquiryMessage.enquiry_id == Enquiry.id)
        .where(EnquiryMessage.id == message_id)
    ).first()
    return (row[0], row[1]) if row else None


def read_number(session: Session, enquiry_id: uuid.UUID, user_id: uuid.UUID | None) -> int:
    """Return up to which message the person has read."""
    if user_id is None:
        return 0
    return (
        session.scalar(
            select(EnquiryRead.number).where(
                EnquiryRead.enquiry_id == enquiry_id, EnquiryRead.user_id == user_id
            )
        )
        or 0
    )


def unread_of(session: Session, actor: Actor, enquiry_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Return how many messages of the other side the person has not read, by enquiry, in one query."""
    if not enquiry_ids or actor.user_id is None:
        return {}
    rows = session.execute(_unread(actor).where(Enquiry.id.in_(list(enquiry_ids))))
    return {enquiry_id: int(count) for enquiry_id, count in rows}


@dataclass(frozen=True, slots=True)
class Unread:
    threads: int
    messages: int


def count_unread(session: Session, actor: Actor) -> Unread:
    """Return in how many of the organisation's threads the person has something unread, and how much."""
    if actor.user_id is None:
        return Unread(0, 0)
    counted = _unread(actor).where(_own(actor)).subquery()
    threads, messages = session.execute(
        select(func.count(), func.coalesce(func.sum(counted.c.unread), 0)).select_from(counted)
    ).one()
    return Unread(int(threads), int(messages))


def _unread(actor: Actor) -> Select[uuid.UUID, int]:
    other = or_(
        and_(Enquiry.sme_id == actor.organisation_id, EnquiryMessage.party != Party.sme),
        and_(Enquiry.vendor_id == actor.organisation_id, EnquiryMessage.party != Party.vendor),
    )
    return (
        select(Enquiry.id, func.count(EnquiryMessage.id).label("unread"))
        .join(EnquiryMessage, EnquiryMessage.enquiry_id == Enquiry.id)
        .outerjoin(
            EnquiryRead, and_(EnquiryRead.enquiry_id == Enquiry.id, EnquiryRead.user_id == actor.user_id)
        )
        .where(other, EnquiryMessage.number > func.coalesce(EnquiryRead.number, 0))
        .group_by(Enquiry.id)
    )


def list_consents(
    session: Session, enquiry_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, dict[uuid.UUID, ContactConsent]]:
    """Return the consents that stand now: enquiry → organisation → consent."""
    found: dict[uuid.UUID, dict[uuid.UUID, ContactConsent]] = {}
    if enquiry_ids:
        rows = session.scalars(
            select(ContactConsent)
            .join(Consent, Consent.id == ContactConsent.consent_id)
            .where(
                ContactConsent.enquiry_id.in_(list(enquiry_ids)),
                ContactConsent.withdrawn_at.is_(None),
                Consent.withdrawn_at.is_(None),
            )
        )
        for row in rows:
            found.setdefault(row.enquiry_id, {})[row.organisation_id] = row
    return found


def find_given(session: Session, enquiry_id: uuid.UUID, organisation_id: uuid.UUID) -> ContactConsent | None:
    """Return the side's consent that the side itself has not withdrawn, though its person may have."""
    return session.scalars(
        select(ContactConsent).where(
            ContactConsent.enquiry_id == enquiry_id,
            ContactConsent.organisation_id == organisation_id,
            ContactConsent.withdrawn_at.is_(None),
        )
    ).first()


def list_reveals(session: Session, enquiry_id: uuid.UUID, *, limit: int = 50) -> Sequence[ContactReveal]:
    """Return who looked at a contact, the last first."""
    return session.scalars(
        select(ContactReveal)
        .where(ContactReveal.enquiry_id == enquiry_id)
        .order_by(ContactReveal.at.desc(), ContactReveal.id)
        .limit(limit)
    ).all()


def find_opening(session: Session, enquiry_id: uuid.UUID, user_id: uuid.UUID | None) -> ThreadOpening | None:
    """Return the opening under which this member of staff may read the thread now."""
    return session.scalars(
        select(ThreadOpening)
        .where(
            ThreadOpening.enquiry_id == enquiry_id,
            ThreadOpening.user_id == user_id,
            ThreadOpening.until > clock.now(),
        )
        .order_by(ThreadOpening.until.desc())
        .limit(1)
    ).first()


def list_openings(session: Session, enquiry_id: uuid.UUID) -> Sequence[ThreadOpening]:
    """Return every time that staff opened the thread, the last first."""
    return session.scalars(
        select(ThreadOpening)
        .where(ThreadOpening.enquiry_id == enquiry_id)
        .order_by(ThreadOpening.at.desc(), ThreadOpening.id)
    ).all()
