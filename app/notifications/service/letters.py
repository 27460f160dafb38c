"""How a message becomes a letter: words, links, and the signed way to end such mails."""

import uuid
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import letters, outgoing
from app.core.messages import TOPICS, Announcement, Message, words_of
from app.core.outgoing import Channel
from app.core.security import Signer
from app.core.settings import Settings
from app.notifications.service.preferences import FIXED

PURPOSE = "notifications.unsubscribe"
LINK_AGE_S = 180 * 24 * 3600


def unsubscribe_path(settings: Settings, user_id: uuid.UUID, topic: str) -> str:
    """Return the path that ends mails of a topic to this person (or every digest), signed."""
    token = Signer(settings.signing_keys()).sign(PURPOSE, f"{user_id}:{topic}")
    return f"/unsubscribe?{urlencode({'token': token})}"


def read_unsubscribe(settings: Settings, token: str) -> tuple[uuid.UUID, str] | None:
    """Return person and topic of a signed link, None when it is forged or half a year old."""
    value = Signer(settings.signing_keys()).read(PURPOSE, token, max_age_s=LINK_AGE_S)
    if value is None:
        return None
    user, _, topic = value.partition(":")
    return uuid.UUID(user), topic


def compose(
    settings: Settings,
    message: Message,
    announcement: Announcement,
    *,
    organisation: str,
    unsubscribe: str | None,
) -> letters.Composed:
    """Return one message as a mail."""
    words = words_of(message.name, message.payload)
    why = f"您收到这封信，是因为您在{settings.site.name}的通知设置里，「{TOPICS[announcement.topic]}」是随时发邮件。"
    if announcement.topic in FIXED:
        why = f"您收到这封信，是因为它关系到您在{settings.site.name}的账号安全；这类信不能退订。"
    return letters.compose(
        settings,
        subject=words.title,
        lines=[words.text],
        facts=[("单位", organisation)] if organisation else [],
        button=(announcement.action, words.link),
        why=why,
        preferences=True,
        unsubscribe=unsubscribe,
    )


def unsubscribe_headers(settings: Settings, path: str | None) -> dict[str, str]:
    """Return the headers by which a mail program offers to unsubscribe in one click (RFC 8058)."""
    if path is None:
        return {}
    address = settings.public_url.rstrip("/") + path.replace("/unsubscribe?", "/unsubscribe/one-click?")
    return {"List-Unsubscribe": f"<{address}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def post_mail(
    session: Session,
    settings: Settings,
    message: Message,
    announcement: Announcement,
    user: User,
    *,
    organisation: str,
) -> None:
    """Write the mail of one message to one person, once."""
    if user.email is None or user.email_verified_at is None:
        return
    path = None if announcement.topic in FIXED else unsubscribe_path(settings, user.id, announcement.topic)
    made = compose(settings, message, announcement, organisation=organisation, unsubscribe=path)
    outgoing.post(
        session,
        Channel.mail,
        user.email,
        subject=made.subject,
        text=made.text,
        html=made.html,
        key=f"message:{message.id}:{user.id}:mail",
        headers=unsubscribe_headers(settings, path),
    )


def post_sms(session: Session, settings: Settings, message: Message, user: User) -> None:
    """Write the SMS of one urgent message to one person, once: its headline, no link."""
    if user.mobile is None or user.mobile_verified_at is None:
        return
    title = words_of(message.name, message.payload).title
    outgoing.post(
        session,
        Channel.sms,
        user.mobile,
        text=f"【{settings.site.name}】{title[:50]}。请登录平台查看。",
        key=f"message:{message.id}:{user.id}:sms",
    )
