import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.columns import IdMixin, Json, TimestampMixin, UtcDateTime, enum_column
from app.core.db import Base


class NoticeMark(Base):
    """A person read one message; the message itself stands once, whoever it is for."""

    __tablename__ = "notice_marks"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    message_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True
    )
    read_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class NoticeCursor(Base):
    """Everything up to this moment counts as read by the person (「全部标为已读」)."""

    __tablename__ = "notice_cursors"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    read_through: Mapped[datetime] = mapped_column(UtcDateTime)


class MailPace(StrEnum):
    at_once = "at_once"
    daily = "daily"
    off = "off"


PACE_LABELS = {MailPace.at_once: "随时发", MailPace.daily: "每天一封", MailPace.off: "不发邮件"}


class Preference(Base):
    """How a person wants one topic; without a row the topic's default holds."""

    __tablename__ = "notice_preferences"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    topic: Mapped[str] = mapped_column(String(40), primary_key=True)
    mail: Mapped[MailPace] = mapped_column(enum_column(MailPace))
    sms: Mapped[bool] = mapped_column(Boolean, default=False)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, onupdate=clock.now)


class DigestItem(Base):
    """A message waiting for the person's one mail of the day."""

    __tablename__ = "digest_items"
    __table_args__ = (Index(None, "created_at"),)

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    message_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class Hook(IdMixin, TimestampMixin, Base):
    """An organisation's webhook: an https address, the topics it hears, its secret sealed."""

    __tablename__ = "webhooks"
    __table_args__ = (UniqueConstraint("organisation_id", "url"),)

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    url: Mapped[str] = mapped_column(String(500))
    topics: Mapped[list[str]] = mapped_column(Json, default=list)
    secret: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disabled_why: Mapped[str] = mapped_column(String(40), default="")


class DeliveryState(StrEnum):
    waiting = "waiting"
    delivered = "delivered"
    failed = "failed"


DELIVERY_LABELS = {
    DeliveryState.waiting: "等待重试",
    DeliveryState.delivered: "对方已收到",
    DeliveryState.failed: "没有送到",
}


class Delivery(IdMixin, Base):
    """One message to one webhook, with what the other side answered."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("hook_id", "message_id"),
        Index(None, "state", "next_at"),
        Index(None, "hook_id", "created_at"),
    )

    hook_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    message_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    name: Mapped[str] = mapped_column(String(80))
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    state: Mapped[DeliveryState] = mapped_column(enum_column(DeliveryState), default=DeliveryState.waiting)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    status: Mapped[int | None] = mapped_column(Integer)
    error: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
