"""Background work of accounts: copies of personal data, deletions, ends of acting on behalf."""

import uuid
from typing import Any

from app.accounts import keeping as _keeping  # noqa: F401  registers the room's personal data
from app.accounts.service import behalf, personal
from app.core.db import Database
from app.core.jobs import JobContext, job
from app.core.worker import ticker


@job(personal.EXPORT)
def make_export(context: JobContext, *, export_id: str) -> dict[str, Any]:
    """Make the copy that a person asked for: read in one transaction, written in a short one of its own."""
    row_id = uuid.UUID(export_id)
    with context.database.reading() as session:
        parts = personal.gather_export(session, row_id)
    if parts is not None:
        content = personal.pack(parts)
        with context.database.writing() as session:
            personal.finish_export(session, row_id, content)
    return {}


@ticker("accounts.behalf", every_s=60.0)
def end_overdue(_runtime: Any, database: Database) -> bool:
    """Note the end of acting on behalf whose hour is over."""
    with database.writing() as session:
        behalf.end_overdue(session)
    return False


@ticker("accounts.erasures", every_s=900.0)
def erase_due(_runtime: Any, database: Database) -> bool:
    """Erase who asked for it a week ago, and whom a restored backup brought back; forget old copies."""
    with database.writing() as session:
        personal.erase_due(session)
        personal.replay_tombstones(session)
        personal.sweep_exports(session)
    return False
