"""What must survive a refusal: failed sign-ins, lockouts, denied-access audit rows.

A command registers it on its session; the edge runs it in its own short transaction after the
request's transaction was rolled back (or committed).
"""

from collections.abc import Callable

from sqlalchemy.orm import Session

from app.core.db import Database

Step = Callable[[Session], None]
_KEY = "after_steps"


def keep(session: Session, step: Step) -> None:
    """Run `step(new_session)` after this session's transaction has ended, whichever way."""
    session.info.setdefault(_KEY, []).append(step)


def take(session: Session) -> list[Step]:
    """Return and forget the registered steps."""
    steps: list[Step] = session.info.pop(_KEY, [])
    return steps


def run(database: Database, steps: list[Step]) -> None:
    """Run the steps in one short write transaction and commit it."""
    if not steps:
        return
    with database.writing() as session:
        for step in steps:
            step(session)
