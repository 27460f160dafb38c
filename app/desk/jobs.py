"""What the worker does for the desk: forget holds that ended, check the audit trail every night."""

from typing import Any

from app.core.db import Database
from app.core.jobs import JobContext, enqueue, job
from app.core.worker import ticker
from app.desk import queries
from app.desk.service import auditing


@job(auditing.VERIFY)
def verify_audit(context: JobContext) -> dict[str, Any]:
    """Check every row of the audit trail."""
    return auditing.verify(context.database, run=str(context.job_id))


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
