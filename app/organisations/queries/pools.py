"""Reads of vendor pools and appeals: who sees which, queues oldest first."""

import uuid
from collections.abc import Sequence

from sqlalchemy import Select, false, func, or_, select
from sqlalchemy.orm import Session, selectinload

from app.core.errors import NotFound
from app.core.permissions import Actor
from app.organisations.models import (
    Appeal,
    AppealState,
    Organisation,
    OrganisationState,
    Pool,
    PoolEntry,
    PoolState,
)
from app.organisations.pools import ALIVE, IN_POOL
from app.organisations.queries.standing import QUEUE, Waiting

TO_DECIDE = (PoolState.applied, PoolState.answered)


def entries_visible_to(actor: Actor) -> Select[PoolEntry]:
    """Select what the actor may see: who is in a pool, all of one's own, and for staff all."""
    query = select(PoolEntry).join(Organisation, Organisation.id == PoolEntry.organisation_id)
    if actor.is_staff:
        return query
    own = actor.organisation_id
    mine = PoolEntry.organisation_id == own if own is not None else false()
    shown = PoolEntry.state.in_(IN_POOL) & (Organisation.state == OrganisationState.verified)
    return query.where(or_(mine, shown))


def get_entry(session: Session, actor: Actor, entry_id: uuid.UUID, *, lock: bool = False) -> PoolEntry:
    """Return an entry with organisation, criteria and steps, or raise NotFound; `lock` until the transaction ends."""
    query = (
        entries_visible_to(actor)
        .where(PoolEntry.id == entry_id)
        .options(
            selectinload(PoolEntry.organisation).selectinload(Organisation.capacities),
            selectinload(PoolEntry.criteria),
            selectinload(PoolEntry.steps),
        )
    )
    if lock:
        query = query.with_for_update(of=PoolEntry).execution_options(populate_existing=True)
    found = session.scalars(query).first()
    if found is None:
        raise NotFound("没有这条入库记录，或者它还没有公开")
    return found


def list_entries(
    session: Session,
    actor: Actor,
    *,
    organisation_id: uuid.UUID | None = None,
    pool: Pool | None = None,
    states: Sequence[PoolState] | None = None,
    limit: int = 500,
) -> Sequence[PoolEntry]:
    """Return the entries that the actor may see, with organisations and criteria, by time of admission."""
    query = entries_visible_to(actor).options(
        selectinload(PoolEntry.organisation), selectinload(PoolEntry.criteria)
    )
    if organisation_id is not None:
        query = query.where(PoolEntry.organisation_id == organisation_id)
    if pool is not None:
        query = query.where(PoolEntry.pool == pool)
    if states is not None:
        query = query.where(PoolEntry.state.in_(list(states)))
    query = query.order_by(PoolEntry.admitted_at, PoolEntry.created_at, PoolEntry.id)
    return session.scalars(query.limit(limit)).all()


def list_members(session: Session, pool: Pool | None = None) -> Sequence[PoolEntry]:
    """Return who is publicly in the pool (or in any): admitted entries of verified organisations."""
    query = (
        select(PoolEntry)
        .join(Organisation, Organisation.id == PoolEntry.organisation_id)
        .where(PoolEntry.state.in_(IN_POOL), Organisation.state == OrganisationState.verified)
        .options(selectinload(PoolEntry.organisation))
        .order_by(PoolEntry.admitted_at, PoolEntry.id)
    )
    if pool is not None:
        query = query.where(PoolEntry.pool == pool)
    return session.scalars(query.limit(500)).all()


def find_alive(session: Session, organisation_id: uuid.UUID, pool: Pool) -> PoolEntry | None:
    query = select(PoolEntry).where(
        PoolEntry.organisation_id == organisation_id, PoolEntry.pool == pool, PoolEntry.state.in_(ALIVE)
    )
    return session.scalars(query).first()


def find_last_ended(session: Session, organisation_id: uuid.UUID, pool: Pool) -> PoolEntry | None:
    """Return the newest entry that was refused or removed."""
    query = (
        select(PoolEntry)
        .where(
            PoolEntry.organisation_id == organisation_id,
            PoolEntry.pool == pool,
            PoolEntry.state.in_((PoolState.refused, PoolState.removed)),
        )
        .order_by(PoolEntry.updated_at.desc(), PoolEntry.id)
    )
    return session.scalars(query).first()


def list_to_decide(session: Session, *, limit: int = QUEUE) -> Sequence[PoolEntry]:
    """Return applications and answers to warnings that wait for staff, oldest change first."""
    query = (
        select(PoolEntry)
        .where(PoolEntry.state.in_(TO_DECIDE))
        .options(selectinload(PoolEntry.organisation))
        .order_by(PoolEntry.updated_at, PoolEntry.id)
        .limit(limit)
    )
    return session.scalars(query).all()


def wait_in_pools(session: Session) -> Waiting:
    count, oldest = session.execute(
        select(func.count(PoolEntry.id), func.min(PoolEntry.updated_at)).where(PoolEntry.state.in_(TO_DECIDE))
    ).one()
    return Waiting(count, oldest)


# --- appeals ----------------------------------------------------------------------------------------------------


def appeals_visible_to(actor: Actor) -> Select[Appeal]:
    """Select what the actor may see: one's own organisation's, and for staff all."""
    query = select(Appeal)
    if actor.is_staff:
        return query
    own = actor.organisation_id
    return query.where(Appeal.organisation_id == own if own is not None else false())


def get_appeal(session: Session, actor: Actor, appeal_id: uuid.UUID) -> Appeal:
    """Return one with its organisation, locked until the transaction ends, or raise NotFound."""
    found = session.scalars(
        appeals_visible_to(actor)
        .where(Appeal.id == appeal_id)
        .options(selectinload(Appeal.organisation).selectinload(Organisation.capacities))
        .with_for_update(of=Appeal)
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise NotFound("没有这件申诉")
    return found


def find_appeal_of(session: Session, subject_id: uuid.UUID) -> Appeal | None:
    return session.scalars(select(Appeal).where(Appeal.subject_id == subject_id)).first()


def find_open_appeal(session: Session, entry_id: uuid.UUID) -> Appeal | None:
    """Return the appeal that waits about an entry of a pool."""
    query = select(Appeal).where(Appeal.entry_id == entry_id, Appeal.state == AppealState.open)
    return session.scalars(query).first()


def list_appeals(
    session: Session,
    actor: Actor,
    *,
    open_only: bool = False,
    organisation_id: uuid.UUID | None = None,
    limit: int = QUEUE,
) -> Sequence[Appeal]:
    """Return the appeals that the actor may see, oldest first."""
    query = appeals_visible_to(actor).options(selectinload(Appeal.organisation))
    if open_only:
        query = query.where(Appeal.state == AppealState.open)
    if organisation_id is not None:
        query = query.where(Appeal.organisation_id == organisation_id)
    return session.scalars(query.order_by(Appeal.created_at, Appeal.id).limit(limit)).all()


def wait_for_appeals(session: Session) -> Waiting:
    count, oldest = session.execute(
        select(func.count(Appeal.id), func.min(Appeal.created_at)).where(Appeal.state == AppealState.open)
    ).one()
    return Waiting(count, oldest)
