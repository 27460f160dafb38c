"""Vendor pools: entries, their conditions and their history; and appeals against what staff decided."""

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
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
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core import clock
from app.core.columns import IdMixin, TimestampMixin, UtcDateTime, VersionMixin, enum_column
from app.core.db import Base
from app.organisations.models.organisation import REASON, Organisation


class Pool(StrEnum):
    """The three vendor pools: 综合集成, 小快轻准产品, 链主."""

    integrator = "integrator"
    light = "light"
    chain = "chain"


class PoolState(StrEnum):
    applied = "applied"
    admitted = "admitted"
    refused = "refused"
    warned = "warned"
    answered = "answered"
    removed = "removed"
    withdrawn = "withdrawn"


class PoolMove(StrEnum):
    """What happened to an entry; an appeal and its refusal move nothing, all others change the state."""

    apply = "apply"
    admit = "admit"
    refuse = "refuse"
    withdraw = "withdraw"
    warn = "warn"
    answer = "answer"
    lift = "lift"
    remove = "remove"
    appeal = "appeal"
    reject_appeal = "reject_appeal"
    reinstate = "reinstate"


class PoolEntry(IdMixin, TimestampMixin, VersionMixin, Base):
    """A vendor's place in a pool, or its wish for one; at most one lives per vendor and pool."""

    __tablename__ = "pool_entries"
    __table_args__ = (
        Index(
            "uq_pool_entries_alive",
            "organisation_id",
            "pool",
            unique=True,
            sqlite_where=text("state IN ('applied', 'admitted', 'warned', 'answered')"),
            postgresql_where=text("state IN ('applied', 'admitted', 'warned', 'answered')"),
        ),
        Index(None, "pool", "state"),
    )

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    pool: Mapped[Pool] = mapped_column(enum_column(Pool))
    state: Mapped[PoolState] = mapped_column(enum_column(PoolState), default=PoolState.applied)
    admitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deadline: Mapped[date | None] = mapped_column(Date)

    organisation: Mapped[Organisation] = relationship(lazy="raise")
    criteria: Mapped[list["PoolCriterion"]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by="PoolCriterion.position"
    )
    steps: Mapped[list["PoolStep"]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by="PoolStep.at, PoolStep.position"
    )


class PoolCriterion(IdMixin, Base):
    """One condition of admission with the threshold of the day, the vendor's figure and evidence, and the finding."""

    __tablename__ = "pool_criteria"
    __table_args__ = (UniqueConstraint("entry_id", "code"),)

    entry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("pool_entries.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(40))
    position: Mapped[int] = mapped_column(Integer)
    required: Mapped[int] = mapped_column(Integer)
    figure: Mapped[int] = mapped_column(Integer)
    evidence: Mapped[str] = mapped_column(Text)
    met: Mapped[bool | None] = mapped_column()
    finding: Mapped[str] = mapped_column(String(REASON), default="")


class PoolStep(IdMixin, Base):
    """One dated row of an entry's history, with its reason and who did it."""

    __tablename__ = "pool_steps"
    __table_args__ = (UniqueConstraint("entry_id", "position"),)

    entry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("pool_entries.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer)
    move: Mapped[PoolMove] = mapped_column(enum_column(PoolMove))
    reason: Mapped[str] = mapped_column(Text, default="")
    deadline: Mapped[date | None] = mapped_column(Date)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    by: Mapped[uuid.UUID | None] = mapped_column(Uuid)


class AppealAbout(StrEnum):
    suspension = "suspension"
    pool = "pool"


class AppealState(StrEnum):
    open = "open"
    upheld = "upheld"
    refused = "refused"


class Appeal(IdMixin, Base):
    """An organisation asks for a second pair of eyes; one appeal per decision, decided by somebody else.

    `subject_id` is the round of verification that suspended it, or the step that refused or removed it from a pool.
    """

    __tablename__ = "organisation_appeals"
    __table_args__ = (
        UniqueConstraint("subject_id"),
        Index(None, "state", "created_at"),
        CheckConstraint(
            "decided_by IS NULL OR first_by IS NULL OR decided_by <> first_by", name="second_eyes"
        ),
    )

    organisation_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("organisations.id", ondelete="CASCADE"), index=True
    )
    about: Mapped[AppealAbout] = mapped_column(enum_column(AppealAbout))
    subject_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    entry_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("pool_entries.id", ondelete="CASCADE"))
    first_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    statement: Mapped[str] = mapped_column(Text)
    state: Mapped[AppealState] = mapped_column(enum_column(AppealState), default=AppealState.open)
    reason: Mapped[str] = mapped_column(String(REASON), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    created_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)

    organisation: Mapped[Organisation] = relationship(lazy="raise")
