"""Reads of enquiries; `visible_to` is the one place that says who sees which."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import NotFound
from app.core.pagination import Paged, PageRequest
from app.core.permissions import ORGANISATION_ROLES, Actor
from app.deals.models import Direction, Enquiry, EnquiryEvent
from app.deals.states import ENDED, LIVE, WAITING, EnquiryState

GONE = "没有这条意向，或者您看不到它"
TABS = ("mine", "theirs", "accepted", "ended")


def visible_to(actor: Actor) -> Select[Enquiry]:
    """Select what the actor may see: both sides their own, staff all, everybody else nothing."""
    if actor.is_staff:
        return select(Enquiry)
    return select(Enquiry).where(_own(actor))


def _own(actor: Actor) -> ColumnElement[bool]:
    if actor.organisation_id is None or not actor.roles & ORGANISATION_ROLES:
        return false()
    return or_(Enquiry.sme_id == actor.organisation_id, Enquiry.vendor_id == actor.organisation_id)


def get_enquiry(session: Session, actor: Actor, enquiry_id: uuid.UUID) -> Enquiry:
    """Return one, or raise NotFound, also for one that the actor may not see."""
    found = session.scalars(visible_to(actor).where(Enquiry.id == enquiry_id)).first()
    if found is None:
        raise NotFound(GONE)
    return found


def get_for_change(session: Session, actor: Actor, enquiry_id: uuid.UUID) -> Enquiry:
    """Return one as `get_enquiry`, its row locked until the transaction ends: of two who act at once one is first."""
    found = session.scalars(
        visible_to(actor)
        .where(Enquiry.id == enquiry_id)
        .with_for_update(of=Enquiry)
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise NotFound(GONE)
    return found


def find_locked(session: Session, enquiry_id: uuid.UUID) -> Enquiry | None:
    """Return one, locked, for the system's own steps."""
    return session.scalars(
        select(Enquiry)
        .where(Enquiry.id == enquiry_id)
        .with_for_update(of=Enquiry)
        .execution_options(populate_existing=True)
    ).first()


def find_live(session: Session, pair_key: str) -> Enquiry | None:
    """Return the one live enquiry of this pair, if there is one."""
    return session.scalars(
        select(Enquiry).where(Enquiry.pair_key == pair_key, Enquiry.state.in_(LIVE))
    ).first()


def list_unended_of_need(session: Session, need_id: uuid.UUID) -> Sequence[Enquiry]:
    """Return the need's live enquiries, locked in id order, for the news that it ended."""
    return session.scalars(
        select(Enquiry)
        .where(Enquiry.need_id == need_id, Enquiry.state.in_(LIVE))
        .order_by(Enquiry.id)
        .with_for_update(of=Enquiry)
        .execution_options(populate_existing=True)
    ).all()


def list_of_need(
    session: Session, actor: Actor, need_id: uuid.UUID, *, limit: int = 200
) -> Sequence[Enquiry]:
    """Return what the actor may see of a need's enquiries, the newest first."""
    return session.scalars(
        visible_to(actor)
        .where(Enquiry.need_id == need_id)
        .order_by(Enquiry.created_at.desc(), Enquiry.id)
        .limit(limit)
    ).all()


def list_closing_of_need(session: Session, actor: Actor, need_id: uuid.UUID) -> Sequence[Enquiry]:
    """Return the enquiries of the need that still lack a reason, the oldest first."""
    return session.scalars(
        visible_to(actor)
        .where(Enquiry.need_id == need_id, Enquiry.state == EnquiryState.closing)
        .order_by(Enquiry.created_at, Enquiry.id)
    ).all()


def list_events(session: Session, enquiry_id: uuid.UUID) -> Sequence[EnquiryEvent]:
    """Return the steps of one enquiry, the oldest first."""
    return session.scalars(
        select(EnquiryEvent).where(EnquiryEvent.enquiry_id == enquiry_id).order_by(EnquiryEvent.version)
    ).all()


def _waits_for(organisation_id: uuid.UUID) -> ColumnElement[bool]:
    """Match what the organisation has to act on: requests to it, and reasons that it owes."""
    asked = or_(
        and_(Enquiry.direction == Direction.forward, Enquiry.vendor_id == organisation_id),
        and_(Enquiry.direction == Direction.reverse, Enquiry.sme_id == organisation_id),
    )
    return or_(
        and_(Enquiry.state == EnquiryState.open, asked),
        and_(Enquiry.state == EnquiryState.closing, Enquiry.sme_id == organisation_id),
    )


def _in_tab(actor: Actor, tab: str) -> ColumnElement[bool]:
    if actor.organisation_id is None:
        return false()
    mine = _waits_for(actor.organisation_id)
    return {
        "mine": mine,
        "theirs": and_(Enquiry.state.in_((EnquiryState.open, EnquiryState.closing)), ~mine),
        "accepted": Enquiry.state.in_((EnquiryState.accepted, EnquiryState.chosen)),
        "ended": Enquiry.state.in_([state for state in ENDED if state is not EnquiryState.chosen]),
    }[tab]


def list_tab(session: Session, actor: Actor, tab: str, request: PageRequest) -> Paged[Enquiry]:
    """Return a page of the organisation's enquiries in one tab: what is due first, then the last touched."""
    where = and_(_own(actor), _in_tab(actor, tab))
    total = session.scalar(select(func.count(Enquiry.id)).where(where)) or 0
    waiting = tab in {"mine", "theirs"}
    order = (Enquiry.due_at,) if waiting else (Enquiry.updated_at.desc(),)
    rows = session.scalars(
        select(Enquiry).where(where).order_by(*order, Enquiry.id).offset(request.offset).limit(request.size)
    ).all()
    return Paged(rows, total, request.page, request.size)


def count_tabs(session: Session, actor: Actor) -> dict[str, int]:
    """Return how many enquiries stand in each tab, in one query."""
    sums = [func.coalesce(func.sum(case((_in_tab(actor, tab), 1), else_=0)), 0) for tab in TABS]
    row = session.execute(select(*sums).where(_own(actor))).one()
    return {tab: int(number) for tab, number in zip(TABS, row, strict=True)}


def list_visible(
    session: Session, actor: Actor, *, state: EnquiryState | None, request: PageRequest
) -> Paged[Enquiry]:
    """Return a page of what the actor may see, the newest first."""
    query = visible_to(actor)
    if state is not None:
        query = query.where(Enquiry.state == state)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(
        query.order_by(Enquiry.created_at.desc(), Enquiry.id).offset(request.offset).limit(request.size)
    ).all()
    return Paged(rows, total, request.page, request.size)


def _stuck(before: datetime) -> ColumnElement[bool]:
    """Match what the centre should look at: asked for, or a request that nobody answered since `before`."""
    silent = and_(Enquiry.state == EnquiryState.open, Enquiry.created_at < before)
    return or_(Enquiry.help_asked_at.is_not(None), silent)


def list_stuck(session: Session, before: datetime, *, limit: int = 100) -> Sequence[Enquiry]:
    """Return the enquiries that wait for the centre: those that asked for help first, then the longest silent."""
    return session.scalars(
        select(Enquiry)
        .where(_stuck(before))
        .order_by(Enquiry.help_asked_at.is_(None), Enquiry.help_asked_at, Enquiry.created_at, Enquiry.id)
        .limit(limit)
    ).all()


@dataclass(frozen=True, slots=True)
class StuckSummary:
    count: int
    helps: int
    oldest: datetime | None


def summarise_stuck(session: Session, before: datetime) -> StuckSummary:
    """Return how many wait for the centre, how many of them asked, and since when the oldest, in one query."""
    count, helps, asked, silent = session.execute(
        select(
            func.count(Enquiry.id),
            func.count(Enquiry.help_asked_at),
            func.min(Enquiry.help_asked_at),
            func.min(case((Enquiry.help_asked_at.is_(None), Enquiry.created_at))),
        ).where(_stuck(before))
    ).one()
    return StuckSummary(count, helps, min((at for at in (asked, silent) if at is not None), default=None))


def list_due(session: Session, *, limit: int) -> Sequence[uuid.UUID]:
    """Return the enquiries whose timer has run down, the longest due first."""
    return session.scalars(
        select(Enquiry.id)
        .where(Enquiry.state.in_(WAITING), Enquiry.due_at <= clock.now())
        .order_by(Enquiry.due_at, Enquiry.id)
        .limit(limit)
    ).all()


def list_to_remind(session: Session, *, limit: int) -> Sequence[uuid.UUID]:
    """Return the unanswered enquiries whose reminder is due."""
    return session.scalars(
        select(Enquiry.id)
        .where(Enquiry.state == EnquiryState.open, Enquiry.remind_at <= clock.now())
        .order_by(Enquiry.remind_at, Enquiry.id)
        .limit(limit)
    ).all()


def count_origin(session: Session, origin: str) -> int:
    """Return how many enquiries came from there (`demo`)."""
    return session.scalar(select(func.count(Enquiry.id)).where(Enquiry.origin == origin)) or 0
