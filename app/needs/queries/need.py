"""Every read of needs; `visible_to` is the one place that says who sees which."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, false, func, or_, select
from sqlalchemy.orm import Session, selectinload

from app.core import clock, drafts
from app.core.drafts import Draft
from app.core.errors import NotFound
from app.core.pagination import Paged, PageRequest
from app.core.permissions import Actor
from app.needs import facts
from app.needs.models import Confidentiality, Need, NeedReview, NeedState, ReviewDecision
from app.organisations.models import Organisation, OrganisationState

#: What staff look at: held and waiting ones before publication, the others after it.
STAFF_STATES = (NeedState.held, NeedState.waiting_verification, NeedState.published, NeedState.closed)
GONE = "没有这条需求，或者您看不到它"
START_FORM = "needs.start"
SUSPENDED = select(Organisation.id).where(Organisation.state == OrganisationState.suspended)


def visible_to(actor: Actor) -> Select[Need]:
    """Select what the actor may see.

    One's own organisation sees all of its needs. Staff see what was sent to them or published, never a draft.
    Others see published, unexpired needs as far as their confidentiality allows: everybody the public ones,
    verified vendors, institutions and financiers also those for verified vendors. What a suspended organisation posted
    is hidden from all but itself and staff.
    """
    shown = [Confidentiality.public]
    if "verified_vendor" in actor.audiences:
        shown.append(Confidentiality.verified_vendors)
    open_to_others = and_(
        Need.state == NeedState.published,
        Need.confidentiality.in_(shown),
        or_(Need.expires_at.is_(None), Need.expires_at > clock.now()),
        Need.organisation_id.not_in(SUSPENDED),
    )
    own = Need.organisation_id == actor.organisation_id if actor.organisation_id is not None else false()
    staff = (
        or_(
            Need.state.in_(STAFF_STATES),
            and_(Need.state == NeedState.withdrawn, Need.published_at.is_not(None)),
        )
        if actor.is_staff
        else false()
    )
    return select(Need).where(or_(open_to_others, own, staff))


def get_need(session: Session, actor: Actor, need_id: uuid.UUID) -> Need:
    """Return one with its baselines, or raise NotFound, also for one that the actor may not see."""
    found = session.scalars(
        visible_to(actor).where(Need.id == need_id).options(selectinload(Need.baselines))
    ).first()
    if found is None:
        raise NotFound(GONE)
    return found


def find_need(session: Session, actor: Actor, need_id: uuid.UUID) -> Need | None:
    """Return one if the actor may see it, without its baselines."""
    return session.scalars(visible_to(actor).where(Need.id == need_id)).first()


def get_for_change(session: Session, actor: Actor, need_id: uuid.UUID) -> Need:
    """Return one as `get_need`, its row locked until the transaction ends."""
    found = session.scalars(
        visible_to(actor)
        .where(Need.id == need_id)
        .options(selectinload(Need.baselines))
        .with_for_update(of=Need)
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise NotFound(GONE)
    return found


def get_with_history(session: Session, actor: Actor, need_id: uuid.UUID) -> Need:
    """Return one with its baselines and every decision on it, newest first."""
    found = session.scalars(
        visible_to(actor)
        .where(Need.id == need_id)
        .options(selectinload(Need.baselines), selectinload(Need.reviews))
    ).first()
    if found is None:
        raise NotFound(GONE)
    return found


def list_return_reasons(session: Session, need_id: uuid.UUID) -> list[dict[str, str]]:
    """Return why the need was last returned, each with the gate's line that it concerns (or none)."""
    found = session.scalars(
        select(NeedReview)
        .where(NeedReview.need_id == need_id, NeedReview.decision == ReviewDecision.returned)
        .order_by(NeedReview.at.desc(), NeedReview.id)
        .limit(1)
    ).first()
    return found.reasons if found else []


def get_by_case_number(session: Session, actor: Actor, case_number: str) -> Need:
    found = session.scalars(
        visible_to(actor).where(Need.case_number == case_number).options(selectinload(Need.baselines))
    ).first()
    if found is None:
        raise NotFound(GONE)
    return found


def list_own(session: Session, actor: Actor, request: PageRequest) -> Paged[Need]:
    """Return a page of the organisation's needs, the last touched first."""
    if actor.organisation_id is None:
        return Paged([], 0, request.page, request.size)
    where = Need.organisation_id == actor.organisation_id
    total = session.scalar(select(func.count(Need.id)).where(where)) or 0
    rows = session.scalars(
        select(Need)
        .where(where)
        .options(selectinload(Need.baselines))
        .order_by(Need.updated_at.desc(), Need.id)
        .offset(request.offset)
        .limit(request.size)
    ).all()
    return Paged(rows, total, request.page, request.size)


def list_published(session: Session, actor: Actor, request: PageRequest) -> Paged[Need]:
    """Return a page of published needs that the actor may see, newest first."""
    query = visible_to(actor).where(Need.state == NeedState.published)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(
        query.order_by(Need.published_at.desc(), Need.id).offset(request.offset).limit(request.size)
    ).all()
    return Paged(rows, total, request.page, request.size)


def list_held(session: Session, *, limit: int = 100) -> Sequence[Need]:
    """Return the held needs, the longest waiting first."""
    return session.scalars(
        select(Need).where(Need.state == NeedState.held).order_by(Need.submitted_at, Need.id).limit(limit)
    ).all()


def find_next_held(session: Session) -> uuid.UUID | None:
    """Return the held need that waits longest."""
    return session.scalars(
        select(Need.id).where(Need.state == NeedState.held).order_by(Need.submitted_at, Need.id).limit(1)
    ).first()


@dataclass(frozen=True, slots=True)
class QueueSummary:
    count: int
    oldest: datetime | None


def summarise_held(session: Session) -> QueueSummary:
    """Return how many needs are held and since when the oldest waits, in one query."""
    count, oldest = session.execute(
        select(func.count(Need.id), func.min(Need.submitted_at)).where(Need.state == NeedState.held)
    ).one()
    return QueueSummary(count, oldest)


def count_own_by_state(session: Session, actor: Actor) -> dict[NeedState, int]:
    """Return how many needs the organisation has in each state, in one query."""
    if actor.organisation_id is None:
        return {}
    query = (
        select(Need.state, func.count(Need.id))
        .where(Need.organisation_id == actor.organisation_id)
        .group_by(Need.state)
    )
    return dict(list(session.execute(query)))


def count_open_drafts(session: Session, organisation_id: uuid.UUID) -> int:
    query = select(func.count(Need.id)).where(
        Need.organisation_id == organisation_id, Need.state == NeedState.draft
    )
    return session.scalar(query) or 0


def list_waiting_of(session: Session, organisation_id: uuid.UUID) -> Sequence[Need]:
    """Return, locked, the needs that wait for their organisation's verification."""
    return session.scalars(
        select(Need)
        .where(Need.organisation_id == organisation_id, Need.state == NeedState.waiting_verification)
        .order_by(Need.id)
        .options(selectinload(Need.baselines))
        .with_for_update(of=Need)
    ).all()


def list_suspended(session: Session, organisation_ids: Sequence[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Return those of the organisations that are suspended."""
    return frozenset(session.scalars(SUSPENDED.where(Organisation.id.in_(list(organisation_ids)))))


def list_ids_of_organisation(session: Session, organisation_id: uuid.UUID) -> Sequence[uuid.UUID]:
    return session.scalars(select(Need.id).where(Need.organisation_id == organisation_id)).all()


def find_published(session: Session, need_id: uuid.UUID) -> Need | None:
    """Return the need, locked, if it is published, for the job that ends it."""
    return session.scalars(
        select(Need).where(Need.id == need_id, Need.state == NeedState.published).with_for_update()
    ).first()


def list_by_ids(session: Session, ids: Sequence[uuid.UUID]) -> Sequence[Need]:
    """Return rows for the index, whatever their state."""
    return session.scalars(select(Need).where(Need.id.in_(list(ids)))).all()


def list_existing_ids(session: Session, ids: Sequence[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Return those of the ids that are needs."""
    return frozenset(session.scalars(select(Need.id).where(Need.id.in_(list(ids)))))


def list_visible_by_ids(session: Session, actor: Actor, ids: Sequence[uuid.UUID]) -> Sequence[Need]:
    """Return those of the hits that the actor may still see."""
    return session.scalars(visible_to(actor).where(Need.id.in_(list(ids)))).all()


def list_ids(session: Session, *, after: uuid.UUID | None, size: int) -> Sequence[uuid.UUID]:
    """Return the next ids in their order, for rebuilds and the drift check."""
    query = select(Need.id).order_by(Need.id).limit(size)
    if after is not None:
        query = query.where(Need.id > after)
    return session.scalars(query).all()


def load_need_facts(session: Session, actor: Actor, need_id: uuid.UUID) -> facts.NeedFacts:
    """Return what matching may know of a need that the actor may see; else raise NotFound."""
    found = session.scalars(visible_to(actor).where(Need.id == need_id)).first()
    if found is None:
        raise NotFound(GONE)
    return facts.facts_of(found, clock.today())


def find_typed(session: Session, *, owner: str, need_id: uuid.UUID, step: str) -> Draft | None:
    """Return what was typed on a step's form and not yet sent, if anything."""
    return drafts.find(session, owner=owner, form=f"needs.edit.{step}", object_id=need_id)


def find_started(session: Session, *, owner: str) -> Draft | None:
    """Return the sentence with which a visitor or a new account began, if it waits."""
    return drafts.find(session, owner=owner, form=START_FORM)
