"""What one person wrote, for the copy of their data."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.needs.models import Need


def list_created_by(session: Session, user_id: uuid.UUID) -> Sequence[Need]:
    """Return the needs that a person wrote down, oldest first."""
    return session.scalars(
        select(Need).where(Need.created_by == user_id).order_by(Need.created_at, Need.id)
    ).all()
