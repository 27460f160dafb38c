"""Background commands: registered by name, stored as rows, run by the worker, with progress.

News travels up between rooms by a job's name, never by import.
"""

import traceback
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, Integer, String, Text, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core import clock
from app.core.columns import IdMixin, Json, UtcDateTime, enum_column
from app.core.db import Base, Database

LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 3


class JobState(StrEnum):
    queued = "queued"
    running = "running"
    done = "done"
    failed = "failed"


class Job(IdMixin, Base):
    __tablename__ = "jobs"
    __table_args__ = (Index(None, "state", "run_at"), Index(None, "key"))

    name: Mapped[str] = mapped_column(String(80))
    payload: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    key: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[JobState] = mapped_column(enum_column(JobState), default=JobState.queued)
    run_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    done: Mapped[int] = mapped_column(Integer, default=0)
    total: Mapped[int] = mapped_column(Integer, default=0)
    text: Mapped[str] = mapped_column(String(200), default="")
    error: Mapped[str | None] = mapped_column(Text)
    result: Mapped[dict[str, Any] | None] = mapped_column(Json)


@dataclass(frozen=True)
class JobContext:
    """What a job gets: the database (it opens its own short transactions) and its progress."""

    database: Database
    job_id: uuid.UUID | None = None
    services: Any = None

    def progress(self, done: int, total: int, text: str = "") -> None:
        """Store `done` of `total` and renew the lease; callers report at most a few times a second."""
        if self.job_id is None:
            return
        with self.database.writing() as session:
            session.execute(
                update(Job)
                .where(Job.id == self.job_id)
                .values(done=done, total=total, text=text[:200], leased_until=clock.now() + LEASE)
            )


JobFunction = Callable[..., dict[str, Any] | None]
_jobs: dict[str, list[JobFunction]] = {}


def job(name: str) -> Callable[[JobFunction], JobFunction]:
    """Register a background command `f(context, **payload)` under `room.verb`.

    A name that tells news (`organisations.changed`) may have one function in each room that listens; they run
    in the order of registration and must bear repetition, for a failure of one repeats all.
    """

    def keep(function: JobFunction) -> JobFunction:
        known = _jobs.setdefault(name, [])
        if any(_room(other) == _room(function) and other is not function for other in known):
            raise RuntimeError(f"two jobs named {name} in one room")
        if function not in known:
            known.append(function)
        return function

    return keep


def announce_as(name: str) -> None:
    """Declare news under `name`: a job that is no failure while no room listens yet."""
    _jobs.setdefault(name, [])


def _room(function: JobFunction) -> str:
    return ".".join(function.__module__.split(".")[:2])


def enqueue(
    session: Session, name: str, payload: dict[str, Any] | None = None, *, key: str | None = None
) -> Job:
    """Add a job to the caller's transaction; an equal `key` still queued is returned instead."""
    if key is not None:
        waiting = session.scalar(select(Job).where(Job.key == key, Job.state == JobState.queued))
        if waiting is not None:
            return waiting
    row = Job(id=uuid.uuid4(), name=name, payload=payload or {}, key=key)
    session.add(row)
    return row


def claim(session: Session) -> Job | None:
    """Take the next due job (or one whose worker died); the caller commits at once."""
    moment = clock.now()
    row = session.scalar(
        select(Job)
        .where(
            or_(
                (Job.state == JobState.queued) & (Job.run_at <= moment),
                (Job.state == JobState.running) & (Job.leased_until < moment),
            )
        )
        .order_by(Job.run_at, Job.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if row is not None:
        row.state, row.leased_until, row.attempts = JobState.running, moment + LEASE, row.attempts + 1
    return row


def run_one(database: Database, services: Any = None) -> bool:
    """Claim and run one job; returns whether there was one."""
    with database.writing() as session:
        row = claim(session)
        if row is None:
            return False
        if row.attempts > MAX_ATTEMPTS:  # its worker died each time: it would kill the next one too
            row.state, row.error, row.finished_at = JobState.failed, "the worker died each time", clock.now()
            row.leased_until = None
            return True
        job_id, name, payload, attempts = row.id, row.name, dict(row.payload), row.attempts
    values: dict[str, Any]
    try:
        context = JobContext(database, job_id, services)
        result: dict[str, Any] = {}
        for function in _jobs[name]:
            result |= function(context, **payload) or {}
        values = {"state": JobState.done, "result": result, "error": None, "finished_at": clock.now()}
    except Exception:  # noqa: BLE001  a job's failure is data, not the worker's death
        final = attempts >= MAX_ATTEMPTS
        values = {
            "state": JobState.failed if final else JobState.queued,
            "run_at": clock.now() + timedelta(seconds=5 * attempts),
            "error": traceback.format_exc(limit=8)[-4000:],
            "finished_at": clock.now() if final else None,
        }
    with database.writing() as session:
        session.execute(update(Job).where(Job.id == job_id).values(leased_until=None, **values))
    return True
