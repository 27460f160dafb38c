"""Dirty objects waiting for the search index.

A write to anything indexed leaves a row here in its own transaction, put there by a session hook, so
no command can forget it. The drainer (room `indexing`) leases rows, re-reads the objects and deletes
exactly those rows. Rows have no foreign key: they outlive their object.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, Index, Integer, String, Text, delete, event, func, insert, or_, select, update
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, mapped_column

from app.core import clock
from app.core.columns import BigId, UtcDateTime
from app.core.db import Base

BATCH = 200
LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 5


class OutboxRow(Base):
    __tablename__ = "outbox"
    __table_args__ = (Index(None, "dead", "next_at", "id"), Index(None, "kind", "object_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    last_error: Mapped[str | None] = mapped_column(Text)
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    dead: Mapped[bool] = mapped_column(Boolean, default=False)


@dataclass(frozen=True, slots=True)
class Watch:
    """How a changed row leads to the indexed object."""

    kind: str
    root: Callable[[Session, Any], Any]


_watched: dict[type, Watch] = {}


def watch(model: type, *, kind: str, root: Callable[[Session, Any], Any] | None = None) -> None:
    """Declare that changes of `model` dirty the document `kind`.

    `root(session, row)` returns the indexed object (with `id` and `doc_version`) for a child row.
    """
    _watched[model] = Watch(kind, root or (lambda _session, row: row))


def watched_models() -> frozenset[type]:
    return frozenset(_watched)


def mark(session: Session, kind: str, object_id: object, reason: str) -> None:
    """Leave one outbox row in the caller's transaction."""
    session.add(OutboxRow(kind=kind, object_id=str(object_id), reason=reason))


def mark_many(session: Session, model: type[Any], ids: Iterable[Any], *, kind: str, reason: str) -> int:
    """Raise `doc_version` and leave outbox rows for a fan-out; returns how many objects."""
    found = list(ids)
    moment = clock.now()
    # nobody edited these rows: their own "last changed" stays
    quiet = {"updated_at": model.updated_at} if hasattr(model, "updated_at") else {}
    for start in range(0, len(found), 500):
        part = found[start : start + 500]
        session.execute(
            update(model).where(model.id.in_(part)).values({"doc_version": model.doc_version + 1, **quiet}),
            execution_options={"synchronize_session": False, "outbox_marked": True},
        )
        session.execute(
            insert(OutboxRow),
            [
                {
                    "kind": kind,
                    "object_id": str(key),
                    "reason": reason,
                    "created_at": moment,
                    "next_at": moment,
                }
                for key in part
            ],
        )
    return len(found)


@event.listens_for(Session, "before_flush")
def _collect(session: Session, _context: object, _instances: object) -> None:
    touched: dict[tuple[str, str], tuple[Any, str]] = {}
    with session.no_autoflush:
        for reason, rows in (("new", session.new), ("changed", session.dirty), ("deleted", session.deleted)):
            for row in list(rows):
                rule = _watched.get(type(row))
                if rule is None or (reason == "changed" and not session.is_modified(row)):
                    continue
                root = rule.root(session, row)
                if root is not None and root.id is not None:
                    touched[(rule.kind, str(root.id))] = (root, reason)
                elif root is not None:
                    raise RuntimeError(f"{rule.kind}: give the object its id before the flush")
        for (kind, object_id), (root, reason) in touched.items():
            if root not in session.deleted and root not in session.new:
                root.doc_version = (root.doc_version or 0) + 1
            session.add(OutboxRow(kind=kind, object_id=object_id, reason=reason))


@event.listens_for(Session, "do_orm_execute")
def _forbid_silent_bulk(state: ORMExecuteState) -> None:
    if not (state.is_update or state.is_delete) or state.execution_options.get("outbox_marked"):
        return
    mapper = state.bind_mapper
    if mapper is not None and mapper.class_ in _watched:
        raise RuntimeError(
            f"bulk change of {mapper.class_.__name__} would bypass the outbox; use outbox.mark_many"
        )


def lease(session: Session, limit: int = BATCH) -> Sequence[OutboxRow]:
    """Return ≤ `limit` due rows, claimed for `LEASE`; the caller commits at once."""
    moment = clock.now()
    query = (
        select(OutboxRow)
        .where(
            OutboxRow.dead.is_(False),
            OutboxRow.next_at <= moment,
            or_(OutboxRow.claimed_until.is_(None), OutboxRow.claimed_until < moment),
        )
        .order_by(OutboxRow.next_at, OutboxRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = session.scalars(query).all()
    if rows:
        session.execute(
            update(OutboxRow)
            .where(OutboxRow.id.in_([row.id for row in rows]))
            .values(claimed_until=moment + LEASE),
            execution_options={"synchronize_session": False},
        )
    return rows


def release_all(session: Session) -> None:
    """Give every leased row back; for the sole worker of an installation as it starts."""
    session.execute(
        update(OutboxRow).where(OutboxRow.claimed_until.is_not(None)).values(claimed_until=None),
        execution_options={"synchronize_session": False},
    )


def complete(session: Session, ids: Sequence[int]) -> None:
    """Delete exactly these rows: the document is in the engine."""
    session.execute(
        delete(OutboxRow).where(OutboxRow.id.in_(ids)), execution_options={"synchronize_session": False}
    )


def retry(session: Session, ids: Sequence[int], error: str, *, delay_s: float) -> None:
    """Give the rows back after a fault of the engine; attempts are not counted."""
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.id.in_(ids))
        .values(
            claimed_until=None, next_at=clock.now() + timedelta(seconds=delay_s), last_error=error[:2000]
        ),
        execution_options={"synchronize_session": False},
    )


def reject(session: Session, ids: Sequence[int], error: str) -> int:
    """Count a failed attempt of a document the engine refuses; returns how many rows died of it."""
    died = 0
    for row in session.scalars(select(OutboxRow).where(OutboxRow.id.in_(ids))):
        row.attempts += 1
        row.last_error = error[:2000]
        row.claimed_until = None
        row.next_at = clock.now() + timedelta(seconds=min(300, 2**row.attempts))
        if row.attempts >= MAX_ATTEMPTS:
            row.dead = True
            died += 1
    return died


def replay_dead(session: Session, ids: Sequence[int] | None = None) -> int:
    """Give dead letters (all, or these) another five tries; returns how many."""
    query = select(OutboxRow).where(OutboxRow.dead.is_(True))
    if ids is not None:
        query = query.where(OutboxRow.id.in_(ids))
    rows = session.scalars(query).all()
    for row in rows:
        row.dead, row.attempts, row.next_at, row.claimed_until = False, 0, clock.now(), None
    return len(rows)


@dataclass(frozen=True, slots=True)
class Backlog:
    pending: int
    dead: int
    oldest_seconds: float


def backlog(session: Session) -> Backlog:
    """Return how many rows wait, how many died, and the age of the oldest waiting one in seconds."""
    pending, oldest = session.execute(
        select(func.count(OutboxRow.id), func.min(OutboxRow.created_at)).where(OutboxRow.dead.is_(False))
    ).one()
    dead = session.scalar(select(func.count(OutboxRow.id)).where(OutboxRow.dead.is_(True))) or 0
    age = (clock.now() - oldest).total_seconds() if oldest else 0.0
    return Backlog(pending or 0, dead, max(0.0, age))
