"""Reads of size, qualifications and claims: who sees which, queues oldest first, what is due."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from sqlalchemy import Select, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session, aliased, selectinload

from app.accounts.models import Membership, MembershipState, User, UserState
from app.core import clock
from app.core.errors import NotFound
from app.core.pagination import Paged, PageRequest
from app.core.permissions import Actor, Role
from app.organisations.models import (
    ClaimState,
    Organisation,
    OrganisationClaim,
    OrganisationState,
    Origin,
    Qualification,
    QualificationState,
    SizeDeclaration,
)

QUEUE = 100


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many wait and since when the oldest does."""

    count: int
    oldest: datetime | None


# --- size -------------------------------------------------------------------------------------------------------


def list_sizes(session: Session, organisation_id: uuid.UUID) -> Sequence[SizeDeclaration]:
    """Return every declaration of one organisation, newest first; callers show revenue to itself and staff only."""
    query = (
        select(SizeDeclaration)
        .where(SizeDeclaration.organisation_id == organisation_id)
        .order_by(SizeDeclaration.declared_at.desc(), SizeDeclaration.id)
        .limit(20)
    )
    return session.scalars(query).all()


def latest_sizes(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, SizeDeclaration]:
    """Return organisation → its newest declaration."""
    later = aliased(SizeDeclaration)
    query = select(SizeDeclaration).where(
        SizeDeclaration.organisation_id.in_(list(ids)),
        ~exists().where(
            later.organisation_id == SizeDeclaration.organisation_id,
            later.declared_at > SizeDeclaration.declared_at,
        ),
    )
    return {row.organisation_id: row for row in session.scalars(query)}


# --- qualifications ---------------------------------------------------------------------------------------------


def qualifications_visible_to(actor: Actor) -> Select[Qualification]:
    """Select what the actor may see: confirmed ones of visible organisations, all of one's own, for staff all."""
    query = select(Qualification).join(Organisation, Organisation.id == Qualification.organisation_id)
    if actor.is_staff:
        return query
    own = actor.organisation_id
    mine = Qualification.organisation_id == own if own is not None else false()
    shown = (Qualification.state == QualificationState.confirmed) & (
        Organisation.state == OrganisationState.verified
    )
    return query.where(or_(mine, shown))


def list_qualifications(
    session: Session, actor: Actor, organisation_id: uuid.UUID, *, confirmed_only: bool = False
) -> Sequence[Qualification]:
    """Return an organisation's qualifications that the actor may see, newest first."""
    query = qualifications_visible_to(actor).where(Qualification.organisation_id == organisation_id)
    if confirmed_only:
        query = query.where(Qualification.state == QualificationState.confirmed)
    return session.scalars(query.order_by(Qualification.created_at.desc(), Qualification.id).limit(50)).all()


def get_qualification(session: Session, actor: Actor, qualification_id: uuid.UUID) -> Qualification:
    """Return one with its organisation, locked until the transaction ends, or raise NotFound."""
    found = session.scalars(
        qualifications_visible_to(actor)
        .where(Qualification.id == qualification_id)
        .options(selectinload(Qualification.organisation))
        .with_for_update(of=Qualification)
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise NotFound("没有这一项资质")
    return found


def list_claimed(session: Session, actor: Actor, *, limit: int = QUEUE) -> Sequence[Qualification]:
    """Return the qualifications that wait for the centre, oldest first."""
    query = (
        qualifications_visible_to(actor)
        .where(Qualification.state == QualificationState.claimed)
        .options(selectinload(Qualification.organisation))
        .order_by(Qualification.created_at, Qualification.id)
        .limit(limit)
    )
    return session.scalars(query).all()


def search_qualifications(
    session: Session, actor: Actor, *, state: QualificationState | None, request: PageRequest
) -> Paged[Qualification]:
    """Return a page of all qualifications with their organisations, newest first."""
    query = qualifications_visible_to(actor)
    if state is not None:
        query = query.where(Qualification.state == state)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(
        query.options(selectinload(Qualification.organisation))
        .order_by(Qualification.created_at.desc(), Qualification.id)
        .offset(request.offset)
        .limit(request.size)
    ).all()
    return Paged(rows, total, request.page, request.size)


def wait_for_confirmation(session: Session) -> Waiting:
    return _waiting(
        session,
        select(func.count(Qualification.id), func.min(Qualification.created_at)).where(
            Qualification.state == QualificationState.claimed
        ),
    )


def list_ending(
    session: Session, *, today: date, steps: Sequence[int], limit: int = 200
) -> Sequence[Qualification]:
    """Return confirmed qualifications that have reached a step (days before the end) not told of yet, soonest first."""
    ends, told = Qualification.valid_to, Qualification.reminded
    due = [and_(told.is_(None), ends <= today + timedelta(days=steps[0]))]
    for step, following in pairwise(steps):
        due.append(and_(told == step, ends <= today + timedelta(days=following)))
    due.append(and_(told == steps[-1], ends < today))
    query = (
        select(Qualification)
        .where(Qualification.state == QualificationState.confirmed, ends.is_not(None), or_(*due))
        .order_by(ends, Qualification.id)
        .limit(limit)
    )
    return session.scalars(query).all()


# --- claims and organisations without an admin ------------------------------------------------------------------


def claims_visible_to(actor: Actor) -> Select[OrganisationClaim]:
    """Select what the actor may see: what one wrote oneself, and for staff all. The accused never reads it."""
    query = select(OrganisationClaim)
    if actor.is_staff:
        return query
    if actor.user_id is None:
        return query.where(false())
    return query.where(OrganisationClaim.claimant_id == actor.user_id)


def get_claim(session: Session, actor: Actor, claim_id: uuid.UUID) -> OrganisationClaim:
    """Return one with its organisation, locked until the transaction ends, or raise NotFound."""
    found = session.scalars(
        claims_visible_to(actor)
        .where(OrganisationClaim.id == claim_id)
        .options(selectinload(OrganisationClaim.organisation).selectinload(Organisation.capacities))
        .with_for_update(of=OrganisationClaim)
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise NotFound("没有这件事，或者不是您提的")
    return found


def list_claims(
    session: Session, actor: Actor, *, open_only: bool = False, limit: int = QUEUE
) -> Sequence[OrganisationClaim]:
    """Return the claims that the actor may see: the open ones oldest first, else all newest first."""
    query = claims_visible_to(actor).options(selectinload(OrganisationClaim.organisation))
    if open_only:
        query = query.where(OrganisationClaim.state == ClaimState.open).order_by(
            OrganisationClaim.created_at, OrganisationClaim.id
        )
    else:
        query = query.order_by(OrganisationClaim.created_at.desc(), OrganisationClaim.id)
    return session.scalars(query.limit(limit)).all()


def find_open_claim(
    session: Session, user_id: uuid.UUID, organisation_id: uuid.UUID
) -> OrganisationClaim | None:
    query = select(OrganisationClaim).where(
        OrganisationClaim.claimant_id == user_id,
        OrganisationClaim.organisation_id == organisation_id,
        OrganisationClaim.state == ClaimState.open,
    )
    return session.scalars(query).first()


def wait_for_claims(session: Session) -> Waiting:
    return _waiting(
        session,
        select(func.count(OrganisationClaim.id), func.min(OrganisationClaim.created_at)).where(
            OrganisationClaim.state == ClaimState.open
        ),
    )


def _without_admin() -> Select[Organisation]:
    """Select registered organisations that nobody can act for as an admin: none left, or all switched off."""
    held = exists().where(
        Membership.organisation_id == Organisation.id,
        Membership.state == MembershipState.active,
        Membership.role == Role.organisation_admin,
        User.id == Membership.user_id,
        User.state == UserState.active,
    )
    return select(Organisation).where(Organisation.origin == Origin.registered, ~held)


def list_without_admin(session: Session, *, limit: int = QUEUE) -> Sequence[Organisation]:
    """Return organisations without an admin, oldest change first."""
    query = _without_admin().order_by(Organisation.updated_at, Organisation.id).limit(limit)
    return session.scalars(query).all()


def lacks_admin(session: Session, organisation_id: uuid.UUID) -> bool:
    """Return whether nobody can act for a registered organisation as its admin."""
    return session.scalar(_without_admin().where(Organisation.id == organisation_id)) is not None


def list_candidates(session: Session, ids: Sequence[uuid.UUID]) -> Sequence[Membership]:
    """Return the members and applicants of organisations whom staff may appoint, with their people."""
    query = (
        select(Membership)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.organisation_id.in_(list(ids)),
            Membership.state.in_((MembershipState.active, MembershipState.requested)),
            User.state == UserState.active,
        )
        .options(selectinload(Membership.user))
        .order_by(Membership.created_at, Membership.id)
    )
    return session.scalars(query).all()


def wait_for_admin(session: Session) -> Waiting:
    rows = _without_admin().subquery()
    return _waiting(session, select(func.count(rows.c.id), func.min(rows.c.updated_at)))


def _waiting(session: Session, query: Select[int, datetime | None]) -> Waiting:
    count, oldest = session.execute(query).one()
    return Waiting(count, oldest)


def is_over(row: Qualification, today: date | None = None) -> bool:
    """Return whether a qualification's last day has passed."""
    return row.valid_to is not None and row.valid_to < (today or clock.today())
