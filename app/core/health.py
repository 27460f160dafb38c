"""Readiness and the figures that an operator watches."""

import json
from datetime import datetime

from alembic.runtime.migration import MigrationContext
from prometheus_client import Gauge
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.core import outbox
from app.core.migrations import head_revision
from app.core.runtime import Runtime
from app.core.settings import Settings

LAST_BACKUP = "last_backup.json"
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


def last_backup(settings: Settings) -> tuple[datetime, str] | None:
    """Return when `funeng backup` last ended well here and the archive's name; None when it never did."""
    try:
        note = json.loads((settings.data_dir / LAST_BACKUP).read_text())
        return datetime.fromisoformat(note["created_at"]), str(note["name"])
    except (OSError, ValueError, KeyError):
        return None


def refresh_metrics(runtime: Runtime) -> None:
    try:
        with runtime.database.reading() as session:
            state = outbox.backlog(session)
    except SQLAlchemyError:
        return
    PENDING.set(state.pending)
    OLDEST.set(state.oldest_seconds)
    DEAD.set(state.dead)
