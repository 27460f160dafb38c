"""The one mail a day: at 08:00 in the city, everything that waited until then."""

import uuid
from collections.abc import Sequence
from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from app.core import clock, letters, outgoing
from app.core.messages import TOPICS, Message, find_announcement, words_of
from app.core.outgoing import Channel
from app.core.settings import Settings
from app.notifications.queries import delivery as queries
from app.notifications.service.letters import unsubscribe_headers, unsubscribe_path
from app.notifications.service.preferences import DIGEST

AT = time(8, 0)
READERS = 50
SHOWN = 20
"""Lines of one topic in the mail; the page has the rest."""


def due_moment() -> datetime:
    """Return the last 08:00 in the city: what was written before it goes out now."""
    here = clock.local(clock.now())
    eight = datetime.combine(here.date(), AT, tzinfo=clock.LOCAL)
    return eight if here >= eight else eight - timedelta(days=1)


def make_digests(session: Session, settings: Settings, *, limit: int = READERS) -> int:
    """Write the due mails of some people; returns how many. The lines go with the mail in one transaction."""
    before = due_moment()
    readers = queries.list_due_readers(session, before=before, limit=limit)
    people = queries.list_people(session, readers)
    for user_id in readers:
        items = queries.lock_digest(session, user_id, before=before)
        if not items:
            continue
        user = people.get(user_id)
        if user is not None and user.email is not None and user.email_verified_at is not None:
            rows = queries.list_unread_messages(session, user_id, [item.message_id for item in items])
            key = f"digest:{user_id}:{before:%Y%m%d}:{items[0].message_id}"
            if rows:
                _post(session, settings, user_id, user.email, rows, key=key)
        for item in items:
            session.delete(item)
    return len(readers)


def _sections(rows: Sequence[Message]) -> list[letters.Section]:
    found: dict[str, list[letters.Item]] = {}
    for row in rows:
        announcement = find_announcement(row.name)
        if announcement is not None:
            words = words_of(row.name, row.payload)
            found.setdefault(announcement.topic, []).append(letters.Item(words.title, words.text, words.link))
    sections = []
    for topic in TOPICS:
        items = found.get(topic, [])
        if len(items) > SHOWN:
            rest = len(items) - SHOWN
            items = [
                *items[:SHOWN],
                letters.Item(f"另有 {rest} 条，在通知页里看", "", f"/notices?topic={topic}"),
            ]
        if items:
            sections.append(letters.Section(TOPICS[topic], items))
    return sections


def _post(
    session: Session,
    settings: Settings,
    user_id: uuid.UUID,
    address: str,
    rows: Sequence[Message],
    *,
    key: str,
) -> None:
    path = unsubscribe_path(settings, user_id, DIGEST)
    made = letters.compose(
        settings,
        subject=f"{clock.cn_date(clock.now())}：您有 {len(rows)} 条新消息",
        lines=["下面是到今天早上 8 点为止您还没看过的消息。"],
        sections=_sections(rows),
        button=("去通知页", "/notices"),
        why=f"您收到这封信，是因为您在{settings.site.name}的通知设置里，有几类消息是每天一封。",
        preferences=True,
        unsubscribe=path,
    )
    outgoing.post(
        session,
        Channel.mail,
        address,
        subject=made.subject,
        text=made.text,
        html=made.html,
        key=key,
        headers=unsubscribe_headers(settings, path),
    )
