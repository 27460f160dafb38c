"""What the worker does for the index: drain, rebuild when the index says so, audit, sweep."""

from collections.abc import Callable
from typing import Any

from app.accounts import sweeping as accounts
from app.core import drafts, idempotency, logging
from app.core.db import Database
from app.core.jobs import JobContext, enqueue, job
from app.core.runtime import Runtime
from app.indexing import service
from app.indexing.service import REBUILD
from search.types import SearchUnavailable, Status, WriterBusy

log = logging.get("indexing")
AUDIT = "indexing.audit"
Step = tuple[float, str, Callable[[], bool]]


@job(REBUILD)
def rebuild(context: JobContext) -> dict[str, Any]:
    """Rebuild the index from the database; enqueued by staff, the command line or a stale index."""
    return service.rebuild(context.database, context.services.engine, context.progress)


@job(AUDIT)
def audit(context: JobContext) -> dict[str, Any]:
    """Find and repair drift (nightly, and by `funeng check --repair`)."""
    drift = service.find_drift(context.database, context.services.engine, context.progress)
    service.repair(context.database, drift)
    return {"checked": drift.checked, "drifted": drift.total}


def tickers(runtime: Runtime, database: Database) -> list[Step]:
    """Return the steps that the worker repeats."""
    drainer = service.Drainer(database, runtime.engine)

    def watch_index() -> bool:
        """Rebuild when the index is fresh, from another version, or broken."""
        health = runtime.engine.health()
        if health.status is not Status.STALE:
            return False
        with database.writing() as session:
            enqueue(session, REBUILD, key=REBUILD)
        return False

    def nightly() -> bool:
        with database.writing() as session:
            enqueue(session, AUDIT, key=AUDIT)
        return False

    def sweep() -> bool:
        with database.writing() as session:
            drafts.sweep(session)
            accounts.sweep(session)
            idempotency.sweep(session)
        runtime.throttle.sweep()
        database.optimise()
        try:
            service.purge_tombstones(runtime.engine)
        except (SearchUnavailable, WriterBusy) as error:
            log.info("tombstones stay for now", reason=str(error)[:200])
        return False

    return [
        (0.5, "outbox", drainer.step),
        (30.0, "index", watch_index),
        (3600.0, "sweep", sweep),
        (24 * 3600.0, "audit", nightly),
    ]
