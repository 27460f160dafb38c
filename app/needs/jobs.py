"""Background commands of needs: publishing on verification, ending on expiry, following an organisation's changes."""

import uuid
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from app.core import outbox, worker
from app.core.db import Database
from app.core.jobs import JobContext, enqueue, job
from app.core.runtime import Runtime
from app.needs import queries, service
from app.needs.models import KIND, Need
from app.needs.seen import SeenBuffer

SWEEP = "needs.sweep"
SEEN = "needs.seen"
GROUP = "needs.group"


@job("organisations.verified")
def publish_waiting(context: JobContext, *, organisation_id: str) -> dict[str, Any]:
    """Publish the needs that waited for this organisation."""
    with context.database.writing() as session:
        return {"published": service.publish_waiting(session, organisation_id=uuid.UUID(organisation_id))}


@job("organisations.changed")
def refresh_documents(context: JobContext, *, organisation_id: str) -> dict[str, Any]:
    """Mark the organisation's needs for the index: their documents may show its name."""
    with context.database.writing() as session:
        ids = queries.list_ids_of_organisation(session, uuid.UUID(organisation_id))
        return {"marked": outbox.mark_many(session, Need, ids, kind=KIND, reason="organisation changed")}


@job(service.publish.EXPIRE)
def end_expired(context: JobContext, *, need_id: str) -> dict[str, Any]:
    """End a need whose time is over."""
    with context.database.writing() as session:
        return {"ended": service.close_expired(session, need_id=uuid.UUID(need_id))}


@job(SWEEP)
def sweep(context: JobContext) -> dict[str, Any]:
    """Remind owners of what is due."""
    with context.database.writing() as session:
        return {**service.sweep_due(session)}


@job(GROUP)
def group_needs(context: JobContext) -> dict[str, Any]:
    """Look for 共性需求: compared in a read, written in a short transaction of its own."""
    with context.database.reading() as session:
        found = service.find_groups(session)
    with context.database.writing() as session:
        return {**service.suggest_groups(session, found)}


@worker.ticker("needs.groups", every_s=24 * 3600.0)
def tick_groups(runtime: Runtime, database: Database) -> bool:
    """Look once a day."""
    del runtime
    with database.writing() as session:
        enqueue(session, GROUP, key=GROUP)
    return False


@worker.ticker("needs.due", every_s=3600.0)
def tick_due(runtime: Runtime, database: Database) -> bool:
    """Have owners reminded once an hour; the reminders know which were sent."""
    del runtime
    with database.writing() as session:
        enqueue(session, SWEEP, key=SWEEP)
    return False


def seen_buffer(runtime: Runtime) -> SeenBuffer:
    """Return the process's buffer of views."""
    buffer: SeenBuffer = runtime.extra.setdefault(SEEN, SeenBuffer())
    return buffer


@worker.ticker(SEEN, every_s=20.0)
def flush_seen(runtime: Runtime, database: Database) -> bool:
    """Write the views that this process counted."""
    counts = seen_buffer(runtime).take()
    if counts:
        with database.writing() as session:
            service.add_seen(session, counts)
    return False


def flush_when_due(runtime: Runtime) -> None:
    """Write the views from a server without a worker of its own, at most every half minute; a busy database loses them."""
    if runtime.worker is None and seen_buffer(runtime).is_due:
        try:
            flush_seen(runtime, runtime.database)
        except SQLAlchemyError:  # a number may be lost, the page may not
            return
