"""What is kept beside an offering: versions, people to ask, certificates, files, imported sheets."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from app.core import clock, outbox
from app.core.columns import IdMixin, Json, UtcDateTime, enum_column
from app.core.db import Base
from app.offerings.models.offering import KIND, Offering


class CheckState(StrEnum):
    """How far staff got with what a vendor claims: a customer to call, a certificate of 首台(套)."""

    waiting = "waiting"
    confirmed = "confirmed"
    unreachable = "unreachable"
    denied = "denied"


class MediaKind(StrEnum):
    picture = "picture"
    brochure = "brochure"


class ImportState(StrEnum):
    waiting = "waiting"
    done = "done"
    refused = "refused"


class OfferingVersion(IdMixin, Base):
    """What visitors read from `listed_at` on: one row per listing, approved change and small change."""

    __tablename__ = "offering_versions"
    __table_args__ = (UniqueConstraint("offering_id", "number"),)

    offering_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("offerings.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    content: Mapped[dict[str, Any]] = mapped_column(Json)
    is_minor: Mapped[bool] = mapped_column(Boolean, default=False)
    listed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    by_user_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)


class CaseReference(IdMixin, Base):
    """Whom staff may ask about a case: confidential, for the centre and the vendor who named him.

    `case_key` is the fingerprint of the case's words (content.case_key): other words are another case.
    """

    __tablename__ = "offering_case_references"
    __table_args__ = (UniqueConstraint("offering_id", "case_key"), Index(None, "state", "created_at"))

    offering_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("offerings.id", ondelete="CASCADE"))
    case_key: Mapped[str] = mapped_column(String(64))
    customer: Mapped[str] = mapped_column(String(120))
    contact_name: Mapped[str] = mapped_column(String(40))
    contact_phone: Mapped[str] = mapped_column(String(30))
    contact_role: Mapped[str] = mapped_column(String(60), default="")
    state: Mapped[CheckState] = mapped_column(enum_column(CheckState), default=CheckState.waiting)
    note: Mapped[str] = mapped_column(String(400), default="")
    version: Mapped[int] = mapped_column(Integer, default=1)
    given_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    decided_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    offering: Mapped[Offering] = relationship(lazy="raise")


class FirstOfKind(IdMixin, Base):
    """An equipment's claim to be 首台(套), with its certificate; shown only once staff confirmed it."""

    __tablename__ = "offering_first_of_kind"
    __table_args__ = (Index(None, "state", "created_at"),)

    offering_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("offerings.id", ondelete="CASCADE"), unique=True
    )
    certificate: Mapped[str] = mapped_column(String(80))
    catalogue_year: Mapped[int] = mapped_column(Integer)
    state: Mapped[CheckState] = mapped_column(enum_column(CheckState), default=CheckState.waiting)
    note: Mapped[str] = mapped_column(String(400), default="")
    version: Mapped[int] = mapped_column(Integer, default=1)
    given_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    decided_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    offering: Mapped[Offering] = relationship(lazy="raise")


class OfferingMedia(IdMixin, Base):
    """A picture or brochure in the vendor's order; visitors see it once staff approved it with a listing."""

    __tablename__ = "offering_media"
    __table_args__ = (Index(None, "offering_id", "position"),)

    offering_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("offerings.id", ondelete="CASCADE"))
    file_id: Mapped[uuid.UUID] = mapped_column(Uuid, unique=True)
    kind: Mapped[MediaKind] = mapped_column(enum_column(MediaKind))
    title: Mapped[str] = mapped_column(String(80), default="")
    position: Mapped[int] = mapped_column(Integer)
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OfferingImport(IdMixin, Base):
    """One uploaded sheet: nothing of it becomes a draft unless all of it does. `errors` as sheet.Problem."""

    __tablename__ = "offering_imports"
    __table_args__ = (Index(None, "organisation_id", "created_at"),)

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    user_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    file_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    file_name: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[ImportState] = mapped_column(enum_column(ImportState), default=ImportState.waiting)
    done: Mapped[int] = mapped_column(Integer, default=0)
    total: Mapped[int] = mapped_column(Integer, default=0)
    reason: Mapped[str] = mapped_column(String(300), default="")
    errors: Mapped[list[Any]] = mapped_column(Json, default=list)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def _root_of_claim(session: Session, row: FirstOfKind) -> Offering | None:
    return session.get(Offering, row.offering_id) if row.offering_id else None


outbox.watch(FirstOfKind, kind=KIND, root=_root_of_claim)
