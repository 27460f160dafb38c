"""Reads of 共性需求: who may see which group, who of it may be named, what its joined firms say in sum."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, selectinload

from app.core import clock
from app.core.errors import NotFound
from app.core.pagination import Paged, PageRequest
from app.core.permissions import Actor
from app.needs.models import (
    Confidentiality,
    GroupState,
    MemberState,
    Need,
    NeedGroup,
    NeedGroupMember,
    NeedState,
)
from app.needs.queries.need import SUSPENDED

LEAST_SHOWN = 3
GROUP_GONE = "没有这一组，或者您看不到它"


def _stands() -> ColumnElement[bool]:
    """Whether a need may take part at all: public, published, in time, of a firm in good standing."""
    return and_(
        Need.state == NeedState.published,
        Need.confidentiality == Confidentiality.public,
        or_(Need.expires_at.is_(None), Need.expires_at > clock.now()),
        Need.organisation_id.not_in(SUSPENDED),
    )


def groups_for(actor: Actor) -> Select[NeedGroup]:
    """Select the groups that the actor may see: open ones everybody, all of them staff; a closed one the firms once asked."""
    query = select(NeedGroup)
    if actor.is_staff:
        return query
    shown = NeedGroup.state == GroupState.open
    if actor.organisation_id is not None:
        mine = exists().where(
            NeedGroupMember.group_id == NeedGroup.id,
            NeedGroupMember.organisation_id == actor.organisation_id,
            NeedGroupMember.invited_at.is_not(None),
        )
        shown = or_(shown, and_(NeedGroup.state == GroupState.closed, mine))
    return query.where(shown)


def get_group(session: Session, actor: Actor, group_id: uuid.UUID) -> NeedGroup:
    """Return one, or raise NotFound, also for one that the actor may not see."""
    found = session.scalars(groups_for(actor).where(NeedGroup.id == group_id)).first()
    if found is None:
        raise NotFound(GROUP_GONE)
    return found


def get_group_for_change(session: Session, actor: Actor, group_id: uuid.UUID) -> NeedGroup:
    """Return one with its members, its row locked until the transaction ends."""
    found = session.scalars(
        groups_for(actor)
        .where(NeedGroup.id == group_id)
        .options(selectinload(NeedGroup.members))
        .with_for_update(of=NeedGroup)
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise NotFound(GROUP_GONE)
    return found


@dataclass(frozen=True, slots=True)
class GroupMember:
    """A standing member with its need, for staff and the machine; never shown to others as it is."""

    member: NeedGroupMember
    need: Need


def list_members(session: Session, group_id: uuid.UUID) -> list[GroupMember]:
    """Return the group's members whose needs stand, in the order of the needs' case numbers."""
    query = (
        select(NeedGroupMember, Need)
        .join(Need, Need.id == NeedGroupMember.need_id)
        .where(NeedGroupMember.group_id == group_id, NeedGroupMember.ended_at.is_(None), _stands())
        .order_by(Need.case_number)
    )
    return [GroupMember(member, need) for member, need in session.execute(query)]


def list_joined(session: Session, group_id: uuid.UUID) -> list[GroupMember]:
    """Return those whose firms agreed to be named, and whose needs stand."""
    return [row for row in list_members(session, group_id) if row.member.state is MemberState.joined]


def list_own_members(session: Session, actor: Actor, group_id: uuid.UUID) -> list[GroupMember]:
    """Return the actor's own firm's places in the group, once it was asked."""
    if actor.organisation_id is None:
        return []
    query = (
        select(NeedGroupMember, Need)
        .join(Need, Need.id == NeedGroupMember.need_id)
        .where(
            NeedGroupMember.group_id == group_id,
            NeedGroupMember.organisation_id == actor.organisation_id,
            NeedGroupMember.invited_at.is_not(None),
            NeedGroupMember.ended_at.is_(None),
        )
        .order_by(Need.case_number)
    )
    return [GroupMember(member, need) for member, need in session.execute(query)]


def count_joined(session: Session, group_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Return how many firms joined each of these groups, in one query."""
    query = (
        select(NeedGroupMember.group_id, func.count(NeedGroupMember.organisation_id.distinct()))
        .join(Need, Need.id == NeedGroupMember.need_id)
        .where(
            NeedGroupMember.group_id.in_(list(group_ids)),
            NeedGroupMember.state == MemberState.joined,
            NeedGroupMember.ended_at.is_(None),
            _stands(),
        )
        .group_by(NeedGroupMember.group_id)
    )
    return dict(list(session.execute(query)))


def count_members(session: Session, group_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Return how many firms each of these groups has, asked or not, in one query; for staff."""
    query = (
        select(NeedGroupMember.group_id, func.count(NeedGroupMember.organisation_id.distinct()))
        .where(NeedGroupMember.group_id.in_(list(group_ids)), NeedGroupMember.ended_at.is_(None))
        .group_by(NeedGroupMember.group_id)
    )
    return dict(list(session.execute(query)))


def list_open_groups(session: Session, actor: Actor, request: PageRequest) -> Paged[NeedGroup]:
    """Return a page of the open groups, the newest first."""
    query = groups_for(actor).where(NeedGroup.state == GroupState.open)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(
        query.order_by(NeedGroup.confirmed_at.desc(), NeedGroup.id).offset(request.offset).limit(request.size)
    ).all()
    return Paged(rows, total, request.page, request.size)


def list_groups(session: Session, *, state: GroupState, limit: int = 200) -> Sequence[NeedGroup]:
    """Return the groups in a state for the staff's desk, the oldest first."""
    query = select(NeedGroup).where(NeedGroup.state == state).order_by(NeedGroup.created_at, NeedGroup.id)
    return session.scalars(query.limit(limit)).all()


def summarise_suggested(session: Session) -> tuple[int, datetime | None]:
    """Return how many suggestions wait for staff and since when the oldest does, in one query."""
    query = select(func.count(NeedGroup.id), func.min(NeedGroup.created_at)).where(
        NeedGroup.state == GroupState.suggested
    )
    count, since = session.execute(query).one()
    return count, since


def list_groupable(session: Session, *, limit: int = 2000) -> Sequence[Need]:
    """Return the newest needs that may take part and stand in no live group."""
    taken = exists().where(NeedGroupMember.need_id == Need.id, NeedGroupMember.ended_at.is_(None))
    query = select(Need).where(_stands(), ~taken).order_by(Need.published_at.desc(), Need.id).limit(limit)
    return session.scalars(query).all()


def list_fingerprints(session: Session, fingerprints: Sequence[str]) -> frozenset[str]:
    """Return those of the fingerprints that were suggested before."""
    query = select(NeedGroup.fingerprint).where(NeedGroup.fingerprint.in_(list(fingerprints)))
    return frozenset(session.scalars(query))


def list_live_memberships(session: Session, need_id: uuid.UUID) -> Sequence[NeedGroupMember]:
    """Return, locked, the places that a need holds in groups."""
    return session.scalars(
        select(NeedGroupMember)
        .where(NeedGroupMember.need_id == need_id, NeedGroupMember.ended_at.is_(None))
        .with_for_update()
    ).all()


def find_shown_group(session: Session, actor: Actor, need: Need) -> tuple[NeedGroup, NeedGroupMember] | None:
    """Return the open group of a need for its own firm once asked; for others only when that firm joined."""
    query = (
        select(NeedGroup, NeedGroupMember)
        .join(NeedGroupMember, NeedGroupMember.group_id == NeedGroup.id)
        .where(
            NeedGroupMember.need_id == need.id,
            NeedGroupMember.ended_at.is_(None),
            NeedGroup.state == GroupState.open,
        )
    )
    if actor.organisation_id is not None and actor.organisation_id == need.organisation_id:
        query = query.where(NeedGroupMember.invited_at.is_not(None))
    elif not actor.is_staff:
        query = query.where(NeedGroupMember.state == MemberState.joined, _stands()).join(
            Need, Need.id == NeedGroupMember.need_id
        )
        if "verified_vendor" not in actor.audiences:
            return None
    found = session.execute(query.limit(1)).first()
    return (found[0], found[1]) if found else None
