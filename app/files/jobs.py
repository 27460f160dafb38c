"""What the worker does for files: scan the quarantine, delete what is gone."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.core import audit, clock
from app.core.db import Database
from app.core.permissions import SYSTEM
from app.core.worker import ticker
from app.files import queries, service
from app.files.models import FileState
from app.files.scanner import Verdict
from app.files.scanner import scan as ask

ORPHAN_AGE_S = 24 * 3600


@ticker("files.scan", every_s=1.0)
def scan(runtime: Any, database: Database) -> bool:
    """Ask the scanner about what waits in quarantine."""
    del runtime
    return scan_waiting(database)


@ticker("files.purge", every_s=600.0)
def purge(runtime: Any, database: Database) -> bool:
    """Delete bytes that nobody may open any more."""
    del runtime
    return purge_gone(database)


def scan_waiting(database: Database, *, limit: int = 20) -> bool:
    """Scan what lies in quarantine; returns whether there was something that the scanner could answer."""
    settings = database.settings
    with database.reading() as session:
        waiting = [(row.id, row.store_key) for row in queries.list_quarantined(session, limit=limit)]
    moved = False
    for file_id, key in waiting:
        try:
            data = service.path_of(settings.uploads_dir, key).read_bytes()
        except FileNotFoundError:
            continue  # its transaction may have been restored from a backup without its bytes: it stays shut
        found = ask(settings.files, data, production=settings.is_production)
        with database.writing() as session:
            row = queries.find_file(session, file_id)
            if row is None or row.state is not FileState.quarantined:
                continue
            row.scan_note, row.scanned_at = found.note, clock.now()
            if found.verdict is Verdict.unknown:
                return moved  # the scanner is away or chokes on this one: the next round begins with another
            moved = True
            row.state = FileState.clean if found.verdict is Verdict.clean else FileState.infected
            if row.state is FileState.infected:
                audit.record(session, SYSTEM, "files.file.infected", kind="file", object_id=row.id)
    return moved and len(waiting) == limit


def purge_gone(database: Database) -> bool:
    """Delete the bytes of removed and infected files, and of uploads whose transaction never ended."""
    folder = database.settings.uploads_dir
    with database.writing() as session:
        for row in queries.list_gone(session, limit=200):
            service.path_of(folder, row.store_key).unlink(missing_ok=True)
            row.purged_at = clock.now()
    old = [path for path in _stored(folder) if time.time() - path.stat().st_mtime > ORPHAN_AGE_S]
    for start in range(0, len(old), 500):
        batch = old[start : start + 500]
        with database.reading() as session:
            known = queries.known_keys(session, [path.name for path in batch])
        for path in batch:
            if path.name not in known:
                path.unlink(missing_ok=True)
    return False


def _stored(folder: Path) -> Iterator[Path]:
    for part in sorted(folder.glob("??")):
        yield from (path for path in part.iterdir() if len(path.name) == 64)
