"""News for the rooms above: jobs that they register functions for, by name."""

import uuid

from sqlalchemy.orm import Session

from app.core import jobs

VERIFIED = "organisations.verified"
CHANGED = "organisations.changed"


def tell_verified(session: Session, organisation_id: uuid.UUID) -> None:
    """An organisation passed verification: what waited for it may be published."""
    _tell(session, VERIFIED, organisation_id)


def tell_changed(session: Session, organisation_id: uuid.UUID) -> None:
    """Its name, district, capacities or state changed: documents that show them are stale."""
    _tell(session, CHANGED, organisation_id)


def _tell(session: Session, name: str, organisation_id: uuid.UUID) -> None:
    jobs.enqueue(session, name, {"organisation_id": str(organisation_id)}, key=f"{name}:{organisation_id}")
