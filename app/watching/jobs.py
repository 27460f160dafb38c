"""What the worker does: repeat saved searches, look after watched objects, write what was looked at."""

import threading
from collections.abc import Sequence
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.core import clock, logging
from app.core.db import Database, database_of
from app.core.permissions import Actor
from app.core.worker import ticker
from app.indexing import queries as indexing
from app.indexing.finding import to_query
from app.watching import asking, faces, owners
from app.watching.looking import glances
from app.watching.models import Mark, SavedSearch
from app.watching.queries import marks, searches
from app.watching.service import keep_glances, note_change, note_hits
from search import SearchEngine
from search.types import Ref, SearchUnavailable

log = logging.get("watching")
SEARCHES, MARKS = 5, 50


@ticker("watching.searches", every_s=20.0)
def run_searches(runtime: Any, database: Database) -> bool:
    """Repeat the saved searches that are due."""
    return repeat_searches(database, runtime.engine) > 0


def repeat_searches(database: Database, engine: SearchEngine) -> int:
    """Run a few due searches, each with its owner's present rights; returns how many were due.

    The engine is asked outside any transaction. Every hit is checked against the database again before it is kept, so
    what the owner may not see is neither counted nor told.
    """
    with database.reading() as session:
        due = [
            (row, owners.actor_of(session, row.user_id, row.organisation_id))
            for row in searches.list_due(session, moment=clock.now(), limit=SEARCHES)
        ]
        session.expunge_all()  # the rows are read on after this transaction
    for row, actor in due:
        try:
            visible = find_visible(database, engine, row, actor)
        except SearchUnavailable:
            log.info("saved searches wait for the engine")
            return 0
        with database.writing() as session:
            note_hits(session, search_id=row.id, visible=visible)
    return len(due)


def find_visible(
    database: Database, engine: SearchEngine, row: SavedSearch, actor: Actor | None
) -> Sequence[Ref]:
    """Return the newest hits of a saved search that its owner may see now; none for an account that is gone."""
    if actor is None:
        return []
    page = engine.search(to_query(asking.newest(row.query), actor, facets=()))
    refs = [hit.ref for hit in page.hits]
    with database.reading() as session:
        allowed = indexing.find_visible(session, actor, refs)
    return [ref for ref in refs if ref in allowed]


@ticker("watching.marks", every_s=10.0)
def look_after_marks(runtime: Any, database: Database) -> bool:
    """Compare watched objects that changed with what their watchers know."""
    del runtime
    with database.reading() as session:
        rows = marks.list_changed(session, limit=MARKS)
        found = [(row, *_present(session, row)) for row in rows]
        session.expunge_all()
    for row, stamp, face in found:
        with database.writing() as session:
            note_change(session, mark_id=row.id, before=row.stamp, stamp=stamp, face=face)
    return len(found) == MARKS


def _present(session: Session, row: Mark) -> tuple[str, dict[str, Any] | None]:
    stamp = marks.stamps(session, row.kind, [row.object_id]).get(row.object_id, ("", 0))[0]
    actor = owners.actor_of(session, row.user_id, row.organisation_id)
    key = (row.kind, row.object_id)
    return stamp, faces.look(session, actor, [key]).get(key) if actor is not None else None


@ticker("watching.glances", every_s=15.0)
def flush_glances(runtime: Any, database: Database) -> bool:
    """Write what this process's pages noted; a busy database loses it."""
    del runtime
    seen = glances.take()
    if seen:
        try:
            with database.writing() as session:
                keep_glances(session, seen)
        except SQLAlchemyError as error:
            log.info("looks were lost", error=type(error).__name__)
    return False


def flush_when_due(session: Session) -> None:
    """Have a server without a worker of its own write its looks, beside the request."""
    database = database_of(session)
    if database is not None and not database.settings.worker_in_process and glances.is_due:
        threading.Thread(target=flush_glances, args=(None, database), daemon=True).start()
