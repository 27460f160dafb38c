"""Tables of a need's end and of who wrote it for the firm: outcome, reminders, recorded by the centre."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.columns import IdMixin, UtcDateTime, enum_column
from app.core.db import Base


class Outcome(StrEnum):
    """What came of a need: given to somebody, not wanted any more, or nobody fitted."""

    awarded = "awarded"
    cancelled = "cancelled"
    none_suitable = "none_suitable"


class NeedOutcome(Base):
    """The one outcome of a need: the primary key allows no second. An awarded one names who got it, on or off the platform."""

    __tablename__ = "need_outcomes"
    __table_args__ = (
        CheckConstraint(
            "(outcome = 'awarded') = (chosen_organisation_id IS NOT NULL OR chosen_name <> '')", name="chosen"
        ),
    )

    need_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("needs.id", ondelete="CASCADE"), primary_key=True)
    outcome: Mapped[Outcome] = mapped_column(enum_column(Outcome))
    chosen_organisation_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("organisations.id", ondelete="RESTRICT")
    )
    chosen_name: Mapped[str] = mapped_column(String(80), default="")
    reason_code: Mapped[str] = mapped_column(String(40), default="")
    reason: Mapped[str] = mapped_column(String(400), default="")
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    decided_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)


class NeedReminder(IdMixin, Base):
    """That the owner was reminded of something due at `due_at`; a renewed need has a new date and is reminded anew."""

    __tablename__ = "need_reminders"
    __table_args__ = (UniqueConstraint("need_id", "kind", "due_at"),)

    need_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("needs.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class NeedRecording(Base):
    """That the centre wrote a need for its firm (中心代录): who, when and on what ground, for the firm and staff alone."""

    __tablename__ = "need_recordings"

    need_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("needs.id", ondelete="CASCADE"), primary_key=True)
    recorded_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    basis: Mapped[str] = mapped_column(String(200), default="")
