"""What the worker does for files: scan the quarantine, delete what is gone."""

from typing import Any

from app.core.db import Database
from app.core.worker import ticker
from app.files import service


@ticker("files.scan", every_s=1.0)
def scan(runtime: Any, database: Database) -> bool:
    """Ask the scanner about what waits in quarantine."""
    del runtime
    return service.scan_waiting(database)


@ticker("files.purge", every_s=600.0)
def purge(runtime: Any, database: Database) -> bool:
    """Delete bytes that nobody may open any more."""
    del runtime
    return service.purge(database)
