"""Answers of creating requests, kept with their effect in one transaction (RELIABILITY R1, R2).

A duplicate waits on the first one's row (the database's own lock, ≤ 3 s) and replays its answer.
"""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, Integer, LargeBinary, String, delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core import clock
from app.core.columns import Json, UtcDateTime
from app.core.db import Base
from app.core.errors import IdempotencyMismatch

KEPT = timedelta(hours=24)


class IdempotencyRow(Base):
    __tablename__ = "idempotency_keys"
    __table_args__ = (Index(None, "created_at"),)

    owner: Mapped[str] = mapped_column(String(100), primary_key=True)
    route: Mapped[str] = mapped_column(String(160), primary_key=True)
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(Integer, default=0)
    headers: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    body: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


def request_hash(data: object) -> str:
    return hashlib.sha256(
        json.dumps(data, sort_keys=True, ensure_ascii=False, default=str).encode()
    ).hexdigest()


def begin(session: Session, *, owner: str, route: str, key: str, digest: str) -> tuple[IdempotencyRow, bool]:
    """Return the row and whether this request is the first; a duplicate waits for the first to end.

    Raises:
        IdempotencyMismatch: the key was used with another content.

    """
    row = IdempotencyRow(owner=owner, route=route, key=key[:100], request_hash=digest)
    identity = (owner, route, key[:100])
    known = session.get(IdempotencyRow, identity)
    if known is None:
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:
            known = session.get(IdempotencyRow, identity)
    if known is None:
        return row, True
    if known.request_hash != digest:
        raise IdempotencyMismatch
    return known, False


def sweep(session: Session) -> None:
    session.execute(delete(IdempotencyRow).where(IdempotencyRow.created_at < clock.now() - KEPT))
