"""Letters that leave the platform: mail and SMS, written in the action's own transaction.

The worker sends them after the commit (room `notifications`), so nothing of a rolled-back action goes out. A
letter has one Message-ID for life: sent twice after a crash, it is still one letter. Codes and links to sign
in (`secret`) are encrypted while they wait and wiped once delivered.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Boolean, Index, Integer, String, Text, delete, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core import clock, sealing
from app.core.columns import IdMixin, Json, UtcDateTime, enum_column
from app.core.db import Base, settings_of
from app.core.settings import Settings

LEASE = timedelta(minutes=2)
BATCH = 20
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))
"""After the n-th failure wait so long; after the last one (about 22 hours) the letter is dead."""
KEPT, DEAD_KEPT = timedelta(days=30), timedelta(days=90)
PURPOSE = "core.outgoing"


class Channel(StrEnum):
    mail = "mail"
    sms = "sms"


CHANNEL_LABELS = {Channel.mail: "邮件", Channel.sms: "短信"}


class LetterState(StrEnum):
    waiting = "waiting"
    sent = "sent"
    dead = "dead"


STATE_LABELS = {LetterState.waiting: "等待发送", LetterState.sent: "已发出", LetterState.dead: "发送失败"}


class Letter(IdMixin, Base):
    __tablename__ = "outgoing"
    __table_args__ = (Index(None, "state", "next_at"), Index(None, "recipient", "created_at"))

    channel: Mapped[Channel] = mapped_column(enum_column(Channel))
    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200), default="")
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str | None] = mapped_column(Text)
    headers: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    message_id: Mapped[str] = mapped_column(String(200))
    secret: Mapped[bool] = mapped_column(Boolean, default=False)
    state: Mapped[LetterState] = mapped_column(enum_column(LetterState), default=LetterState.waiting)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


@dataclass(frozen=True, slots=True)
class Body:
    """A letter's readable text; None of both when it was wiped after delivery."""

    text: str
    html: str | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """Figures for the health page."""

    waiting: int
    dead: int
    oldest_s: int
    """Age in seconds of the oldest letter still waiting, 0 when none is."""
    oldest_dead: datetime | None = None
    """When the oldest dead letter was written."""


def post(
    session: Session,
    channel: Channel,
    to: str,
    *,
    text: str,
    key: str,
    subject: str = "",
    html: str | None = None,
    secret: bool = False,
    expires_at: datetime | None = None,
    headers: dict[str, str] | None = None,
) -> Letter | None:
    """Write a letter into the caller's transaction; None when one with this `key` stands already.

    `secret` for codes and links that let somebody in. `expires_at` for what is useless later: such a letter is
    given up, never sent late.
    """
    if not to or any(ord(char) < 33 for char in to):
        raise ValueError("a letter needs a plain recipient")
    if any(ord(char) < 32 for char in subject):
        raise ValueError("a subject is one line")
    if session.scalar(select(Letter.id).where(Letter.key == key)) is not None:
        return None
    settings = settings_of(session)
    letter_id = uuid.uuid4()
    row = Letter(
        id=letter_id,
        channel=channel,
        recipient=to,
        subject=subject[:200],
        text=sealing.seal(settings, PURPOSE, text) if secret else text,
        html=sealing.seal(settings, PURPOSE, html) if secret and html is not None else html,
        headers=headers or {},
        key=key,
        message_id=f"<{letter_id}@{urlsplit(settings.public_url).hostname or 'localhost'}>",
        secret=secret,
        expires_at=expires_at,
    )
    session.add(row)
    return row


def body_of(settings: Settings, row: Letter) -> Body | None:
    """Return the readable text of a letter; None when it was wiped or its key is gone."""
    if not row.secret:
        return Body(row.text, row.html)
    text = sealing.unseal(settings, PURPOSE, row.text) if row.text else None
    if text is None:
        return None
    return Body(text, sealing.unseal(settings, PURPOSE, row.html) if row.html else None)


def available(settings: Settings) -> frozenset[Channel]:
    """Return the channels that lead out of here: in production only those that are configured."""
    given = {
        Channel.mail: settings.mail.host is not None or not settings.is_production,
        Channel.sms: settings.sms.adapter is not None or not settings.is_production,
    }
    return frozenset(channel for channel, there in given.items() if there)


def lease(
    session: Session, limit: int = BATCH, *, channels: Iterable[Channel] = tuple(Channel)
) -> Sequence[Letter]:
    """Return ≤ `limit` due letters, claimed for `LEASE`; the caller commits at once, then sends."""
    moment = clock.now()
    rows = session.scalars(
        select(Letter)
        .where(
            Letter.state == LetterState.waiting,
            Letter.channel.in_(list(channels)),
            Letter.next_at <= moment,
            or_(Letter.claimed_until.is_(None), Letter.claimed_until < moment),
        )
        .order_by(Letter.next_at, Letter.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.claimed_until = moment + LEASE
    return rows


def release_all(session: Session) -> None:
    """Give every leased letter back; for the sole worker of an installation as it starts."""
    session.execute(
        update(Letter)
        .where(Letter.claimed_until.is_not(None))
        .values(claimed_until=None)
        .execution_options(synchronize_session=False)
    )


def complete(session: Session, letter_id: uuid.UUID, *, keep_secret: bool = False) -> None:
    """Note that the letter went out and wipe what lets somebody in (the development mailbox keeps it)."""
    values: dict[str, Any] = {"state": LetterState.sent, "sent_at": clock.now(), "claimed_until": None}
    session.execute(update(Letter).where(Letter.id == letter_id).values(**values, last_error=None))
    if not keep_secret:
        _wipe(session, letter_id)


def fail(session: Session, letter_id: uuid.UUID, error: str, *, final: bool = False) -> None:
    """Note a failed attempt: a later try, or the dead letters when `final` or after the last pause."""
    row = session.get(Letter, letter_id)
    if row is None:
        return
    row.attempts, row.claimed_until, row.last_error = row.attempts + 1, None, error[:2000]
    if final or row.attempts > len(PAUSES):
        row.state = LetterState.dead
        if final:
            _wipe(session, letter_id)
    else:
        row.next_at = clock.now() + PAUSES[row.attempts - 1]


def revive(session: Session, letter_id: uuid.UUID) -> bool:
    """Put a dead letter back into the queue; False when it is not dead or its text was wiped."""
    row = session.get(Letter, letter_id)
    if row is None or row.state is not LetterState.dead or not row.text:
        return False
    row.state, row.attempts, row.next_at, row.claimed_until = LetterState.waiting, 0, clock.now(), None
    return True


def backlog(session: Session) -> Backlog:
    """Return how many letters wait and died, and the age of the oldest waiting one; one query."""
    waiting, dead, oldest, oldest_dead = session.execute(
        select(
            func.count().filter(Letter.state == LetterState.waiting),
            func.count().filter(Letter.state == LetterState.dead),
            func.min(Letter.created_at).filter(Letter.state == LetterState.waiting),
            func.min(Letter.created_at).filter(Letter.state == LetterState.dead),
        ).where(Letter.state != LetterState.sent)
    ).one()
    age = int((clock.now() - oldest).total_seconds()) if oldest else 0
    return Backlog(waiting, dead, age, oldest_dead)


def list_dead(session: Session, limit: int = 100) -> Sequence[Letter]:
    """Return the latest dead letters for the staff desk."""
    return session.scalars(
        select(Letter)
        .where(Letter.state == LetterState.dead)
        .order_by(Letter.created_at.desc(), Letter.id)
        .limit(limit)
    ).all()


def list_latest(session: Session, *, to: str | None = None, limit: int = 100) -> Sequence[Letter]:
    """Return the latest letters, newest first, for the development mailbox and tests."""
    query = select(Letter).order_by(Letter.created_at.desc(), Letter.id).limit(limit)
    return session.scalars(query if to is None else query.where(Letter.recipient == to)).all()


def sweep(session: Session) -> None:
    """Give up what is useless by now; delete sent letters after 30 days and dead ones after 90."""
    moment = clock.now()
    session.execute(
        update(Letter)
        .where(Letter.state == LetterState.waiting, Letter.expires_at < moment)
        .values(state=LetterState.dead, last_error="过期未发", text="", html=None, claimed_until=None)
    )
    session.execute(
        delete(Letter).where(
            or_(
                (Letter.state == LetterState.sent) & (Letter.created_at < moment - KEPT),
                (Letter.state == LetterState.dead) & (Letter.created_at < moment - DEAD_KEPT),
            )
        )
    )


def _wipe(session: Session, letter_id: uuid.UUID) -> None:
    session.execute(
        update(Letter).where(Letter.id == letter_id, Letter.secret.is_(True)).values(text="", html=None)
    )
