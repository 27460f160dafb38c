"""How a person wants to be told: by topic and channel. In-app notices are always there."""

import uuid
from collections.abc import Mapping

from sqlalchemy.orm import Session

from app.core import audit
from app.core.errors import Unauthenticated
from app.core.messages import TOPICS
from app.core.permissions import SYSTEM, Actor
from app.notifications.models import MailPace, Preference
from app.notifications.queries import notices

audit.register_name("notifications.preferences.changed", "改通知设置")
audit.register_name("notifications.mail.unsubscribed", "退订邮件")

DEFAULTS: dict[str, MailPace] = {
    "watching": MailPace.daily,
    "centre": MailPace.daily,
    "desk": MailPace.daily,
}
"""Composed, the centre's own rule: what asks for an answer is mailed at once, the rest once a day."""
DIGEST = "digest"
FIXED = frozenset({"accounts"})
"""What concerns the safety of an account is always mailed at once."""


def pace_of(row: Preference | None, topic: str) -> MailPace:
    """Return how a topic is mailed to the person with this preference."""
    if topic in FIXED:
        return MailPace.at_once
    return row.mail if row is not None else DEFAULTS.get(topic, MailPace.at_once)


def save_preferences(
    session: Session, actor: Actor, *, mail: Mapping[str, MailPace], sms: frozenset[str]
) -> None:
    """Keep the person's choice for every topic given."""
    if actor.user_id is None:
        raise Unauthenticated
    known = notices.list_preferences(session, actor.user_id)
    for topic in TOPICS:
        if topic not in mail and topic not in FIXED:
            continue
        row = known.get(topic)
        if row is None:
            row = Preference(user_id=actor.user_id, topic=topic)
            session.add(row)
        row.mail, row.sms = mail.get(topic, MailPace.at_once), topic in sms
    audit.record(
        session,
        actor,
        "notifications.preferences.changed",
        kind="user",
        object_id=actor.user_id,
        data={"mail": {topic: pace.value for topic, pace in mail.items()}, "sms": sorted(sms)},
    )


def unsubscribe(session: Session, *, user_id: uuid.UUID, topic: str) -> None:
    """End mails of one topic (or the day's mail) to a person, who proved by the signed link that it was theirs."""
    known = notices.list_preferences(session, user_id)
    ended = [
        name
        for name in TOPICS
        if name not in FIXED
        and (name == topic or (topic == DIGEST and pace_of(known.get(name), name) is MailPace.daily))
        and pace_of(known.get(name), name) is not MailPace.off
    ]
    for name in ended:
        row = known.get(name)
        if row is None:
            session.add(Preference(user_id=user_id, topic=name, mail=MailPace.off, sms=False))
        else:
            row.mail = MailPace.off
    if not ended:
        return
    audit.record(
        session,
        SYSTEM,
        "notifications.mail.unsubscribed",
        kind="user",
        object_id=user_id,
        data={"topic": topic},
    )
