"""Who receives a message outside the platform, and what waits for the day's mail."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Membership, MembershipState, RoleGrant, User, UserState
from app.core.messages import Message
from app.notifications.models import Delivery, DeliveryState, DigestItem, Hook, NoticeMark, Preference


def lock_undelivered(session: Session, limit: int) -> Sequence[Message]:
    """Return the oldest messages that nobody has carried out yet, locked."""
    return session.scalars(
        select(Message)
        .where(Message.delivered_at.is_(None))
        .order_by(Message.created_at, Message.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def list_members(session: Session, organisation_ids: Iterable[uuid.UUID]) -> Sequence[Membership]:
    """Return active memberships of these organisations."""
    return session.scalars(
        select(Membership).where(
            Membership.organisation_id.in_(list(organisation_ids)),
            Membership.state == MembershipState.active,
        )
    ).all()


def list_holders(session: Session, roles: Iterable[str]) -> Sequence[RoleGrant]:
    """Return grants of these platform roles."""
    return session.scalars(select(RoleGrant).where(RoleGrant.role.in_(list(roles)))).all()


def list_people(session: Session, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, User]:
    """Return active accounts by id."""
    rows = session.scalars(select(User).where(User.id.in_(list(ids)), User.state == UserState.active))
    return {row.id: row for row in rows}


def list_choices(session: Session, ids: Iterable[uuid.UUID]) -> dict[tuple[uuid.UUID, str], Preference]:
    """Return preferences by person and topic."""
    rows = session.scalars(select(Preference).where(Preference.user_id.in_(list(ids))))
    return {(row.user_id, row.topic): row for row in rows}


def list_live_hooks(session: Session, organisation_ids: Iterable[uuid.UUID]) -> Sequence[Hook]:
    """Return webhooks of these organisations that are switched on."""
    return session.scalars(
        select(Hook).where(Hook.organisation_id.in_(list(organisation_ids)), Hook.disabled_at.is_(None))
    ).all()


def list_due_readers(session: Session, *, before: datetime, limit: int) -> Sequence[uuid.UUID]:
    """Return people whose digest holds something written before the moment."""
    return session.scalars(
        select(DigestItem.user_id).where(DigestItem.created_at < before).distinct().limit(limit)
    ).all()


def lock_digest(session: Session, user_id: uuid.UUID, *, before: datetime) -> Sequence[DigestItem]:
    return session.scalars(
        select(DigestItem)
        .where(DigestItem.user_id == user_id, DigestItem.created_at < before)
        .order_by(DigestItem.created_at)
        .with_for_update(skip_locked=True)
    ).all()


def list_unread_messages(session: Session, user_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> Sequence[Message]:
    """Return those of the messages that the person has not opened one by one, oldest first."""
    read = select(NoticeMark.message_id).where(NoticeMark.user_id == user_id)
    return session.scalars(
        select(Message)
        .where(Message.id.in_(list(ids)), Message.id.not_in(read))
        .order_by(Message.created_at, Message.id)
    ).all()


def lease_deliveries(session: Session, *, moment: datetime, limit: int) -> Sequence[Delivery]:
    """Return due webhook calls that no other worker holds, locked."""
    return session.scalars(
        select(Delivery)
        .where(
            Delivery.state == DeliveryState.waiting,
            Delivery.next_at <= moment,
            (Delivery.claimed_until.is_(None)) | (Delivery.claimed_until < moment),
        )
        .order_by(Delivery.next_at, Delivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
