"""Every read of organisations; `visible_to` says who sees which."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, false, func, or_, select
from sqlalchemy.orm import Session, selectinload

from app.accounts.models import Membership, MembershipState
from app.core import uscc
from app.core.errors import NotFound
from app.core.pagination import Paged, PageRequest
from app.core.permissions import Actor
from app.organisations.models import Organisation, OrganisationState, Verification

QUEUE = 100


def visible_to(actor: Actor) -> Select[Organisation]:
    """Select what the actor may see: verified organisations, one's own, and for staff all."""
    query = select(Organisation)
    if actor.is_staff:
        return query
    own = Organisation.id == actor.organisation_id if actor.organisation_id is not None else false()
    return query.where(or_(Organisation.state == OrganisationState.verified, own))


def get_organisation(session: Session, actor: Actor, organisation_id: uuid.UUID) -> Organisation:
    """Return one with its capacities, or raise NotFound, also for one that the actor may not see."""
    found = session.scalars(
        visible_to(actor)
        .where(Organisation.id == organisation_id)
        .options(selectinload(Organisation.capacities))
    ).first()
    if found is None:
        raise NotFound("没有这家机构，或者它还没有通过核验")
    return found


def get_for_update(session: Session, actor: Actor, organisation_id: uuid.UUID) -> Organisation:
    """Return one as `get_organisation`, its row locked until the transaction ends (editors' and reviewers' race)."""
    found = session.scalars(
        visible_to(actor)
        .where(Organisation.id == organisation_id)
        .options(selectinload(Organisation.capacities))
        .with_for_update(of=Organisation)
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise NotFound("没有这家机构，或者它还没有通过核验")
    return found


def find_own(session: Session, actor: Actor) -> Organisation | None:
    """Return the organisation that the actor acts for, with capacities and rounds of verification."""
    if actor.organisation_id is None:
        return None
    return session.scalars(
        select(Organisation)
        .where(Organisation.id == actor.organisation_id)
        .options(selectinload(Organisation.capacities), selectinload(Organisation.verifications))
    ).first()


def get_own(session: Session, actor: Actor) -> Organisation:
    found = find_own(session, actor)
    if found is None:
        raise NotFound("您还没有登记企业或机构", hint="先登记，或请它的管理员加您")
    return found


def find_by_code(session: Session, credit_code: str) -> Organisation | None:
    """Return the holder of a normalised code, whatever its state."""
    return session.scalars(select(Organisation).where(Organisation.credit_code == credit_code)).first()


@dataclass(frozen=True, slots=True)
class CodeCheck:
    """What is known of a typed credit code; `holder` is who registered it."""

    code: str
    problems: tuple[uscc.Problem, ...]
    holder: Organisation | None

    @property
    def valid(self) -> bool:
        return not self.problems

    @property
    def registered(self) -> bool:
        return self.holder is not None


def check_code(session: Session, text: str) -> CodeCheck:
    """Return the normalised code, every failed check, and its holder here."""
    code, problems = uscc.normalise(text), uscc.find_problems(text)
    return CodeCheck(code, problems, None if problems else find_by_code(session, code))


def list_own(session: Session, actor: Actor) -> Sequence[Organisation]:
    """Return every organisation that the actor may act for, by name."""
    return _of_memberships(session, actor, MembershipState.active)


def list_asked(session: Session, actor: Actor) -> Sequence[Organisation]:
    """Return the organisations that the actor has asked to join and that have not answered."""
    return _of_memberships(session, actor, MembershipState.requested)


def _of_memberships(session: Session, actor: Actor, state: MembershipState) -> Sequence[Organisation]:
    query = (
        select(Organisation)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.user_id == actor.user_id, Membership.state == state)
        .order_by(Organisation.name)
    )
    return session.scalars(query).all()


def count_requests(session: Session, organisation_id: uuid.UUID) -> int:
    """Return how many people wait to be let into the organisation."""
    query = select(func.count(Membership.id)).where(
        Membership.organisation_id == organisation_id, Membership.state == MembershipState.requested
    )
    return session.scalar(query) or 0


def list_by_ids(session: Session, ids: Sequence[uuid.UUID]) -> Sequence[Organisation]:
    """Return organisations with their capacities, whatever their state: for rooms that show their parties."""
    query = (
        select(Organisation)
        .where(Organisation.id.in_(list(ids)))
        .options(selectinload(Organisation.capacities))
    )
    return session.scalars(query).all()


def organisation_names(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Return id → full name."""
    query = select(Organisation.id, Organisation.name).where(Organisation.id.in_(list(ids)))
    return dict(list(session.execute(query)))


def search_organisations(
    session: Session, actor: Actor, *, text: str, state: OrganisationState | None, request: PageRequest
) -> Paged[Organisation]:
    """Return a page of what the actor may see, newest first, by a part of the name or the code."""
    query = visible_to(actor)
    for part in text.split()[:5]:
        query = query.where(
            or_(
                Organisation.name.contains(part, autoescape=True),
                Organisation.short_name.contains(part, autoescape=True),
                Organisation.credit_code.contains(part.upper(), autoescape=True),
            )
        )
    if state is not None:
        query = query.where(Organisation.state == state)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(
        query.options(selectinload(Organisation.capacities))
        .order_by(Organisation.created_at.desc(), Organisation.id)
        .offset(request.offset)
        .limit(request.size)
    ).all()
    return Paged(rows, total, request.page, request.size)


def find_open_verification(session: Session, organisation_id: uuid.UUID) -> Verification | None:
    query = select(Verification).where(
        Verification.organisation_id == organisation_id, Verification.decided_at.is_(None)
    )
    return session.scalars(query).first()


def list_verifications(session: Session, organisation_id: uuid.UUID) -> Sequence[Verification]:
    """Return every round of one organisation, newest first."""
    query = (
        select(Verification)
        .where(Verification.organisation_id == organisation_id)
        .order_by(Verification.submitted_at.desc(), Verification.id)
    )
    return session.scalars(query).all()


def list_queue(session: Session, *, limit: int = QUEUE) -> Sequence[Verification]:
    """Return the open rounds with their organisations, oldest first."""
    query = (
        select(Verification)
        .where(Verification.decided_at.is_(None))
        .options(selectinload(Verification.organisation).selectinload(Organisation.capacities))
        .order_by(Verification.submitted_at, Verification.id)
        .limit(limit)
    )
    return session.scalars(query).all()


def find_next_open(session: Session, after: Verification | None) -> uuid.UUID | None:
    """Return the organisation of the next open round in the queue's order, from its start after its end."""
    query = (
        select(Verification.organisation_id)
        .where(Verification.decided_at.is_(None))
        .order_by(Verification.submitted_at, Verification.id)
        .limit(1)
    )
    if after is not None:
        later = session.scalar(
            query.where(
                or_(
                    Verification.submitted_at > after.submitted_at,
                    and_(Verification.submitted_at == after.submitted_at, Verification.id > after.id),
                )
            )
        )
        if later is not None:
            return later
    return session.scalar(query)


@dataclass(frozen=True, slots=True)
class QueueSummary:
    count: int
    oldest: datetime | None


def summarise_queue(session: Session) -> QueueSummary:
    """Return how many rounds are open and since when the oldest waits, in one query."""
    count, oldest = session.execute(
        select(func.count(Verification.id), func.min(Verification.submitted_at)).where(
            Verification.decided_at.is_(None)
        )
    ).one()
    return QueueSummary(count, oldest)


def list_lookalikes(session: Session, organisation: Organisation) -> Sequence[Organisation]:
    """Return others with the same name, short name or contact number: what a reviewer should compare."""
    same = [Organisation.name == organisation.name]
    if organisation.short_name:
        same.append(Organisation.short_name == organisation.short_name)
    if organisation.contact_mobile:
        same.append(Organisation.contact_mobile == organisation.contact_mobile)
    query = (
        select(Organisation)
        .where(Organisation.id != organisation.id, or_(*same))
        .order_by(Organisation.created_at)
        .limit(10)
    )
    return session.scalars(query).all()
