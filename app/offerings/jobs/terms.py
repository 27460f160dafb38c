"""Watches the terms of listings, in short transactions of the worker."""

from datetime import timedelta

from app.core import clock, parameters
from app.core.db import Database
from app.offerings import queries
from app.offerings.service.term import DAYS, FIRST, LAST, PREFIX, step_term

BATCH = 200


def sweep_terms(database: Database) -> bool:
    """Remind of ends that come near and hide what has run out; returns whether there may be more."""
    with database.reading() as session:
        days = parameters.values(session, PREFIX)
        first, last = int(days[FIRST]), int(days[LAST])
        due = queries.list_term_ids(
            session,
            first_before=clock.now() + timedelta(days=first),
            last_before=clock.now() + timedelta(days=last),
            last_days=last,
            limit=BATCH,
        )
    if not due:
        return False
    with database.writing() as session:
        for row in queries.lock_by_ids(session, due):
            step_term(session, row, life=int(days[DAYS]), first=first, last=last)
    return len(due) == BATCH
