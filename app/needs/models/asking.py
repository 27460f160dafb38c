"""Tables of what others do with a published need: offers and invitations, questions, votes, views."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.columns import IdMixin, Json, UtcDateTime, enum_column
from app.core.db import Base


class InterestKind(StrEnum):
    """`invited`: the enterprise asked that vendor; `interested`: the vendor offered by itself."""

    invited = "invited"
    interested = "interested"


class QuestionState(StrEnum):
    open = "open"
    answered = "answered"
    hidden = "hidden"


class NeedInterest(IdMixin, Base):
    """That an organisation and a need met: once for each kind, kept for ever."""

    __tablename__ = "need_interests"
    __table_args__ = (
        UniqueConstraint("need_id", "organisation_id", "kind"),
        Index(None, "organisation_id", "at"),
    )

    need_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("needs.id", ondelete="CASCADE"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisations.id", ondelete="RESTRICT"))
    kind: Mapped[InterestKind] = mapped_column(enum_column(InterestKind))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class NeedQuestion(IdMixin, Base):
    """A question that everybody who sees the need reads, and its one answer. Texts are stored masked.

    Who asked is known to staff and the asker alone. `digest` is the plain text's hash: one firm asks one thing once.
    """

    __tablename__ = "need_questions"
    __table_args__ = (
        UniqueConstraint("need_id", "organisation_id", "digest"),
        CheckConstraint("state <> 'answered' OR answered_at IS NOT NULL", name="answered"),
        CheckConstraint("state <> 'hidden' OR hidden_at IS NOT NULL", name="hidden"),
        Index(None, "need_id", "asked_at"),
        Index(None, "state", "asked_at"),
    )

    need_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("needs.id", ondelete="CASCADE"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisations.id", ondelete="RESTRICT"))
    asked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    text: Mapped[str] = mapped_column(String(600))
    digest: Mapped[str] = mapped_column(String(64))
    masked: Mapped[list[str]] = mapped_column(Json, default=list)
    state: Mapped[QuestionState] = mapped_column(enum_column(QuestionState), default=QuestionState.open)
    version: Mapped[int] = mapped_column(Integer, default=1)
    answer: Mapped[str] = mapped_column(String(2000), default="")
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    by_staff: Mapped[bool] = mapped_column(Boolean, default=False)
    hidden_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    hidden_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    hidden_reason: Mapped[str] = mapped_column(String(200), default="")
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class NeedVote(IdMixin, Base):
    """Whether an invited or offering firm understands a need; one for each firm, changeable.

    `lines` are codes of the gate's lines. `improved_at` says that the owner wrote on after the vote: the voter is asked
    again. `handled_at` says that staff took care of it otherwise.
    """

    __tablename__ = "need_votes"
    __table_args__ = (UniqueConstraint("need_id", "organisation_id"), Index(None, "clear", "voted_at"))

    need_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("needs.id", ondelete="CASCADE"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisations.id", ondelete="RESTRICT"))
    voted_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    voted_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    clear: Mapped[bool] = mapped_column(Boolean)
    lines: Mapped[list[str]] = mapped_column(Json, default=list)
    text: Mapped[str] = mapped_column(String(400), default="")
    need_version: Mapped[int] = mapped_column(Integer)
    improved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    handled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    handled_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    handled_note: Mapped[str] = mapped_column(String(200), default="")


class NeedSeen(Base):
    """How often a need's page was opened by others; written in batches, a crash loses the last minute."""

    __tablename__ = "need_seen"

    need_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("needs.id", ondelete="CASCADE"), primary_key=True)
    seen: Mapped[int] = mapped_column(Integer, default=0)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
