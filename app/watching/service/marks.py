"""Watched objects: ☆ 关注, what changed, and telling it once."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core import clock, messages
from app.core.errors import Conflict, NotFound
from app.core.permissions import Actor
from app.watching import faces
from app.watching.models import WATCHED_LABELS, Kind, Mark
from app.watching.queries import marks as queries
from app.watching.service.common import user_of

messages.announce(
    "watching.mark.changed",
    topic="watching",
    title="您关注的{kind}有变化：{label}",
    text="{what}变了，打开关注页看前后对照。",
    link="/watching",
    action="看变化",
)
MOST_MARKS, KEPT_CHANGES = 200, 10


def add_mark(session: Session, actor: Actor, *, kind: Kind, object_id: uuid.UUID) -> Mark:
    """Watch an object; watching it already is no error.

    Raises:
        NotFound: the actor may not see it.
        Conflict: two hundred are watched.

    """
    user_id = user_of(actor)
    known = queries.find_mark(session, user_id, kind, object_id)
    if known is not None:
        return known
    face = faces.look(session, actor, [(kind, object_id)]).get((kind, object_id))
    if face is None:
        raise NotFound("没有这一项，或者您看不到它")
    if queries.count_marks(session, actor) >= MOST_MARKS:
        raise Conflict(f"最多关注 {MOST_MARKS} 项，请先取消几项")
    row = Mark(
        id=uuid.uuid4(),
        user_id=user_id,
        organisation_id=actor.organisation_id,
        kind=kind,
        object_id=object_id,
        stamp=queries.stamps(session, kind, [object_id])[object_id][0],
        face=faces.stored(face),
        changes=[],
    )
    session.add(row)
    return row


def remove_mark(session: Session, actor: Actor, *, mark_id: uuid.UUID) -> Mark:
    """Stop watching; returns what was watched."""
    row = queries.get_mark(session, actor, mark_id)
    session.delete(row)
    return row


def read_changes(session: Session, actor: Actor, *, through: datetime) -> None:
    """Forget the changes that the page showed, not those that came meanwhile."""
    for row in queries.list_marks(session, actor):
        if row.changed_at is not None and row.changed_at <= through:
            row.changes, row.changed_at = [], None


def note_change(
    session: Session, *, mark_id: uuid.UUID, before: str, stamp: str, face: dict[str, Any] | None
) -> bool:
    """Compare an object's present face with the known one and tell the watcher once; returns whether it changed."""
    row = queries.lock_mark(session, mark_id, before)
    if row is None:
        return False
    changes = faces.compare(row.face, face)
    row.stamp = stamp
    label = (face or row.face).get("label", "")
    row.face = (
        faces.stored(face)
        if face is not None
        else {**faces.GONE, "label": label, "title": "", "url": "", "version": 0}
    )
    if not changes:
        return False
    row.changed_at = clock.now()
    row.changes = [*({**change, "at": row.changed_at.isoformat()} for change in changes), *row.changes][
        :KEPT_CHANGES
    ]
    messages.post(
        session,
        "watching.mark.changed",
        user_id=row.user_id,
        payload={
            "kind": WATCHED_LABELS[row.kind],
            "label": label,
            "what": "、".join(change["what"] for change in changes),
            "object_id": str(row.object_id),
        },
        dedupe_key=f"watching.mark.changed:{row.id}:{stamp}",
    )
    return True
