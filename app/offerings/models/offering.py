import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from app.core import clock, outbox
from app.core.columns import Fen, IdMixin, Json, TimestampMixin, UtcDateTime, VersionMixin, enum_column
from app.core.db import Base

KIND = "offering"


class OfferingKind(StrEnum):
    solution = "solution"
    service = "service"
    equipment = "equipment"


class OfferingState(StrEnum):
    draft = "draft"
    submitted = "submitted"
    listed = "listed"
    returned = "returned"
    withdrawn = "withdrawn"


class ProductClass(StrEnum):
    """Product classes of a solution (渝经信规范〔2024〕15号 as quoted by the centre's reference notes)."""

    design = "研发设计"
    production = "生产制造"
    logistics = "仓储物流"
    cloud_security = "云网安全"
    terminal = "工业终端"
    industry_model = "行业大模型应用"


class ServiceClass(StrEnum):
    diagnosis = "诊断评估"
    matchmaking = "供需对接"
    security = "信息安全"
    consulting = "咨询"
    testing = "检测"
    training = "培训"
    other = "其他服务"


class PriceMode(StrEnum):
    one_off = "one_off"
    yearly = "yearly"
    project = "project"
    per_unit = "per_unit"
    per_visit = "per_visit"
    other = "other"


class ComponentType(StrEnum):
    licence = "licence"
    hardware = "hardware"
    implementation = "implementation"
    training = "training"
    yearly_fee = "yearly_fee"
    other = "other"


class ReviewDecision(StrEnum):
    submitted = "submitted"
    listed = "listed"
    returned = "returned"
    withdrawn = "withdrawn"
    taken_down = "taken_down"


class ReportReason(StrEnum):
    false_claim = "false_claim"
    price_mismatch = "price_mismatch"
    contact_details = "contact_details"
    infringement = "infringement"
    illegal = "illegal"
    other = "other"


class ReportState(StrEnum):
    open = "open"
    upheld = "upheld"
    dismissed = "dismissed"


class Offering(IdMixin, TimestampMixin, VersionMixin, Base):
    """What a vendor or institution offers. Lists of codes are checked against `reference` when written.

    `industry_codes` empty means any industry. `prerequisites` are the vendor's own short texts,
    `condition_codes` the known ones among them (app/offerings/conditions.py). `pending` holds a changed
    content (as `schemas.OfferingContent`) of a listed offering until it is approved. A listing runs out at
    `expires_at`; from `expired_at` on nobody but its vendor and the centre sees it, until it is renewed.
    """

    __tablename__ = "offerings"
    __table_args__ = (
        Index(None, "organisation_id", "state"),
        Index(None, "state", "listed_at", "id"),
        Index(None, "state", "submitted_at"),
        Index(None, "state", "pending_submitted_at"),
        Index(None, "state", "expires_at"),
        CheckConstraint("go_live_days IS NULL OR go_live_days >= 0", name="go_live_days_positive"),
    )

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisations.id", ondelete="RESTRICT"))
    kind: Mapped[OfferingKind] = mapped_column(enum_column(OfferingKind))
    state: Mapped[OfferingState] = mapped_column(enum_column(OfferingState), default=OfferingState.draft)
    title: Mapped[str] = mapped_column(String(60))
    summary: Mapped[str] = mapped_column(String(300), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    product_class: Mapped[ProductClass | None] = mapped_column(enum_column(ProductClass))
    service_class: Mapped[ServiceClass | None] = mapped_column(enum_column(ServiceClass))
    vendor_kind: Mapped[str] = mapped_column(String(40), default="")
    scenario_codes: Mapped[list[str]] = mapped_column(Json, default=list)
    pain_point_codes: Mapped[list[str]] = mapped_column(Json, default=list)
    industry_codes: Mapped[list[str]] = mapped_column(Json, default=list)
    go_live_days: Mapped[int | None] = mapped_column(Integer)
    training_days: Mapped[int | None] = mapped_column(Integer)
    prerequisites: Mapped[list[str]] = mapped_column(Json, default=list)
    condition_codes: Mapped[list[str]] = mapped_column(Json, default=list)
    not_suitable: Mapped[str] = mapped_column(String(400), default="")
    exit_terms: Mapped[str] = mapped_column(String(400), default="")
    origin: Mapped[str] = mapped_column(String(20), default="entered")
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    listed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decision_reason: Mapped[str] = mapped_column(String(1000), default="")
    pending: Mapped[dict[str, Any] | None] = mapped_column(Json)
    pending_submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reminded_days: Mapped[int | None] = mapped_column(Integer)

    packages: Mapped[list["Package"]] = relationship(
        back_populates="offering", lazy="raise", order_by="Package.position", cascade="all, delete-orphan"
    )
    cases: Mapped[list["OfferingCase"]] = relationship(
        back_populates="offering",
        lazy="raise",
        order_by="OfferingCase.position",
        cascade="all, delete-orphan",
    )
    reviews: Mapped[list["OfferingReview"]] = relationship(
        back_populates="offering", lazy="raise", order_by="OfferingReview.at", cascade="all, delete-orphan"
    )

    @property
    def waits_for_review(self) -> bool:
        """Whether staff owe a decision: a first listing, or a change of the listed text."""
        return self.state is OfferingState.submitted or (
            self.state is OfferingState.listed and self.pending_submitted_at is not None
        )

    @property
    def is_current(self) -> bool:
        """Whether it is listed and has not run out."""
        return self.state is OfferingState.listed and self.expired_at is None

    @property
    def is_demo(self) -> bool:
        return self.origin == "demo"


class Package(IdMixin, Base):
    """One of up to five ways to buy. Prices are what the first year costs, per unit where the mode says so."""

    __tablename__ = "offering_packages"
    __table_args__ = (
        UniqueConstraint("offering_id", "position"),
        CheckConstraint("position BETWEEN 1 AND 5", name="at_most_five"),
        CheckConstraint("price_min_fen IS NULL OR price_min_fen >= 0", name="price_positive"),
        CheckConstraint(
            "price_min_fen IS NULL OR price_max_fen IS NULL OR price_max_fen >= price_min_fen",
            name="price_ordered",
        ),
    )

    offering_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("offerings.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(40))
    price_mode: Mapped[PriceMode] = mapped_column(enum_column(PriceMode))
    price_unit: Mapped[str] = mapped_column(String(20), default="")
    price_label: Mapped[str] = mapped_column(String(40), default="")
    price_min_fen: Mapped[int | None] = mapped_column(Fen)
    price_max_fen: Mapped[int | None] = mapped_column(Fen)
    note: Mapped[str] = mapped_column(String(300), default="")

    offering: Mapped[Offering] = relationship(back_populates="packages", lazy="raise")
    components: Mapped[list["Component"]] = relationship(
        back_populates="package", lazy="raise", order_by="Component.position", cascade="all, delete-orphan"
    )


class Component(IdMixin, Base):
    """A line of a package; a missing amount means it is not known yet, never zero."""

    __tablename__ = "offering_components"
    __table_args__ = (
        UniqueConstraint("package_id", "position"),
        CheckConstraint("amount_fen IS NULL OR amount_fen >= 0", name="amount_positive"),
    )

    package_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("offering_packages.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer)
    type: Mapped[ComponentType] = mapped_column(enum_column(ComponentType))
    title: Mapped[str] = mapped_column(String(60))
    amount_fen: Mapped[int | None] = mapped_column(Fen)
    note: Mapped[str] = mapped_column(String(200), default="")

    package: Mapped[Package] = relationship(back_populates="components", lazy="raise")


class OfferingCase(IdMixin, Base):
    """A customer case as the vendor tells it; `confirmed` only after staff checked the evidence.

    `denied_at` says that the customer denied it when staff called: visitors do not see it any more.
    """

    __tablename__ = "offering_cases"
    __table_args__ = (UniqueConstraint("offering_id", "position"),)

    offering_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("offerings.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer)
    customer: Mapped[str] = mapped_column(String(120))
    customer_consented: Mapped[bool] = mapped_column(Boolean, default=False)
    industry_code: Mapped[str | None] = mapped_column(String(8))
    scenario_code: Mapped[str | None] = mapped_column(String(3))
    effect_metric: Mapped[str] = mapped_column(String(60), default="")
    effect_before: Mapped[str] = mapped_column(String(40), default="")
    effect_after: Mapped[str] = mapped_column(String(40), default="")
    effect_unit: Mapped[str] = mapped_column(String(20), default="")
    year: Mapped[int | None] = mapped_column(Integer)
    evidence: Mapped[str] = mapped_column(String(400), default="")
    confirmed: Mapped[bool] = mapped_column(Boolean, default=False)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    denied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    offering: Mapped[Offering] = relationship(back_populates="cases", lazy="raise")


class OfferingReview(IdMixin, Base):
    """One step of an offering's review history; `checklist` maps a check's code to `ok` or `missing`."""

    __tablename__ = "offering_reviews"
    __table_args__ = (Index(None, "offering_id", "at"),)

    offering_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("offerings.id", ondelete="CASCADE"))
    decision: Mapped[ReviewDecision] = mapped_column(enum_column(ReviewDecision))
    reason_codes: Mapped[list[str]] = mapped_column(Json, default=list)
    reason: Mapped[str] = mapped_column(String(1000), default="")
    checklist: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    is_change: Mapped[bool] = mapped_column(Boolean, default=False)
    by_user_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    offering: Mapped[Offering] = relationship(back_populates="reviews", lazy="raise")


class OfferingReport(IdMixin, Base):
    """A complaint about a listed offering (举报); contact details in the text are masked before storing."""

    __tablename__ = "offering_reports"
    __table_args__ = (Index(None, "state", "created_at"), Index(None, "offering_id"))

    offering_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("offerings.id", ondelete="CASCADE"))
    reason: Mapped[ReportReason] = mapped_column(enum_column(ReportReason))
    text: Mapped[str] = mapped_column(String(1000), default="")
    reporter_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    state: Mapped[ReportState] = mapped_column(enum_column(ReportState), default=ReportState.open)
    resolution: Mapped[str] = mapped_column(String(1000), default="")
    resolved_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    offering: Mapped[Offering] = relationship(lazy="raise")


def _root_of_child(session: Session, row: Any) -> Offering | None:
    return session.get(Offering, row.offering_id) if row.offering_id else None


def _root_of_component(session: Session, row: Any) -> Offering | None:
    package = session.get(Package, row.package_id) if row.package_id else None
    return _root_of_child(session, package) if package is not None else None


outbox.watch(Offering, kind=KIND)
outbox.watch(Package, kind=KIND, root=_root_of_child)
outbox.watch(Component, kind=KIND, root=_root_of_component)
outbox.watch(OfferingCase, kind=KIND, root=_root_of_child)
