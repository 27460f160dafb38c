"""What a person reads: messages to them, to their organisations and to their platform roles.

Nothing is copied for each receiver: the three ways of being addressed are looked up by index, and read marks
stand apart. A member sees what came since they joined.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from app.accounts.models import Membership, MembershipState, RoleGrant
from app.core import clock, messages
from app.core.errors import NotFound
from app.core.messages import Message
from app.core.pagination import Paged, PageRequest
from app.core.permissions import Actor, Role
from app.notifications.models import NoticeCursor, NoticeMark, Preference

SHOWN_FOR = timedelta(days=180)
MANY = 100
"""The unread count stops here; the page says 99+."""
GONE = "没有这条通知，或者它不是发给您的"


@dataclass(frozen=True, slots=True)
class Notice:
    message: Message
    unread: bool


def names_of(topic: str) -> list[str]:
    return [item.name for item in messages.announced() if item.topic == topic]


def visible_to(actor: Actor) -> Select[Message]:
    """Select the messages addressed to the person in any of the three ways, of the last 180 days."""
    return select(Message).where(_addressed(actor.user_id), Message.created_at > clock.now() - SHOWN_FOR)


def _addressed(user_id: uuid.UUID | None) -> ColumnElement[bool]:
    for_admins = [item.name for item in messages.announced() if item.admins_only]
    mine = (Membership.user_id == user_id) & (Membership.state == MembershipState.active)
    held = RoleGrant.user_id == user_id
    return or_(
        Message.user_id == user_id,
        and_(
            Message.organisation_id.in_(select(Membership.organisation_id).where(mine)),
            exists().where(
                mine,
                Membership.organisation_id == Message.organisation_id,
                Membership.created_at <= Message.created_at,
                or_(Message.name.not_in(for_admins), Membership.role == Role.organisation_admin),
            ),
        ),
        and_(
            Message.role.in_(select(RoleGrant.role).where(held)),
            exists().where(held, RoleGrant.role == Message.role, RoleGrant.granted_at <= Message.created_at),
        ),
    )


def _unread(user_id: uuid.UUID | None) -> ColumnElement[bool]:
    read_through = select(NoticeCursor.read_through).where(NoticeCursor.user_id == user_id).scalar_subquery()
    return and_(
        or_(read_through.is_(None), Message.created_at > read_through),
        ~exists().where(NoticeMark.user_id == user_id, NoticeMark.message_id == Message.id),
    )


def count_unread(session: Session, actor: Actor) -> int:
    """Return how many notices the person has not read, at most `MANY`; one query."""
    some = visible_to(actor).with_only_columns(Message.id).where(_unread(actor.user_id)).limit(MANY)
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0


def count_unread_by_topic(session: Session, actor: Actor) -> dict[str, int]:
    """Return unread notices by topic; one query."""
    rows = session.execute(
        visible_to(actor)
        .with_only_columns(Message.name, func.count())
        .where(_unread(actor.user_id))
        .group_by(Message.name)
    )
    found: dict[str, int] = {}
    for name, count in rows:
        known = messages.find_announcement(name)
        if known is not None:
            found[known.topic] = found.get(known.topic, 0) + count
    return found


def list_notices(
    session: Session, actor: Actor, request: PageRequest, *, topic: str | None = None
) -> Paged[Notice]:
    """Return a page of notices, unread ones first, then the newest; two queries."""
    query = visible_to(actor)
    if topic is not None:
        query = query.where(Message.name.in_(names_of(topic)))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    unread = case((_unread(actor.user_id), 1), else_=0)
    rows = session.execute(
        query.add_columns(unread)
        .order_by(unread.desc(), Message.created_at.desc(), Message.id)
        .offset(request.offset)
        .limit(request.size)
    )
    return Paged([Notice(row, bool(new)) for row, new in rows], total, request.page, request.size)


def get_message(session: Session, actor: Actor, message_id: uuid.UUID) -> Message:
    """Return one message addressed to the person or raise NotFound."""
    found = session.scalars(visible_to(actor).where(Message.id == message_id)).first()
    if found is None:
        raise NotFound(GONE)
    return found


def latest_moment(session: Session, actor: Actor) -> datetime | None:
    """Return when the newest message to the person was written."""
    return session.scalar(visible_to(actor).with_only_columns(func.max(Message.created_at)))


def find_mark(session: Session, user_id: uuid.UUID, message_id: uuid.UUID) -> NoticeMark | None:
    return session.get(NoticeMark, (user_id, message_id))


def find_cursor(session: Session, user_id: uuid.UUID) -> NoticeCursor | None:
    return session.get(NoticeCursor, user_id)


def list_preferences(session: Session, user_id: uuid.UUID) -> dict[str, Preference]:
    """Return a person's own choices by topic."""
    rows = session.scalars(select(Preference).where(Preference.user_id == user_id))
    return {row.topic: row for row in rows}


def find_preference(session: Session, user_id: uuid.UUID, topic: str) -> Preference | None:
    return session.get(Preference, (user_id, topic))


def list_own_marks(session: Session, user_id: uuid.UUID) -> Sequence[NoticeMark]:
    return session.scalars(
        select(NoticeMark).where(NoticeMark.user_id == user_id).order_by(NoticeMark.read_at)
    ).all()
