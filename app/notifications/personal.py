"""What notifications hold about a person: how they want to be told, what they read, letters (app/core/personal.py)."""

import uuid

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.core import outgoing, personal
from app.core.messages import TOPICS
from app.core.outgoing import CHANNEL_LABELS, STATE_LABELS, Letter
from app.core.personal import Tables
from app.notifications.models import PACE_LABELS, DigestItem, NoticeCursor, NoticeMark, Preference
from app.notifications.queries import notices


def _addresses(session: Session, user_id: uuid.UUID) -> list[str]:
    user = accounts.get_user(session, user_id)
    return [address for address in (user.email, user.mobile) if address]


def collect(session: Session, user_id: uuid.UUID) -> Tables:
    """Return settings, read marks and the letters sent to the person's addresses (no codes)."""
    letters = [
        row
        for address in _addresses(session, user_id)
        for row in outgoing.list_latest(session, to=address, limit=1000)
    ]
    return {
        "通知设置": [
            {
                "事项": TOPICS.get(row.topic, row.topic),
                "邮件": PACE_LABELS[row.mail],
                "短信": "急事发" if row.sms else "不发",
                "改于": row.updated_at,
            }
            for row in notices.list_preferences(session, user_id).values()
        ],
        "看过的通知": [
            {"消息编号": str(row.message_id), "看于": row.read_at}
            for row in notices.list_own_marks(session, user_id)
        ],
        "发出的邮件和短信": [
            {
                "时间": row.created_at,
                "方式": CHANNEL_LABELS[row.channel],
                "发给": row.recipient,
                "标题": row.subject,
                "内容": "验证码或登录链接，不保存" if row.secret else row.text,
                "结果": STATE_LABELS[row.state],
            }
            for row in letters
        ],
    }


def erase(session: Session, user_id: uuid.UUID) -> None:
    """Forget settings, marks, what waits for the day's mail, and every letter to the person's addresses."""
    for model in (NoticeMark, NoticeCursor, Preference, DigestItem):
        session.execute(delete(model).where(model.user_id == user_id))
    addresses = _addresses(session, user_id)
    if addresses:
        session.execute(delete(Letter).where(Letter.recipient.in_(addresses)))


personal.register("notifications", title="通知、邮件和短信", collect=collect, erase=erase)
