"""Background work of deals: the end of a need, the timers of waiting enquiries, yesterday's allowances."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from app.core import logging
from app.core.db import Database
from app.core.errors import AppError
from app.core.jobs import JobContext, job
from app.core.worker import ticker
from app.deals import queries, service

log = logging.get("deals")
BATCH = 50


@job("needs.need.ended")
def end_enquiries(
    context: JobContext, *, need_id: str, outcome: str, chosen_organisation_ids: Sequence[str] = ()
) -> dict[str, Any]:
    """End what was open on a need that ended; every vendor not chosen gets a reason or waits for one."""
    with context.database.writing() as session:
        chosen = [uuid.UUID(key) for key in chosen_organisation_ids]
        ended = service.end_of_need(session, need_id=uuid.UUID(need_id), outcome=outcome, chosen=chosen)
    return {"ended": ended}


@ticker("deals.timers", every_s=30.0)
def run_timers(runtime: Any, database: Database) -> bool:
    """Fire what is due and remind of what will be, each in its own transaction; one bad row holds up nobody."""
    del runtime
    with database.reading() as session:
        due = queries.list_due(session, limit=BATCH)
        to_remind = queries.list_to_remind(session, limit=BATCH)
    done = 0
    for enquiry_id in due:
        done += _one(database, service.fire_timer, enquiry_id)
    for enquiry_id in to_remind:
        done += _one(database, service.remind, enquiry_id)
    return done >= BATCH


def _one(database: Database, step: Any, enquiry_id: uuid.UUID) -> bool:
    try:
        with database.writing() as session:
            return bool(step(session, enquiry_id=enquiry_id))
    except (AppError, SQLAlchemyError) as error:
        log.warning("timer failed", enquiry=str(enquiry_id), error=repr(error)[:300])
        return False


@ticker("deals.quotas", every_s=3600.0)
def forget_quotas(runtime: Any, database: Database) -> bool:
    """Forget allowances of days gone by."""
    del runtime
    with database.writing() as session:
        service.forget_quotas(session)
    return False
