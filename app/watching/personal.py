"""What watching holds about a person: searches kept, objects watched and looked at (app/core/personal.py)."""

import uuid

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.core import personal
from app.core.personal import Tables
from app.watching.models import WATCHED_LABELS, Glance, GlanceChoice, LockedList, Mark, SavedSearch
from app.watching.queries import person


def collect(session: Session, user_id: uuid.UUID) -> Tables:
    return {
        "保存的搜索": [
            {"名称": row.name, "条件": row.query, "保存于": row.created_at}
            for row in person.list_searches_of(session, user_id)
        ],
        "锁定的名单": [
            {"名称": row.name, "条件": row.query, "条数": row.total, "锁定于": row.locked_at}
            for row in person.list_locked_of(session, user_id)
        ],
        "关注的": [
            {"类别": WATCHED_LABELS[row.kind], "编号": str(row.object_id), "从": row.created_at}
            for row in person.list_marks_of(session, user_id)
        ],
        "最近看过": [
            {"类别": WATCHED_LABELS[row.kind], "编号": str(row.object_id), "时间": row.seen_at}
            for row in person.list_glances_of(session, user_id)
        ],
    }


def erase(session: Session, user_id: uuid.UUID) -> None:
    """Delete it all: nobody else uses it."""
    for model in (SavedSearch, LockedList, Mark, Glance, GlanceChoice):
        session.execute(delete(model).where(model.user_id == user_id))


personal.register("watching", title="关注和搜索", collect=collect, erase=erase)
