"""Every select on files. Who may open one is said by the room that keeps it (`service.register_reader`)."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.core.permissions import Actor
from app.files.models import FileState, StoredFile

SHOWN = (FileState.quarantined, FileState.clean, FileState.infected)


def visible_to(actor: Actor) -> Select[StoredFile]:
    """Return the files that this person put there; everything else is asked of the room that keeps it."""
    return select(StoredFile).where(
        StoredFile.created_by == actor.user_id, StoredFile.created_by.is_not(None)
    )


def find_file(session: Session, file_id: uuid.UUID) -> StoredFile | None:
    return session.get(StoredFile, file_id)


def list_files(session: Session, purpose: str, object_id: object) -> Sequence[StoredFile]:
    """Return what is kept for one object, oldest first, without what was removed."""
    return find_many(session, purpose, [object_id]).get(str(object_id), [])


def find_many(
    session: Session, purpose: str, object_ids: Sequence[object]
) -> dict[str, Sequence[StoredFile]]:
    """Return the files of several objects by object id, in one query."""
    rows = session.scalars(
        select(StoredFile)
        .where(
            StoredFile.purpose == purpose,
            StoredFile.object_id.in_([str(item) for item in object_ids]),
            StoredFile.state.in_(SHOWN),
        )
        .order_by(StoredFile.created_at, StoredFile.id)
    )
    found: dict[str, list[StoredFile]] = {}
    for row in rows:
        found.setdefault(row.object_id, []).append(row)
    return dict(found)


def sum_since(session: Session, organisation_id: uuid.UUID, since: datetime) -> int:
    """Return how many bytes an organisation uploaded since then."""
    total = session.scalar(
        select(func.coalesce(func.sum(StoredFile.size), 0)).where(
            StoredFile.organisation_id == organisation_id, StoredFile.created_at > since
        )
    )
    return int(total or 0)


def list_quarantined(session: Session, *, limit: int) -> Sequence[StoredFile]:
    """Return what waits for the scanner: what was never asked about first, so that no file holds up the others."""
    return session.scalars(
        select(StoredFile)
        .where(StoredFile.state == FileState.quarantined)
        .order_by(StoredFile.scanned_at.nulls_first(), StoredFile.created_at, StoredFile.id)
        .limit(limit)
    ).all()


def count_quarantined(session: Session) -> int:
    """Return how many files wait for the scanner, for the health page."""
    return session.scalar(select(func.count()).where(StoredFile.state == FileState.quarantined)) or 0


def list_gone(session: Session, *, limit: int) -> Sequence[StoredFile]:
    """Return files whose bytes are still to be deleted."""
    return session.scalars(
        select(StoredFile)
        .where(StoredFile.state.in_((FileState.removed, FileState.infected)), StoredFile.purged_at.is_(None))
        .limit(limit)
    ).all()


def known_keys(session: Session, keys: Sequence[str]) -> set[str]:
    return set(session.scalars(select(StoredFile.store_key).where(StoredFile.store_key.in_(keys))))


def list_by_person(session: Session, user_id: uuid.UUID) -> Sequence[StoredFile]:
    return session.scalars(select(StoredFile).where(StoredFile.created_by == user_id)).all()
