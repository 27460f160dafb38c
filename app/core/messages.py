"""News for people: one row per message in the action's own transaction, exactly once by `dedupe_key`.

A room announces each name once, with its topic, words and link; whoever acts posts the name with ids. A
message goes to one person, to the members of an organisation or to everybody with a platform role. The
room `notifications` shows and delivers them; anyone may write one.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from string import Formatter
from typing import Any
from urllib.parse import quote

from sqlalchemy import Index, String, Uuid, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core import clock
from app.core.columns import IdMixin, Json, UtcDateTime
from app.core.db import Base
from app.core.permissions import PLATFORM_ROLES, Role

TOPICS: dict[str, str] = {
    "needs": "需求",
    "offerings": "供给",
    "deals": "意向与往来",
    "watching": "关注与搜索订阅",
    "organisations": "单位与成员",
    "accounts": "账号与安全",
    "desk": "中心待办",
    "centre": "中心公告",
}
"""Every topic with its Chinese words, in the order of the preferences page."""


class Message(IdMixin, Base):
    __tablename__ = "messages"
    __table_args__ = (
        Index(None, "user_id", "created_at"),
        Index(None, "organisation_id", "created_at"),
        Index(None, "role", "created_at"),
        Index(None, "delivered_at", "created_at"),
    )

    name: Mapped[str] = mapped_column(String(80))
    user_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    role: Mapped[str | None] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    dedupe_key: Mapped[str] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a message of this name says; `title`, `text` and `link` are `str.format` over the payload."""

    name: str
    topic: str
    title: str
    text: str
    link: str
    action: str
    urgent: bool
    admins_only: bool

    @property
    def fields(self) -> frozenset[str]:
        """Return the payload keys that the words need."""
        return frozenset(
            field
            for part in (self.title, self.text, self.link)
            for _literal, field, _spec, _conversion in Formatter().parse(part)
            if field is not None
        )


@dataclass(frozen=True, slots=True)
class Words:
    """One message in words, with the page it leads to."""

    title: str
    text: str
    link: str


_announced: dict[str, Announcement] = {}


def announce(
    name: str,
    *,
    topic: str,
    title: str,
    text: str,
    link: str,
    action: str = "打开看看",
    urgent: bool = False,
    admins_only: bool = False,
) -> None:
    """Declare the message `room.object.verb` with its Chinese words.

    `link` is a path of ours and `action` its button in mails. `urgent` messages may go out as an SMS to those
    who asked for it. An `admins_only` message to an organisation reaches its administrators, not every member.
    """
    if topic not in TOPICS:
        raise RuntimeError(f"{name}: unknown topic {topic}")
    if not link.startswith("/") or link.startswith("//"):
        raise RuntimeError(f"{name}: a message links to our own pages")
    given = Announcement(name, topic, title, text, link, action, urgent, admins_only)
    if any(not field.isidentifier() for field in given.fields):
        raise RuntimeError(f"{name}: fields are plain payload keys")
    if _announced.setdefault(name, given) != given:
        raise RuntimeError(f"two announcements of {name}")


def announced() -> list[Announcement]:
    return sorted(_announced.values(), key=lambda item: item.name)


def find_announcement(name: str) -> Announcement | None:
    return _announced.get(name)


def words_of(name: str, payload: dict[str, Any]) -> Words:
    """Return a message's words; an old row whose name or field is gone still gives a readable line."""
    given = _announced.get(name)
    if given is None:
        return Words("平台消息", "这条消息的内容已不再提供。", "/notices")
    shown = {field: str(payload.get(field, "—")) for field in given.fields}
    quoted = {field: quote(text, safe="") for field, text in shown.items()}
    return Words(given.title.format(**shown), given.text.format(**shown), given.link.format(**quoted))


def post(
    session: Session,
    name: str,
    *,
    dedupe_key: str,
    user_id: uuid.UUID | None = None,
    organisation_id: uuid.UUID | None = None,
    role: Role | None = None,
    payload: dict[str, Any] | None = None,
) -> None:
    """Write the message unless one with this key stands already (payload: ids, codes, public titles only).

    Exactly one of person, organisation and platform role receives it; the name must be announced and the
    payload must hold every field of its words.
    """
    given = _announced.get(name)
    if given is None:
        raise RuntimeError(f"message {name} is not announced")
    if missing := given.fields - set(payload or {}):
        raise RuntimeError(f"message {name} lacks {', '.join(sorted(missing))}")
    if sum(receiver is not None for receiver in (user_id, organisation_id, role)) != 1:
        raise RuntimeError(f"message {name} needs exactly one receiver")
    if role is not None and role not in PLATFORM_ROLES:
        raise RuntimeError(f"message {name}: {role} is a role inside an organisation")
    if session.scalar(select(Message.id).where(Message.dedupe_key == dedupe_key)) is None:
        session.add(
            Message(
                name=name,
                user_id=user_id,
                organisation_id=organisation_id,
                role=role.value if role is not None else None,
                payload=payload or {},
                dedupe_key=dedupe_key,
            )
        )
