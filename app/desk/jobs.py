"""What the worker does for the desk: forget holds that ended."""

from typing import Any

from app.core.db import Database
from app.core.worker import ticker
from app.desk import queries


@ticker("desk-sweep", every_s=3600.0)
def sweep(_runtime: Any, database: Database) -> bool:
    with database.writing() as session:
        for row in queries.list_ended_holds(session):
            session.delete(row)
    return False
