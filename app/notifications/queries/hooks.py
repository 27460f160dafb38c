"""An organisation's webhooks with their log of calls."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.pagination import Paged, PageRequest
from app.core.permissions import Actor
from app.notifications.models import Delivery, DeliveryState, Hook

GONE = "没有这个推送地址"


def visible_to(actor: Actor) -> Select[Hook]:
    """Select the webhooks of the organisation that the actor acts for."""
    return select(Hook).where(Hook.organisation_id == actor.organisation_id)


def list_hooks(session: Session, actor: Actor) -> Sequence[Hook]:
    return session.scalars(visible_to(actor).order_by(Hook.created_at, Hook.id)).all()


def count_hooks(session: Session, actor: Actor) -> int:
    return session.scalar(select(func.count()).select_from(visible_to(actor).subquery())) or 0


def get_hook(session: Session, actor: Actor, hook_id: uuid.UUID) -> Hook:
    found = session.scalars(visible_to(actor).where(Hook.id == hook_id)).first()
    if found is None:
        raise NotFound(GONE)
    return found


def find_hook(session: Session, hook_id: uuid.UUID) -> Hook | None:
    return session.get(Hook, hook_id)


def find_by_url(session: Session, actor: Actor, url: str) -> Hook | None:
    return session.scalars(visible_to(actor).where(Hook.url == url)).first()


def list_deliveries(
    session: Session, actor: Actor, hook_id: uuid.UUID, request: PageRequest
) -> Paged[Delivery]:
    """Return the log of a webhook, newest first."""
    query = select(Delivery).where(
        Delivery.hook_id.in_(visible_to(actor).with_only_columns(Hook.id)), Delivery.hook_id == hook_id
    )
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(
        query.order_by(Delivery.created_at.desc(), Delivery.id).offset(request.offset).limit(request.size)
    ).all()
    return Paged(rows, total, request.page, request.size)


def get_delivery(session: Session, actor: Actor, delivery_id: uuid.UUID) -> Delivery:
    """Return one call of the actor's organisation or raise NotFound."""
    found = session.scalars(
        select(Delivery)
        .where(Delivery.id == delivery_id)
        .where(Delivery.hook_id.in_(visible_to(actor).with_only_columns(Hook.id)))
    ).first()
    if found is None:
        raise NotFound("没有这条推送记录")
    return found


def list_ended_deliveries(session: Session, *, before: datetime, limit: int) -> Sequence[Delivery]:
    return session.scalars(
        select(Delivery)
        .where(Delivery.state != DeliveryState.waiting, Delivery.created_at < before)
        .limit(limit)
    ).all()
