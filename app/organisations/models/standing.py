"""How an organisation stands: its size, its qualifications, and who claims the right to run it."""

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, Integer, String, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core import clock
from app.core.columns import IdMixin, TimestampMixin, UtcDateTime, enum_column
from app.core.db import Base
from app.organisations.models.organisation import REASON, Organisation


class SizeDeclaration(IdMixin, Base):
    """What an organisation declared for a year; never rewritten, the newest counts. Revenue is confidential."""

    __tablename__ = "organisation_sizes"
    __table_args__ = (Index(None, "organisation_id", "declared_at"),)

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    year: Mapped[int] = mapped_column(Integer)
    staff_count: Mapped[int] = mapped_column(Integer)
    revenue_fen: Mapped[int] = mapped_column(BigInteger)
    declared_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    declared_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)


class QualificationKind(StrEnum):
    above_scale = "above_scale"
    tech_sme = "tech_sme"
    innovative = "innovative"
    specialised = "specialised"
    giant = "giant"
    high_tech = "high_tech"
    digital_workshop = "digital_workshop"
    smart_factory = "smart_factory"
    green_factory = "green_factory"


class QualificationState(StrEnum):
    """`claimed` waits for the centre; that a confirmed one has expired follows from its dates."""

    claimed = "claimed"
    confirmed = "confirmed"
    refused = "refused"
    withdrawn = "withdrawn"


QUALIFICATION_LABELS: dict[QualificationKind, str] = {
    QualificationKind.above_scale: "规上工业企业",
    QualificationKind.tech_sme: "科技型中小企业",
    QualificationKind.innovative: "创新型中小企业",
    QualificationKind.specialised: "专精特新中小企业",
    QualificationKind.giant: "专精特新“小巨人”企业",
    QualificationKind.high_tech: "高新技术企业",
    QualificationKind.digital_workshop: "数字化车间",
    QualificationKind.smart_factory: "智能工厂",
    QualificationKind.green_factory: "绿色工厂",
}


class Qualification(IdMixin, TimestampMixin, Base):
    """A title that an organisation says it holds; shown to others only once staff have seen its evidence.

    `reminded` is the last number of days before the end at which its organisation was told (0: that it ended).
    """

    __tablename__ = "organisation_qualifications"
    __table_args__ = (
        Index(
            "uq_organisation_qualifications_claimed",
            "organisation_id",
            "kind",
            unique=True,
            sqlite_where=text("state = 'claimed'"),
            postgresql_where=text("state = 'claimed'"),
        ),
        Index(None, "state", "created_at"),
        Index(None, "state", "valid_to"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="dates"),
    )

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    kind: Mapped[QualificationKind] = mapped_column(enum_column(QualificationKind))
    number: Mapped[str] = mapped_column(String(60), default="")
    issuer: Mapped[str] = mapped_column(String(80))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    state: Mapped[QualificationState] = mapped_column(
        enum_column(QualificationState), default=QualificationState.claimed
    )
    reason: Mapped[str] = mapped_column(String(REASON), default="")
    claimed_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    reminded: Mapped[int | None] = mapped_column(Integer)

    organisation: Mapped[Organisation] = relationship(lazy="raise")


class ClaimKind(StrEnum):
    """`dispute`: a stranger registered us; `departed`: our admin is gone and nobody can let others in."""

    dispute = "dispute"
    departed = "departed"


class ClaimState(StrEnum):
    open = "open"
    upheld = "upheld"
    refused = "refused"
    withdrawn = "withdrawn"


class OrganisationClaim(IdMixin, Base):
    """Somebody asks the centre for the admin's rights; the statement is read by the claimant and staff only."""

    __tablename__ = "organisation_claims"
    __table_args__ = (
        Index(
            "uq_organisation_claims_open",
            "organisation_id",
            "claimant_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index(None, "state", "created_at"),
    )

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    claimant_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    kind: Mapped[ClaimKind] = mapped_column(enum_column(ClaimKind))
    statement: Mapped[str] = mapped_column(Text)
    state: Mapped[ClaimState] = mapped_column(enum_column(ClaimState), default=ClaimState.open)
    reason: Mapped[str] = mapped_column(String(REASON), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)

    organisation: Mapped[Organisation] = relationship(lazy="raise")
