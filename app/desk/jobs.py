"""What the worker does for the desk: link and check the audit trail, keep its head, forget holds that ended."""

from typing import Any

from sqlalchemy.exc import IntegrityError

from app.core import audit_chain
from app.core.db import Database
from app.core.jobs import JobContext, enqueue, job
from app.core.worker import ticker
from app.desk import queries
from app.desk.service import auditing


@ticker("audit-seal", every_s=1.0, at_stop=True)
def seal(_runtime: Any, database: Database) -> bool:
    """Link what is new; every second, and once more when the worker stops."""
    with database.reading() as session:
        if not audit_chain.has_unlinked(session):
            return False
    return _link(database) >= audit_chain.BATCH


def _link(database: Database, *, everything: bool = False) -> int:
    try:
        with database.writing() as session:
            return audit_chain.seal(session, everything=everything)
    except IntegrityError:  # another worker linked the same rows first
        return 0


@ticker("audit-anchor", every_s=600.0)
def anchor(_runtime: Any, database: Database) -> bool:
    """Keep and mail the head of the chain once a day; look for rows that came late."""
    if audit_chain.anchored_today(database.settings):
        return False
    _link(database, everything=True)
    with database.writing() as session:
        written = audit_chain.anchor(session)
    if written is not None:
        audit_chain.keep(database.settings, written)
    return False


@job(auditing.VERIFY)
def verify_audit(context: JobContext) -> dict[str, Any]:
    """Check every row of the audit trail; the auditors are told at once if something is wrong."""
    report = audit_chain.verify(context.database)
    if report.broken:
        with context.database.writing() as session:
            auditing.tell(session, report, run=str(context.job_id))
    return auditing.figures(report)


@ticker("desk-audit", every_s=24 * 3600.0)
def nightly(_runtime: Any, database: Database) -> bool:
    with database.writing() as session:
        enqueue(session, auditing.VERIFY, key=auditing.VERIFY)
    return False


@ticker("desk-sweep", every_s=3600.0)
def sweep(_runtime: Any, database: Database) -> bool:
    with database.writing() as session:
        for row in queries.list_ended_holds(session):
            session.delete(row)
    return False
