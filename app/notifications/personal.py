"""What notifications hold about a person: how they want to be told, what they read (app/core/personal.py)."""

import uuid

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.core import personal
from app.core.messages import TOPICS
from app.core.personal import Tables
from app.notifications.models import PACE_LABELS, DigestItem, NoticeCursor, NoticeMark, Preference
from app.notifications.queries.person import list_preferences_of


def collect(session: Session, user_id: uuid.UUID) -> Tables:
    return {
        "通知偏好": [
            {
                "事项": TOPICS.get(row.topic, row.topic),
                "邮件": PACE_LABELS[row.mail],
                "短信": "发" if row.sms else "不发",
                "改于": row.updated_at,
            }
            for row in list_preferences_of(session, user_id)
        ]
    }


def erase(session: Session, user_id: uuid.UUID) -> None:
    """Delete preferences, read marks and what waited for a digest."""
    for model in (Preference, NoticeMark, NoticeCursor, DigestItem):
        session.execute(delete(model).where(model.user_id == user_id))


personal.register("notifications", title="通知", collect=collect, erase=erase)
