"""What a person has read."""

import uuid
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import Unauthenticated
from app.core.messages import Message
from app.core.permissions import Actor
from app.notifications.models import NoticeCursor, NoticeMark
from app.notifications.queries import notices


def mark_read(session: Session, actor: Actor, *, message_id: uuid.UUID) -> Message:
    """Mark one notice as read and return its message; repeating it is no error.

    Raises:
        NotFound: it is not addressed to the actor.

    """
    row = notices.get_message(session, actor, message_id)
    user_id = _user(actor)
    if notices.find_mark(session, user_id, row.id) is None:
        try:
            with session.begin_nested():
                session.add(NoticeMark(user_id=user_id, message_id=row.id))
        except IntegrityError:  # another tab was quicker
            session.expire_all()
    return row


def mark_all_read(session: Session, actor: Actor, *, through: datetime) -> None:
    """Count everything up to `through` as read: what the page showed, not what came meanwhile."""
    user_id = _user(actor)
    moment = min(through, clock.now())
    row = notices.find_cursor(session, user_id)
    if row is None:
        session.add(NoticeCursor(user_id=user_id, read_through=moment))
    elif row.read_through < moment:
        row.read_through = moment


def _user(actor: Actor) -> uuid.UUID:
    if actor.user_id is None:
        raise Unauthenticated
    return actor.user_id
