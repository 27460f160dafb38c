import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.columns import IdMixin, Json, TimestampMixin, UtcDateTime, enum_column
from app.core.db import Base


class Pace(StrEnum):
    at_once = "at_once"
    daily = "daily"
    never = "never"


PACE_LABELS = {Pace.at_once: "一有就告诉我", Pace.daily: "每天告诉我一次", Pace.never: "不提醒，我自己来看"}


class Kind(StrEnum):
    offering = "offering"
    need = "need"
    organisation = "organisation"
    policy = "policy"


WATCHED_LABELS = {Kind.offering: "供给", Kind.need: "需求", Kind.organisation: "机构", Kind.policy: "政策"}


class SavedSearch(IdMixin, TimestampMixin, Base):
    """A search under a name, repeated for the person in the organisation that they acted for."""

    __tablename__ = "saved_searches"
    __table_args__ = (Index(None, "user_id"), Index(None, "next_at"))

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    name: Mapped[str] = mapped_column(String(60))
    query: Mapped[str] = mapped_column(String(2000))
    pace: Mapped[Pace] = mapped_column(enum_column(Pace))
    version: Mapped[int] = mapped_column(Integer, default=1)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    ran_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seen_through: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class SavedHit(Base):
    """An object that a saved search found, kept once: what was there at the start, and what came."""

    __tablename__ = "saved_hits"
    __table_args__ = (Index(None, "search_id", "found_at"),)

    search_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("saved_searches.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    object_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    found_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    is_new: Mapped[bool] = mapped_column(Boolean)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LockedList(IdMixin, Base):
    """The results of a saved search as they stood at a moment, never changed: ids, order, prices, and their hash."""

    __tablename__ = "locked_lists"
    __table_args__ = (Index(None, "user_id", "locked_at"),)

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(60))
    query: Mapped[str] = mapped_column(String(2000))
    total: Mapped[int] = mapped_column(Integer)
    rows: Mapped[list[Any]] = mapped_column(Json)
    digest: Mapped[str] = mapped_column(String(64))
    locked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class Mark(IdMixin, Base):
    """A watched object with what the person last knew of it; `stamp` says which version was looked at."""

    __tablename__ = "watch_marks"
    __table_args__ = (UniqueConstraint("user_id", "kind", "object_id"), Index(None, "kind", "object_id"))

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    kind: Mapped[Kind] = mapped_column(enum_column(Kind))
    object_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    stamp: Mapped[str] = mapped_column(String(40))
    face: Mapped[dict[str, Any]] = mapped_column(Json)
    changes: Mapped[list[Any]] = mapped_column(Json, default=list)
    changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class Glance(Base):
    """An object that a person looked at, the latest twenty."""

    __tablename__ = "glances"
    __table_args__ = (Index(None, "user_id", "seen_at"),)

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[Kind] = mapped_column(enum_column(Kind), primary_key=True)
    object_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class GlanceChoice(Base):
    """A person who does not want to have kept what they looked at."""

    __tablename__ = "glance_choices"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    off_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
