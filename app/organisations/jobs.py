"""What the worker does for organisations: tell those whose qualifications end."""

from typing import Any

from app.core.db import Database
from app.core.worker import ticker
from app.organisations.service import remind_of_ends


@ticker("organisations.endings", every_s=1800.0)
def remind(runtime: Any, database: Database) -> bool:
    """Remind 60, 30 and 7 days before a qualification ends, and once it has."""
    del runtime
    with database.writing() as session:
        return remind_of_ends(session) > 0
