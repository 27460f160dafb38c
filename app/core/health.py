"""Readiness and the figures that an operator watches."""

from alembic.runtime.migration import MigrationContext
from prometheus_client import Gauge
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.core import outbox
from app.core.migrations import head_revision
from app.core.runtime import Runtime

PENDING = Gauge("funeng_outbox_pending", "Objects waiting for the search index")
OLDEST = Gauge("funeng_outbox_oldest_seconds", "Age of the oldest waiting object")
DEAD = Gauge("funeng_dead_letters", "Documents that the engine refused five times")


def readiness(runtime: Runtime) -> list[str]:
    """Return what keeps this process from serving; an empty list means ready."""
    if not runtime.ready:
        return ["stopping"]
    try:
        with runtime.database.reading() as session:
            session.execute(text("SELECT 1"))
            current = MigrationContext.configure(session.connection()).get_current_revision()
    except SQLAlchemyError as error:
        return [f"database: {type(error).__name__}"]
    head = head_revision()
    return [] if current == head else [f"schema {current} is not {head}: run funeng migrate"]


def refresh_metrics(runtime: Runtime) -> None:
    try:
        with runtime.database.reading() as session:
            state = outbox.backlog(session)
    except SQLAlchemyError:
        return
    PENDING.set(state.pending)
    OLDEST.set(state.oldest_seconds)
    DEAD.set(state.dead)
