"""The organisation itself, its capacities, and the history of its verification."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
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
from app.core.columns import IdMixin, Json, TimestampMixin, UtcDateTime, VersionMixin, enum_column
from app.core.db import Base

NAME, SHORT_NAME, ADDRESS, INTRO, REASON, STATEMENT = 80, 24, 120, 1000, 500, 1000


class OrganisationState(StrEnum):
    """`unverified` waits for the centre, `returned` waits for the organisation to mend something."""

    unverified = "unverified"
    verified = "verified"
    returned = "returned"
    suspended = "suspended"


class Capacity(StrEnum):
    enterprise = "enterprise"
    vendor = "vendor"
    institution = "institution"
    finance = "finance"


class Origin(StrEnum):
    registered = "registered"
    demo = "demo"


class VerificationCause(StrEnum):
    """Why an organisation stands in the staff's queue."""

    registered = "registered"
    mended = "mended"
    renamed = "renamed"
    suspended = "suspended"


class Decision(StrEnum):
    verified = "verified"
    returned = "returned"
    suspended = "suspended"


STATE_LABELS: dict[OrganisationState, str] = {
    OrganisationState.unverified: "待核验",
    OrganisationState.verified: "已核验",
    OrganisationState.returned: "退回补正",
    OrganisationState.suspended: "已暂停",
}
CAPACITY_LABELS: dict[Capacity, str] = {
    Capacity.enterprise: "制造企业",
    Capacity.vendor: "服务商",
    Capacity.institution: "第三方机构",
    Capacity.finance: "金融机构",
}


class Organisation(IdMixin, TimestampMixin, VersionMixin, Base):
    """A legal person or branch. The contact fields are confidential: never indexed, shown to itself and staff."""

    __tablename__ = "organisations"
    __table_args__ = (
        CheckConstraint("length(credit_code) = 18", name="credit_code_length"),
        Index(None, "state", "created_at"),
        Index(None, "district_slug"),
    )

    name: Mapped[str] = mapped_column(String(NAME))
    short_name: Mapped[str] = mapped_column(String(SHORT_NAME), default="")
    credit_code: Mapped[str] = mapped_column(String(18), unique=True)
    state: Mapped[OrganisationState] = mapped_column(
        enum_column(OrganisationState), default=OrganisationState.unverified
    )
    district_slug: Mapped[str] = mapped_column(ForeignKey("districts.slug"))
    industry_code: Mapped[str | None] = mapped_column(ForeignKey("industries.code"), index=True)
    address: Mapped[str] = mapped_column(String(ADDRESS), default="")
    staff_count: Mapped[int | None] = mapped_column(Integer)
    intro: Mapped[str] = mapped_column(Text, default="")
    contact_name: Mapped[str] = mapped_column(String(40), default="")
    contact_mobile: Mapped[str] = mapped_column(String(20), default="")
    contact_email: Mapped[str] = mapped_column(String(254), default="")
    origin: Mapped[Origin] = mapped_column(enum_column(Origin), default=Origin.registered)
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    verified_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    decision_reason: Mapped[str] = mapped_column(String(REASON), default="")

    capacities: Mapped[list["OrganisationCapacity"]] = relationship(
        back_populates="organisation", lazy="raise", cascade="all, delete-orphan"
    )
    verifications: Mapped[list["Verification"]] = relationship(
        back_populates="organisation", lazy="raise", order_by="Verification.submitted_at"
    )

    @property
    def display_name(self) -> str:
        return self.short_name or self.name

    @property
    def is_verified(self) -> bool:
        return self.state is OrganisationState.verified

    @property
    def capacity_set(self) -> frozenset[Capacity]:
        return frozenset(row.capacity for row in self.capacities)


class OrganisationCapacity(IdMixin, Base):
    __tablename__ = "organisation_capacities"
    __table_args__ = (UniqueConstraint("organisation_id", "capacity"),)

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    capacity: Mapped[Capacity] = mapped_column(enum_column(Capacity))

    organisation: Mapped[Organisation] = relationship(back_populates="capacities", lazy="raise")


class Verification(IdMixin, Base):
    """One round of verification: asked for, then decided; at most one is open per organisation.

    `checklist` maps the checked point to what staff found (`ok`, `bad`), `changes` says what differs from the last
    round (`{"name": [old, new]}`).
    """

    __tablename__ = "organisation_verifications"
    __table_args__ = (
        Index(
            "uq_organisation_verifications_open",
            "organisation_id",
            unique=True,
            sqlite_where=text("decided_at IS NULL"),
            postgresql_where=text("decided_at IS NULL"),
        ),
        Index(None, "decided_at", "submitted_at"),
        CheckConstraint("(decided_at IS NULL) = (decision IS NULL)", name="decided"),
    )

    organisation_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("organisations.id", ondelete="CASCADE"), index=True
    )
    cause: Mapped[VerificationCause] = mapped_column(enum_column(VerificationCause))
    changes: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    submitted_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    decision: Mapped[Decision | None] = mapped_column(enum_column(Decision))
    reason: Mapped[str] = mapped_column(String(REASON), default="")
    checklist: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)

    organisation: Mapped[Organisation] = relationship(back_populates="verifications", lazy="raise")
