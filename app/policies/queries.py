"""Every read of policies; `visible_to` says who sees which."""

import uuid
from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.permissions import Actor
from app.policies.models import Policy, PolicyLevel, PolicyState


def visible_to(actor: Actor) -> Select[Policy]:
    """Select what the actor may read: listed policies, and for staff the withdrawn ones too."""
    query = select(Policy)
    return query if actor.is_staff else query.where(Policy.state == PolicyState.listed)


def list_policies(session: Session, actor: Actor, *, level: PolicyLevel | None = None) -> Sequence[Policy]:
    """Return policies, newest first, undated last."""
    query = visible_to(actor).order_by(Policy.issued_on.desc().nulls_last(), Policy.position)
    if level is not None:
        query = query.where(Policy.level == level)
    return session.scalars(query).all()


def get_policy(session: Session, actor: Actor, slug: str) -> Policy:
    """Return one policy or raise NotFound, also for one that the actor may not see."""
    found = session.scalars(visible_to(actor).where(Policy.slug == slug)).first()
    if found is None:
        raise NotFound("没有这份政策，或者它已撤下")
    return found


def list_by_ids(session: Session, ids: Sequence[uuid.UUID]) -> Sequence[Policy]:
    """Return rows for the index, whatever their state."""
    return session.scalars(select(Policy).where(Policy.id.in_(list(ids)))).all()


def list_visible_by_ids(session: Session, actor: Actor, ids: Sequence[uuid.UUID]) -> Sequence[Policy]:
    """Return those of the hits that the actor may still see."""
    return session.scalars(visible_to(actor).where(Policy.id.in_(list(ids)))).all()


def list_ids(session: Session, *, after: uuid.UUID | None = None, size: int = 1000) -> Sequence[uuid.UUID]:
    """Return ids in their order, the next `size` behind `after`."""
    query = select(Policy.id).order_by(Policy.id).limit(size)
    if after is not None:
        query = query.where(Policy.id > after)
    return session.scalars(query).all()
