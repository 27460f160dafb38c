"""The versions that visitors have read, each kept as it was."""

import uuid

from sqlalchemy.orm import Session

from app.core.permissions import Actor
from app.offerings import content, queries
from app.offerings.models import Offering, OfferingVersion


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
