"""Forgetting what is over: sessions with their addresses and devices, counts of failed sign-ins, old grants.

How long each is kept stands in docs/privacy.md.
"""

from datetime import timedelta

from sqlalchemy.orm import Session

from app.accounts import queries
from app.core import clock

IDLE, ABSOLUTE, FAILURES_KEPT = timedelta(minutes=30), timedelta(hours=12), timedelta(days=1)
STEPS_KEPT, PROOFS_KEPT = timedelta(minutes=10), timedelta(days=1)
SWEEP = 1000


def sweep(session: Session) -> int:
    """Delete up to a thousand of each; returns how many rows went."""
    moment = clock.now()
    gone = [
        *queries.list_ended_sessions(session, begun_before=moment - ABSOLUTE, seen_before=moment - IDLE),
        *queries.list_old_failures(session, before=moment - FAILURES_KEPT),
        *queries.list_outlived(session, limit=SWEEP),
        *queries.list_stale_steps(session, before=moment - STEPS_KEPT),
        *queries.list_stale_codes(session, before=moment - PROOFS_KEPT),
        *queries.list_stale_links(session, before=moment - PROOFS_KEPT),
    ]
    for row in gone:
        session.delete(row)
    return len(gone)
