"""News for people: one row per message in the action's own transaction, exactly once by `dedupe_key`.

The room `notifications` delivers them; anyone may write one.
"""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Uuid, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core import clock
from app.core.columns import IdMixin, Json, UtcDateTime
from app.core.db import Base


class Message(IdMixin, Base):
    __tablename__ = "messages"
    __table_args__ = (Index(None, "user_id", "created_at"), Index(None, "organisation_id", "created_at"))

    name: Mapped[str] = mapped_column(String(80))
    user_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    payload: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    dedupe_key: Mapped[str] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def post(
    session: Session,
    name: str,
    *,
    dedupe_key: str,
    user_id: uuid.UUID | None = None,
    organisation_id: uuid.UUID | None = None,
    payload: dict[str, Any] | None = None,
) -> None:
    """Write the message unless one with this key stands already (payload: ids and codes only)."""
    if session.scalar(select(Message.id).where(Message.dedupe_key == dedupe_key)) is None:
        session.add(
            Message(
                name=name,
                user_id=user_id,
                organisation_id=organisation_id,
                payload=payload or {},
                dedupe_key=dedupe_key,
            )
        )
