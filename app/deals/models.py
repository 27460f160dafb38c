"""Tables of deals: enquiries, their steps and threads, consents to show contacts, reveals, daily quotas."""

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.columns import IdMixin, Json, TimestampMixin, UtcDateTime, enum_column
from app.core.db import Base
from app.deals.states import Action, EnquiryState, Party

__all__ = [
    "MESSAGE",
    "NOTE",
    "ContactConsent",
    "ContactReveal",
    "DealQuota",
    "Direction",
    "Enquiry",
    "EnquiryEvent",
    "EnquiryMessage",
    "EnquiryRead",
    "Party",
    "ThreadOpening",
]
NOTE, MESSAGE = 300, 2000
LIVE_SQL = text("state IN ('open', 'accepted')")


class Direction(StrEnum):
    forward = "forward"  # a firm asks about an offering
    reverse = "reverse"  # a vendor offers on a need


class Enquiry(IdMixin, TimestampMixin, Base):
    """One enquiry between a firm (`sme_id`) and a vendor. The words stand in its thread, message 1 is the request.

    `pair_key` names the two sides and the thing: of live enquiries there is one for each. `due_at` is when the
    state's timer fires. `match_reasons` is a list of `{"points", "text"}` as the firm saw them on the match card.
    """

    __tablename__ = "enquiries"
    __table_args__ = (
        Index(
            "uq_enquiries_live_pair",
            "pair_key",
            unique=True,
            sqlite_where=LIVE_SQL,
            postgresql_where=LIVE_SQL,
        ),
        CheckConstraint("sme_id <> vendor_id", name="two_sides"),
        CheckConstraint("direction = 'forward' OR need_id IS NOT NULL", name="reverse_has_need"),
        CheckConstraint(
            "(state IN ('open', 'accepted', 'closing')) = (due_at IS NOT NULL)", name="waiting_has_timer"
        ),
        Index(None, "sme_id", "state", "updated_at"),
        Index(None, "vendor_id", "state", "updated_at"),
        Index(None, "state", "due_at"),
        Index(None, "need_id", "state"),
        Index(None, "offering_id"),
        Index(None, "help_asked_at"),
    )

    direction: Mapped[Direction] = mapped_column(enum_column(Direction))
    state: Mapped[EnquiryState] = mapped_column(enum_column(EnquiryState), default=EnquiryState.open)
    version: Mapped[int] = mapped_column(Integer, default=1)
    origin: Mapped[str] = mapped_column(String(20), default="entered")
    pair_key: Mapped[str] = mapped_column(String(90))
    sme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisations.id", ondelete="RESTRICT"))
    vendor_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisations.id", ondelete="RESTRICT"))
    need_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("needs.id", ondelete="RESTRICT"))
    offering_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("offerings.id", ondelete="RESTRICT"))
    match_reasons: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    asked_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    remind_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason_code: Mapped[str | None] = mapped_column(String(40))
    reason_note: Mapped[str] = mapped_column(String(NOTE), default="")
    reason_by_system: Mapped[bool] = mapped_column(Boolean, default=False)
    outcome: Mapped[str | None] = mapped_column(String(20))
    last_number: Mapped[int] = mapped_column(Integer, default=0)
    last_party: Mapped[Party | None] = mapped_column(enum_column(Party))
    last_message_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    help_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    help_asked_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)


class EnquiryEvent(IdMixin, Base):
    """One step of an enquiry, kept for ever: what, by which side and person, with which reason."""

    __tablename__ = "enquiry_events"
    __table_args__ = (UniqueConstraint("enquiry_id", "version"), Index(None, "enquiry_id", "at"))

    enquiry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("enquiries.id", ondelete="CASCADE"))
    version: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    action: Mapped[Action] = mapped_column(enum_column(Action))
    state: Mapped[EnquiryState] = mapped_column(enum_column(EnquiryState))
    party: Mapped[Party] = mapped_column(enum_column(Party))
    user_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    reason_code: Mapped[str | None] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(String(NOTE), default="")


class EnquiryMessage(IdMixin, Base):
    """One message of a thread; `number` counts within it. Never edited; taken back it keeps no text."""

    __tablename__ = "enquiry_messages"
    __table_args__ = (UniqueConstraint("enquiry_id", "number"), Index(None, "user_id"))

    enquiry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("enquiries.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    party: Mapped[Party] = mapped_column(enum_column(Party))
    user_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    body: Mapped[str] = mapped_column(Text, default="")
    masked: Mapped[list[str]] = mapped_column(Json, default=list)
    has_file: Mapped[bool] = mapped_column(Boolean, default=False)
    retracted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EnquiryRead(Base):
    """Up to which message somebody has read a thread."""

    __tablename__ = "enquiry_reads"

    enquiry_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("enquiries.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, default=0)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class ContactConsent(IdMixin, Base):
    """That one side lets the other see its contact (个人信息保护法 art. 23), by the consent of one of its people.

    It stands while neither the side nor that person has withdrawn (art. 15).
    """

    __tablename__ = "enquiry_consents"
    __table_args__ = (
        Index(
            "uq_enquiry_consents_given",
            "enquiry_id",
            "organisation_id",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    enquiry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("enquiries.id", ondelete="CASCADE"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    given_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    consent_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("consents.id", ondelete="CASCADE"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)


class ContactReveal(IdMixin, Base):
    """That somebody looked at the other side's contact."""

    __tablename__ = "enquiry_reveals"
    __table_args__ = (Index(None, "enquiry_id", "at"), Index(None, "user_id"))

    enquiry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("enquiries.id", ondelete="CASCADE"))
    of_organisation_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    organisation_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    user_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class ThreadOpening(IdMixin, Base):
    """That a member of staff opened a thread, why, and until when he may read it."""

    __tablename__ = "enquiry_openings"
    __table_args__ = (Index(None, "enquiry_id", "user_id", "until"),)

    enquiry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("enquiries.id", ondelete="CASCADE"))
    user_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(NOTE), default="")


class DealQuota(Base):
    """How much of a day's allowance is used: enquiries of an organisation, reveals of a person."""

    __tablename__ = "deal_quotas"

    owner: Mapped[str] = mapped_column(String(60), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    taken: Mapped[int] = mapped_column(Integer, default=0)
