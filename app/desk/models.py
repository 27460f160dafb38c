"""Who works on what, what the centre announces, and who asked for help."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core import clock
from app.core.columns import IdMixin, TimestampMixin, UtcDateTime, enum_column
from app.core.db import Base


class Hold(Base):
    """A member of staff looks at one waiting thing, or took it on; it ends by itself at `until`.

    It hides nothing and refuses nobody: it tells colleagues, the version numbers decide who was first.
    """

    __tablename__ = "desk_holds"

    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(Uuid, index=True)
    assigned: Mapped[bool] = mapped_column(Boolean, default=False)
    since: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    until: Mapped[datetime] = mapped_column(UtcDateTime)


class Audience(StrEnum):
    everyone = "everyone"
    signed_in = "signed_in"
    enterprise = "enterprise"
    vendor = "vendor"
    staff = "staff"


AUDIENCE_LABELS = {
    Audience.everyone: "所有人",
    Audience.signed_in: "登录的人",
    Audience.enterprise: "企业",
    Audience.vendor: "服务商、第三方机构和金融机构",
    Audience.staff: "中心和各级工作人员",
}


class AnnouncementState(StrEnum):
    draft = "draft"
    published = "published"
    withdrawn = "withdrawn"


class Announcement(IdMixin, TimestampMixin, Base):
    """Plain text in paragraphs, shown to its audience between two moments while published."""

    __tablename__ = "announcements"
    __table_args__ = (Index(None, "state", "starts_at"),)

    title: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    audience: Mapped[Audience] = mapped_column(enum_column(Audience), default=Audience.everyone)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pinned: Mapped[bool] = mapped_column(Boolean, default=False)
    state: Mapped[AnnouncementState] = mapped_column(
        enum_column(AnnouncementState), default=AnnouncementState.draft
    )
    author_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer, default=1)


class HelpState(StrEnum):
    open = "open"
    answered = "answered"
    closed = "closed"


class HelpRequest(IdMixin, Base):
    """What somebody asked; who asks without an account reads the answer under a signed address."""

    __tablename__ = "help_requests"
    __table_args__ = (Index(None, "state", "created_at"),)

    number: Mapped[str] = mapped_column(String(20), unique=True)
    text: Mapped[str] = mapped_column(Text)
    contact: Mapped[str] = mapped_column(String(120), default="")
    path: Mapped[str] = mapped_column(String(200), default="")
    user_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, index=True)
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    state: Mapped[HelpState] = mapped_column(enum_column(HelpState), default=HelpState.open)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    waiting_since: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    version: Mapped[int] = mapped_column(Integer, default=1)

    notes: Mapped[list["HelpNote"]] = relationship(
        back_populates="request",
        order_by="HelpNote.at, HelpNote.id",
        lazy="raise",
        cascade="all, delete-orphan",
    )


class HelpNote(IdMixin, Base):
    """One answer of the centre, or what the person added."""

    __tablename__ = "help_notes"

    request_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("help_requests.id", ondelete="CASCADE"), index=True
    )
    author_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    by_staff: Mapped[bool] = mapped_column(Boolean, default=False)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    request: Mapped[HelpRequest] = relationship(back_populates="notes", lazy="raise")
