"""What people looked at last: twenty things each, unless they switched it off."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from app.core import clock
from app.core.permissions import Actor
from app.watching.models import Glance, GlanceChoice, Kind
from app.watching.queries import marks as queries
from app.watching.service.common import user_of

KEPT = 20
Seen = tuple[uuid.UUID, Kind, uuid.UUID]


def keep_glances(session: Session, seen: Mapping[Seen, datetime]) -> None:
    """Write what the pages noted and keep the latest twenty of each person."""
    people = {user_id for user_id, _kind, _key in seen}
    unwilling = queries.who_want_none(session, people)
    known: dict[uuid.UUID, dict[tuple[Kind, uuid.UUID], Glance]] = {}
    for row in queries.find_glances(session, people):
        known.setdefault(row.user_id, {})[(row.kind, row.object_id)] = row
    for (user_id, kind, key), moment in seen.items():
        if user_id in unwilling:
            continue
        own = known.setdefault(user_id, {})
        held = own.get((kind, key))
        if held is not None:
            held.seen_at = max(held.seen_at, moment)
        else:
            own[(kind, key)] = Glance(user_id=user_id, kind=kind, object_id=key, seen_at=moment)
            session.add(own[(kind, key)])
    session.flush()
    for own in known.values():
        for row in sorted(own.values(), key=lambda item: item.seen_at, reverse=True)[KEPT:]:
            session.delete(row)


def clear_glances(session: Session, actor: Actor) -> None:
    for row in queries.list_glances(session, user_of(actor)):
        session.delete(row)


def turn_glances(session: Session, actor: Actor, *, on: bool) -> None:
    """Keep what the person looks at, or no longer, and then nothing of before either."""
    user_id = user_of(actor)
    row = queries.find_choice(session, user_id)
    if on and row is not None:
        session.delete(row)
    elif not on:
        clear_glances(session, actor)
        if row is None:
            session.add(GlanceChoice(user_id=user_id, off_at=clock.now()))
