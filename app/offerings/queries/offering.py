"""Every read of offerings; `visible_to` says who sees which."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, String, and_, case, cast, false, func, or_, select
from sqlalchemy.orm import Session, selectinload

from app.core.errors import NotFound
from app.core.pagination import Paged, PageRequest
from app.core.permissions import Actor
from app.offerings import pricing
from app.offerings.facts import CaseFacts, ComponentFacts, OfferingFacts, PackageFacts
from app.offerings.models import (
    Offering,
    OfferingKind,
    OfferingReport,
    OfferingState,
    Package,
    ReportState,
)
from app.organisations.models import Organisation, OrganisationState

QUEUE = 100
GONE = "没有这项供给，或者它已下架"
SUSPENDED = select(Organisation.id).where(Organisation.state == OrganisationState.suspended)
PUBLIC = and_(
    Offering.state == OfferingState.listed,
    Offering.expired_at.is_(None),
    Offering.organisation_id.not_in(SUSPENDED),
)
STAFF_STATES = (OfferingState.submitted, OfferingState.listed, OfferingState.returned)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # "is not null" in words that an index understands
WAITING = or_(
    Offering.state == OfferingState.submitted,
    and_(Offering.state == OfferingState.listed, Offering.pending_submitted_at > LONG_AGO),
)


def visible_to(actor: Actor) -> Select[Offering]:
    """Select what the actor may see: listed offerings that have not run out and all of one's own organisation.

    Staff also see what was handed to them or listed once, never what nobody submitted. What a suspended
    organisation listed is hidden from the public.
    """
    own = Offering.organisation_id == actor.organisation_id if actor.organisation_id else false()
    staff = (
        or_(Offering.state.in_(STAFF_STATES), Offering.listed_at.is_not(None)) if actor.is_staff else false()
    )
    return select(Offering).where(or_(PUBLIC, own, staff))


def with_children(query: Select[Offering]) -> Select[Offering]:
    """Load packages, components and cases with the rows."""
    return query.options(
        selectinload(Offering.packages).selectinload(Package.components), selectinload(Offering.cases)
    )


def get_offering(session: Session, actor: Actor, offering_id: uuid.UUID) -> Offering:
    """Return one with packages, components and cases, or raise NotFound, also when it is not visible."""
    found = session.scalars(with_children(visible_to(actor)).where(Offering.id == offering_id)).first()
    if found is None:
        raise NotFound(GONE)
    return found


def get_for_update(session: Session, actor: Actor, offering_id: uuid.UUID) -> Offering:
    """Return one with its children and the row locked until the transaction ends (editors' race)."""
    locked = visible_to(actor).where(Offering.id == offering_id).with_for_update(of=Offering)
    found = session.scalars(with_children(locked).execution_options(populate_existing=True)).first()
    if found is None:
        raise NotFound(GONE)
    return found


def get_with_reviews(session: Session, actor: Actor, offering_id: uuid.UUID) -> Offering:
    """Return one with children and its review history."""
    query = with_children(visible_to(actor)).options(selectinload(Offering.reviews))
    found = session.scalars(query.where(Offering.id == offering_id)).first()
    if found is None:
        raise NotFound(GONE)
    return found


@dataclass(frozen=True, slots=True)
class OfferingFilter:
    """What a list may be narrowed by; empty fields do not narrow."""

    text: str = ""
    kind: OfferingKind | None = None
    scenario: str = ""
    pain_point: str = ""
    industry: str = ""
    organisation_id: uuid.UUID | None = None
    days_max: int | None = None


def has_code(column: Any, code: str) -> Any:
    """Match a code in a JSON list; codes hold neither quotes nor wildcards (the schema's pattern says so)."""
    return cast(column, String).contains(f'"{code}"', autoescape=True)


def narrowed(query: Select[Any], wanted: OfferingFilter) -> Select[Any]:
    """Add the filter's conditions; also the whole of the simplified search (LIKE on title and summary)."""
    for part in wanted.text.split()[:5]:
        query = query.where(
            or_(
                Offering.title.contains(part, autoescape=True),
                Offering.summary.contains(part, autoescape=True),
                Offering.body.contains(part, autoescape=True),
            )
        )
    if wanted.kind is not None:
        query = query.where(Offering.kind == wanted.kind)
    if wanted.scenario:
        query = query.where(has_code(Offering.scenario_codes, wanted.scenario))
    if wanted.pain_point:
        query = query.where(has_code(Offering.pain_point_codes, wanted.pain_point))
    if wanted.industry:
        codes = [wanted.industry[:length] for length in (3, 4, 5) if length <= len(wanted.industry)]
        anywhere = cast(Offering.industry_codes, String) == "[]"
        query = query.where(or_(anywhere, *(has_code(Offering.industry_codes, code) for code in codes)))
    if wanted.organisation_id is not None:
        query = query.where(Offering.organisation_id == wanted.organisation_id)
    if wanted.days_max is not None:
        query = query.where(Offering.go_live_days <= wanted.days_max)
    return query


def list_offerings(
    session: Session, actor: Actor, *, wanted: OfferingFilter, request: PageRequest
) -> Paged[Offering]:
    """Return a page of listed offerings with packages and cases, newest listing first."""
    query = narrowed(visible_to(actor).where(PUBLIC), wanted)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(
        with_children(query)
        .order_by(Offering.listed_at.desc(), Offering.id)
        .offset(request.offset)
        .limit(request.size)
    ).all()
    return Paged(rows, total, request.page, request.size)


def list_own(
    session: Session, actor: Actor, *, state: OfferingState | None, request: PageRequest
) -> Paged[Offering]:
    """Return a page of the actor's organisation's offerings, last changed first."""
    own = Offering.organisation_id == actor.organisation_id if actor.organisation_id else false()
    query = select(Offering).where(own)
    if state is not None:
        query = query.where(Offering.state == state)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(
        query.options(selectinload(Offering.packages))
        .order_by(Offering.updated_at.desc(), Offering.id)
        .offset(request.offset)
        .limit(request.size)
    ).all()
    return Paged(rows, total, request.page, request.size)


def count_own_by_state(session: Session, actor: Actor) -> dict[OfferingState, int]:
    if actor.organisation_id is None:
        return {}
    query = (
        select(Offering.state, func.count())
        .where(Offering.organisation_id == actor.organisation_id)
        .group_by(Offering.state)
    )
    return dict(list(session.execute(query)))


def list_by_ids(session: Session, ids: Sequence[uuid.UUID]) -> Sequence[Offering]:
    """Return offerings with children, whatever their state, in no order."""
    return session.scalars(with_children(select(Offering)).where(Offering.id.in_(list(ids)))).all()


def list_visible_by_ids(session: Session, actor: Actor, ids: Sequence[uuid.UUID]) -> Sequence[Offering]:
    """Return those of the hits that the actor may still see, with packages and cases."""
    return session.scalars(with_children(visible_to(actor)).where(Offering.id.in_(list(ids)))).all()


def list_ids(session: Session, *, after: uuid.UUID | None = None, size: int = 1000) -> Sequence[uuid.UUID]:
    """Return ids in their order, the next `size` behind `after`."""
    query = select(Offering.id).order_by(Offering.id).limit(size)
    if after is not None:
        query = query.where(Offering.id > after)
    return session.scalars(query).all()


def list_ids_of_organisation(session: Session, organisation_id: uuid.UUID) -> Sequence[uuid.UUID]:
    return session.scalars(select(Offering.id).where(Offering.organisation_id == organisation_id)).all()


def list_listed_ids(session: Session) -> Sequence[uuid.UUID]:
    """Return the ids of everything listed, for matching over the whole supply side."""
    query = select(Offering.id).where(PUBLIC).order_by(Offering.id)
    return session.scalars(query).all()


def list_organisations(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Organisation]:
    """Return the vendors of a list by id, in one query."""
    query = select(Organisation).where(Organisation.id.in_(set(ids)))
    return {row.id: row for row in session.scalars(query)}


_SINCE = case(
    (Offering.state == OfferingState.submitted, Offering.submitted_at), else_=Offering.pending_submitted_at
)


def list_queue(session: Session, *, limit: int = QUEUE) -> Sequence[Offering]:
    """Return what waits for a decision with packages and reviews, oldest submission first."""
    query = (
        select(Offering)
        .where(WAITING)
        .options(selectinload(Offering.packages), selectinload(Offering.reviews))
        .order_by(_SINCE, Offering.id)
        .limit(limit)
    )
    return session.scalars(query).all()


@dataclass(frozen=True, slots=True)
class QueueSummary:
    count: int
    oldest: datetime | None
    reports: int


def summarise_queue(session: Session) -> QueueSummary:
    """Return how many offerings and reports wait and since when the oldest offering does, in two queries."""
    count, oldest = session.execute(select(func.count(Offering.id), func.min(_SINCE)).where(WAITING)).one()
    reports = session.scalar(
        select(func.count(OfferingReport.id)).where(OfferingReport.state == ReportState.open)
    )
    return QueueSummary(count, oldest, reports or 0)


def list_reports(
    session: Session, *, state: ReportState | None, request: PageRequest
) -> Paged[OfferingReport]:
    """Return a page of reports with their offerings, the oldest open ones first."""
    query = select(OfferingReport)
    if state is not None:
        query = query.where(OfferingReport.state == state)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(
        query.options(selectinload(OfferingReport.offering))
        .order_by(OfferingReport.created_at, OfferingReport.id)
        .offset(request.offset)
        .limit(request.size)
    ).all()
    return Paged(rows, total, request.page, request.size)


def get_report(session: Session, report_id: uuid.UUID) -> OfferingReport:
    found = session.scalars(
        select(OfferingReport)
        .where(OfferingReport.id == report_id)
        .options(selectinload(OfferingReport.offering))
        .with_for_update(of=OfferingReport)
    ).first()
    if found is None:
        raise NotFound("没有这条举报")
    return found


def count_reports(session: Session, offering_id: uuid.UUID) -> int:
    """Return how many open reports stand against one offering."""
    query = select(func.count(OfferingReport.id)).where(
        OfferingReport.offering_id == offering_id, OfferingReport.state == ReportState.open
    )
    return session.scalar(query) or 0


def find_open_report(
    session: Session, offering_id: uuid.UUID, reporter_id: uuid.UUID
) -> OfferingReport | None:
    query = select(OfferingReport).where(
        OfferingReport.offering_id == offering_id,
        OfferingReport.reporter_id == reporter_id,
        OfferingReport.state == ReportState.open,
    )
    return session.scalars(query).first()


def facts_of(row: Offering, organisation: Organisation | None) -> OfferingFacts:
    """Return the frozen facts of a row whose packages, components and cases are loaded."""
    low, high = pricing.comparable_span(row.packages)
    return OfferingFacts(
        id=row.id,
        kind=row.kind,
        title=row.title,
        summary=row.summary,
        body=row.body,
        product_class=row.product_class,
        service_class=row.service_class,
        scenario_codes=tuple(row.scenario_codes),
        pain_point_codes=tuple(row.pain_point_codes),
        industry_codes=tuple(row.industry_codes),
        go_live_days=row.go_live_days,
        training_days=row.training_days,
        prerequisites=tuple(row.prerequisites),
        condition_codes=frozenset(row.condition_codes),
        exit_terms=row.exit_terms,
        packages=tuple(_package_facts(package) for package in row.packages),
        cases=tuple(
            CaseFacts(
                customer=item.customer,
                industry_code=item.industry_code,
                scenario_code=item.scenario_code,
                effect_metric=item.effect_metric,
                effect_before=item.effect_before,
                effect_after=item.effect_after,
                effect_unit=item.effect_unit,
                confirmed=item.confirmed,
            )
            for item in row.cases
            if item.denied_at is None
        ),
        price_from_fen=low,
        price_to_fen=high,
        price_text=pricing.entry_text(row.packages),
        organisation_id=row.organisation_id,
        organisation_name=organisation.name if organisation is not None else "",
        organisation_verified=bool(organisation and organisation.is_verified),
        district_slug=organisation.district_slug if organisation is not None else None,
        vendor_kind=row.vendor_kind,
        origin=row.origin,
        version=row.version,
        doc_version=row.doc_version,
        listed_at=row.listed_at,
    )


def _package_facts(package: Package) -> PackageFacts:
    return PackageFacts(
        title=package.title,
        price_mode=package.price_mode,
        price_unit=package.price_unit,
        price_label=package.price_label,
        price_min_fen=package.price_min_fen,
        price_max_fen=package.price_max_fen,
        components=tuple(
            ComponentFacts(item.type, item.title, item.amount_fen) for item in package.components
        ),
    )


def load_for_matching(session: Session, ids: Sequence[uuid.UUID]) -> list[OfferingFacts]:
    """Return the facts of the listed offerings among these ids, in the order of `ids`, in five queries."""
    query = with_children(select(Offering)).where(Offering.id.in_(list(ids)), PUBLIC)
    rows = {row.id: row for row in session.scalars(query)}
    vendors = list_organisations(session, [row.organisation_id for row in rows.values()])
    return [facts_of(rows[key], vendors.get(rows[key].organisation_id)) for key in ids if key in rows]
