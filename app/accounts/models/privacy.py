"""Requests about one's own data: a copy of it, its deletion."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.columns import IdMixin, UtcDateTime
from app.core.db import Base


class PersonalExport(IdMixin, Base):
    """A copy of everything about a person; `content` is a zip, there from `ready_at` to `expires_at`."""

    __tablename__ = "personal_exports"
    __table_args__ = (Index(None, "user_id", "requested_at"), Index(None, "expires_at"))

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    ready_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)


class Erasure(IdMixin, Base):
    """A person asked to be deleted; done after `due_at` unless taken back. A done row is a tombstone."""

    __tablename__ = "erasures"
    __table_args__ = (Index(None, "user_id"), Index(None, "due_at"))

    user_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
