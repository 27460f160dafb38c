"""Append-only record of who did what; display texts are registered with the names.

A row is signed when it is written (`audit_keys`) and linked into a chain a second later (`audit_chain`); triggers
refuse UPDATE and DELETE on both tables. Nothing here is personal but ids, which point at accounts that may be erased.
"""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, String, Uuid
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core import audit_keys, clock
from app.core.columns import BigId, Json, UtcDateTime
from app.core.db import SETTINGS, Base
from app.core.permissions import Actor

_names: dict[str, str] = {}


class AuditEvent(Base):
    """One fact; personal data stays out of `data` (ids and codes only)."""

    __tablename__ = "audit_events"
    __table_args__ = (Index(None, "kind", "object_id"), Index(None, "name", "at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    name: Mapped[str] = mapped_column(String(80))
    actor_user_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    actor_organisation_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[str] = mapped_column(String(64))
    request_id: Mapped[str | None] = mapped_column(String(64))
    data: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    nonce: Mapped[str | None] = mapped_column(String(32), unique=True)
    mac: Mapped[str | None] = mapped_column(String(64))
    """None for rows from before the chain began, and for a session that belongs to no `Database`."""


class AuditLink(Base):
    """One row's place in the chain: `hash` covers the hash before it, the position and the row."""

    __tablename__ = "audit_links"

    position: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    hash: Mapped[str] = mapped_column(String(64))
    algorithm: Mapped[str] = mapped_column(String(20))
    key_id: Mapped[str] = mapped_column(String(12))


def register_name(name: str, text: str) -> None:
    """Give the audit name `room.object.verb` its Chinese display text."""
    if _names.setdefault(name, text) != text:
        raise RuntimeError(f"two texts for audit name {name}")


def text_of(name: str) -> str:
    return _names[name]


def names() -> dict[str, str]:
    """Return every registered name with its display text, by text."""
    return dict(sorted(_names.items(), key=lambda item: item[1]))


def record(
    session: Session,
    actor: Actor,
    name: str,
    *,
    kind: str,
    object_id: object,
    data: dict[str, Any] | None = None,
) -> None:
    """Add one audit row to the caller's transaction; `name` must be registered."""
    if name not in _names:
        raise RuntimeError(f"audit name {name} is not registered")
    row = AuditEvent(
        at=clock.now(),
        name=name,
        actor_user_id=actor.user_id,
        actor_organisation_id=actor.organisation_id,
        kind=kind,
        object_id=str(object_id),
        request_id=actor.request_id,
        data={**(data or {}), "on_behalf": True} if actor.on_behalf else data or {},
        nonce=audit_keys.new_nonce(),
    )
    settings = session.info.get(SETTINGS)
    if settings is not None:
        row.mac = audit_keys.mac_of(audit_keys.current(settings)[1], row)
    session.add(row)
