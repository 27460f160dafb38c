"""What people typed, as typed: autosaved beside the outbox and audit, so nothing is ever lost.

`owner` is `user:<id>` or `anon:<token hash>`; the newest save wins.
"""

import json
import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core import clock
from app.core.columns import IdMixin, Json, UtcDateTime
from app.core.db import Base
from app.core.errors import TooLarge

MAX_BYTES = 200_000
ANONYMOUS_LIFE = timedelta(days=7)


class Draft(IdMixin, Base):
    __tablename__ = "drafts"
    __table_args__ = (UniqueConstraint("owner", "form", "object_id"), Index(None, "saved_at"))

    owner: Mapped[str] = mapped_column(String(100))
    form: Mapped[str] = mapped_column(String(60))
    object_id: Mapped[str] = mapped_column(String(64), default="")
    data: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


def user_owner(user_id: uuid.UUID) -> str:
    return f"user:{user_id}"


def find(session: Session, *, owner: str, form: str, object_id: object = "") -> Draft | None:
    return session.scalar(
        select(Draft).where(Draft.owner == owner, Draft.form == form, Draft.object_id == str(object_id))
    )


def save(session: Session, *, owner: str, form: str, data: dict[str, Any], object_id: object = "") -> Draft:
    """Keep the raw input; returns the row with its `saved_at`.

    Raises:
        TooLarge: more than `MAX_BYTES` of text.

    """
    if len(json.dumps(data, ensure_ascii=False, default=str).encode()) > MAX_BYTES:
        raise TooLarge("草稿太长，没有存下；请先删掉一些")
    row = find(session, owner=owner, form=form, object_id=object_id)
    if row is None:
        row = Draft(owner=owner, form=form, object_id=str(object_id))
        session.add(row)
    row.data, row.saved_at = data, clock.now()
    return row


def remove(session: Session, *, owner: str, form: str, object_id: object = "") -> None:
    session.execute(
        delete(Draft).where(Draft.owner == owner, Draft.form == form, Draft.object_id == str(object_id))
    )


def hand_over(session: Session, *, old: str, new: str) -> int:
    """Give a visitor's drafts to the account they just made or entered; returns how many."""
    rows = session.scalars(select(Draft).where(Draft.owner == old)).all()
    for row in rows:
        save(session, owner=new, form=row.form, object_id=row.object_id, data=row.data)
        session.delete(row)
    return len(rows)


def sweep(session: Session) -> None:
    """Forget visitors' drafts older than `ANONYMOUS_LIFE`."""
    session.execute(
        delete(Draft).where(Draft.owner.startswith("anon:"), Draft.saved_at < clock.now() - ANONYMOUS_LIFE)
    )
