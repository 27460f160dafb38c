"""What watching holds about a person: searches kept, objects watched and looked at (app/core/personal.py)."""

import uuid

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.core import personal
from app.core.permissions import Actor
from app.core.personal import Tables
from app.watching.looking import glances
from app.watching.models import (
    PACE_LABELS,
    WATCHED_LABELS,
    Glance,
    GlanceChoice,
    LockedList,
    Mark,
    SavedSearch,
)
from app.watching.queries import marks, searches


def collect(session: Session, user_id: uuid.UUID) -> Tables:
    """Return saved searches, watched things, locked lists and the latest looks."""
    person = Actor(user_id=user_id)
    return {
        "保存的搜索": [
            {
                "名字": row.name,
                "条件": row.query,
                "提醒": PACE_LABELS[row.pace],
                "保存于": row.created_at,
            }
            for row in searches.list_searches(session, person)
        ],
        "关注": [
            {
                "类别": WATCHED_LABELS[row.kind],
                "名称": row.face.get("label", ""),
                "编号": str(row.object_id),
                "关注于": row.created_at,
            }
            for row in marks.list_marks(session, person)
        ],
        "固定的结果": [
            {"名字": row.name, "条件": row.query, "项数": len(row.rows), "固定于": row.locked_at}
            for row in searches.list_locked(session, person)
        ],
        "最近看过": [
            {"类别": WATCHED_LABELS[row.kind], "编号": str(row.object_id), "看于": row.seen_at}
            for row in marks.list_glances(session, user_id)
        ],
    }


def erase(session: Session, user_id: uuid.UUID) -> None:
    """Forget all of it, also what waits in memory; nothing here concerns anybody else."""
    glances.forget(user_id)
    for model in (Glance, GlanceChoice, LockedList, Mark, SavedSearch):
        session.execute(delete(model).where(model.user_id == user_id))


personal.register("watching", title="关注和保存的搜索", collect=collect, erase=erase)
