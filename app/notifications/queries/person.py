"""How one person wants to be told, for the copy of their data."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.notifications.models import Preference


def list_preferences_of(session: Session, user_id: uuid.UUID) -> Sequence[Preference]:
    return session.scalars(
        select(Preference).where(Preference.user_id == user_id).order_by(Preference.topic)
    ).all()
