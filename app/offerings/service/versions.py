"""The versions that visitors have read, each kept as it was."""

import uuid

from sqlalchemy.orm import Session

from app.core import clock
from app.core.permissions import Actor
from app.offerings import content, queries
from app.offerings.models import Offering, OfferingState, OfferingVersion


def keep_first(session: Session, row: Offering) -> None:
    """Keep what visitors read so far when nothing of it was kept yet; call it before the row is written."""
    if row.state is not OfferingState.listed or queries.last_version(session, row.id):
        return
    kept = content.content_of(row).model_dump(mode="json")
    session.add(
        OfferingVersion(
            id=uuid.uuid4(),
            offering_id=row.id,
            number=1,
            content=kept,
            listed_at=row.listed_at or clock.now(),
        )
    )
    session.flush()


def keep_version(session: Session, actor: Actor, row: Offering, *, is_minor: bool = False) -> OfferingVersion:
    """Keep what visitors read from now on as the next version; call it after the row was written."""
    version = OfferingVersion(
        id=uuid.uuid4(),
        offering_id=row.id,
        number=queries.last_version(session, row.id) + 1,
        content=content.content_of(row).model_dump(mode="json"),
        is_minor=is_minor,
        by_user_id=actor.user_id,
    )
    session.add(version)
    session.flush()
    return version
