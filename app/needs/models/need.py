"""Tables of the need itself: its baseline figures, the decisions on it and the counter of case numbers."""

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
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
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core import clock, outbox
from app.core.columns import Fen, IdMixin, Json, TimestampMixin, UtcDateTime, VersionMixin, enum_column
from app.core.db import Base


class NeedState(StrEnum):
    draft = "draft"
    waiting_verification = "waiting_verification"
    held = "held"
    published = "published"
    returned = "returned"
    withdrawn = "withdrawn"
    closed = "closed"


KIND = "need"

#: States in which the owner may write on. What is judged already must not get worse by an edit.
EDITABLE = (
    NeedState.draft,
    NeedState.returned,
    NeedState.held,
    NeedState.waiting_verification,
    NeedState.published,
)
JUDGED = (NeedState.waiting_verification, NeedState.published)
#: States from which the owner sends the need to the gate.
SENDABLE = (NeedState.draft, NeedState.returned, NeedState.held, NeedState.waiting_verification)


class FundSource(StrEnum):
    own = "own"
    loan = "loan"
    lease = "lease"
    sharing = "sharing"
    subsidy = "subsidy"


class Confidentiality(StrEnum):
    public = "public"
    verified_vendors = "verified_vendors"
    staff_only = "staff_only"


class Urgency(StrEnum):
    urgent = "urgent"
    soon = "soon"
    open = "open"


class BaselineHow(StrEnum):
    """Where a figure comes from; `not_counted` asks the centre to come and measure."""

    recorded = "recorded"
    estimated = "estimated"
    not_counted = "not_counted"


class ReviewDecision(StrEnum):
    submitted = "submitted"
    held = "held"
    waiting = "waiting"
    published = "published"
    returned = "returned"
    withdrawn = "withdrawn"


class Need(IdMixin, TimestampMixin, VersionMixin, Base):
    """One need of one organisation. Free texts are stored with contact details already masked.

    `masked` names the kinds of detail that were hidden (never the details). `gate_score` and `gate_lines` are the
    gate's answer at the last submission; the page of a draft computes it afresh.
    """

    __tablename__ = "needs"
    __table_args__ = (
        CheckConstraint(
            "budget_min_fen IS NULL OR budget_max_fen IS NULL OR budget_min_fen <= budget_max_fen",
            name="budget_order",
        ),
        CheckConstraint("budget_min_fen IS NULL OR budget_min_fen >= 0", name="budget_min"),
        CheckConstraint("budget_max_fen IS NULL OR budget_max_fen >= 0", name="budget_max"),
        CheckConstraint("wanted_days IS NULL OR wanted_days BETWEEN 1 AND 1095", name="wanted_days"),
        CheckConstraint("state <> 'published' OR published_at IS NOT NULL", name="published"),
        Index(None, "state", "published_at"),
        Index(None, "state", "submitted_at"),
        Index(None, "organisation_id", "updated_at"),
    )

    case_number: Mapped[str] = mapped_column(String(24), unique=True)
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisations.id", ondelete="RESTRICT"))
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    state: Mapped[NeedState] = mapped_column(enum_column(NeedState), default=NeedState.draft)
    origin: Mapped[str] = mapped_column(String(20), default="posted")

    title: Mapped[str] = mapped_column(String(60), default="")
    problem: Mapped[str] = mapped_column(Text, default="")
    masked: Mapped[list[str]] = mapped_column(Json, default=list)
    scenario_code: Mapped[str | None] = mapped_column(ForeignKey("scenarios.code"))
    pain_point_codes: Mapped[list[str]] = mapped_column(Json, default=list)
    industry_code: Mapped[str | None] = mapped_column(ForeignKey("industries.code"))
    district_slug: Mapped[str | None] = mapped_column(ForeignKey("districts.slug"))
    equipment: Mapped[str] = mapped_column(String(400), default="")
    machine_count: Mapped[int | None] = mapped_column(Integer)

    baseline_note: Mapped[str] = mapped_column(String(1000), default="")

    budget_min_fen: Mapped[int | None] = mapped_column(Fen)
    budget_max_fen: Mapped[int | None] = mapped_column(Fen)
    fund_sources: Mapped[list[str]] = mapped_column(Json, default=list)

    wanted_by: Mapped[date | None] = mapped_column(Date)
    wanted_days: Mapped[int | None] = mapped_column(Integer)
    urgency: Mapped[Urgency | None] = mapped_column(enum_column(Urgency))

    conditions: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    conditions_note: Mapped[str] = mapped_column(String(1000), default="")

    confidentiality: Mapped[Confidentiality] = mapped_column(
        enum_column(Confidentiality), default=Confidentiality.public
    )
    hide_name: Mapped[bool] = mapped_column(Boolean, default=True)
    audience_chosen: Mapped[bool] = mapped_column(Boolean, default=False)

    gate_score: Mapped[int | None] = mapped_column(Integer)
    gate_lines: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_reason: Mapped[str] = mapped_column(String(400), default="")
    end_code: Mapped[str | None] = mapped_column(String(40))

    baselines: Mapped[list["NeedBaseline"]] = relationship(
        back_populates="need", lazy="raise", cascade="all, delete-orphan", order_by="NeedBaseline.position"
    )
    reviews: Mapped[list["NeedReview"]] = relationship(
        back_populates="need", lazy="raise", order_by="NeedReview.at.desc()"
    )


class NeedBaseline(IdMixin, Base):
    """One figure of the present state. `value` is an exact decimal as text; empty when nobody has counted."""

    __tablename__ = "need_baselines"
    __table_args__ = (
        UniqueConstraint("need_id", "position"),
        CheckConstraint("(how = 'not_counted') = (value IS NULL)", name="counted"),
    )

    need_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("needs.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer)
    metric: Mapped[str] = mapped_column(String(60))
    value: Mapped[str | None] = mapped_column(String(20))
    unit: Mapped[str] = mapped_column(String(20), default="")
    period: Mapped[str] = mapped_column(String(20), default="")
    how: Mapped[BaselineHow] = mapped_column(enum_column(BaselineHow))

    need: Mapped[Need] = relationship(back_populates="baselines", lazy="raise")


class NeedReview(IdMixin, Base):
    """One step of a need's way to publication, kept for ever: who decided what, with which gate and reasons.

    `reasons` is a list of `{"line": gate line or "", "text": what the owner reads}`.
    """

    __tablename__ = "need_reviews"
    __table_args__ = (Index(None, "need_id", "at"),)

    need_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("needs.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    decision: Mapped[ReviewDecision] = mapped_column(enum_column(ReviewDecision))
    actor_user_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    need_version: Mapped[int] = mapped_column(Integer)
    score: Mapped[int] = mapped_column(Integer)
    lines: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)

    need: Mapped[Need] = relationship(back_populates="reviews", lazy="raise")


class CaseCounter(Base):
    """The last case number given out in a year."""

    __tablename__ = "case_counters"

    year: Mapped[int] = mapped_column(Integer, primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger, default=0)


outbox.watch(Need, kind=KIND)
