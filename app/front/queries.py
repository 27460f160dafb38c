import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.core.audit import AuditEvent
from app.core.pagination import Paged, PageRequest
from app.core.permissions import Actor
from app.needs.models import Need, NeedState
from app.needs.queries import visible_to as needs_visible_to
from app.offerings.models import Offering, OfferingState
from app.offerings.queries import PUBLIC as LISTED
from app.organisations.models import Organisation, OrganisationState
from app.reference import queries as reference


@dataclass(frozen=True, slots=True)
class Figure:
    """A number on the front page and the address of the rows behind it."""

    value: int
    unit: str
    label: str
    href: str
    link: str


def list_figures(session: Session, actor: Actor) -> list[Figure]:
    """Return the front page's figures, each a count of rows that the visitor may open."""
    offerings = session.scalar(select(func.count(Offering.id)).where(LISTED)) or 0
    needs = session.scalar(
        select(func.count()).select_from(
            needs_visible_to(actor)
            .where(Need.state == NeedState.published)
            .with_only_columns(Need.id)
            .subquery()
        )
    )
    vendors = session.scalar(
        select(func.count(func.distinct(Offering.organisation_id)))
        .join(Organisation, Organisation.id == Offering.organisation_id)
        .where(Offering.state == OfferingState.listed, Organisation.state == OrganisationState.verified)
    )
    return [
        Figure(
            offerings, "项", "在架供给", "/search?kind=solution&kind=service&kind=equipment", "看这些供给"
        ),
        Figure(vendors or 0, "家", "已核验的供给方", "/suppliers", "看这些机构"),
        Figure(needs or 0, "件", "公开的需求", "/search?kind=need", "看这些需求"),
    ]


@dataclass(frozen=True, slots=True)
class Supplier:
    """A verified organisation with something listed, and how many."""

    organisation: Organisation
    listed: int


def list_suppliers(session: Session, page: PageRequest) -> Paged[Supplier]:
    """Return the rows behind the front page's number of suppliers, most listed first."""
    counted = (
        select(Offering.organisation_id, func.count(Offering.id).label("listed"))
        .where(Offering.state == OfferingState.listed)
        .group_by(Offering.organisation_id)
        .subquery()
    )
    query = (
        select(Organisation, counted.c.listed)
        .join(counted, counted.c.organisation_id == Organisation.id)
        .where(Organisation.state == OrganisationState.verified)
    )
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.execute(
        query.order_by(counted.c.listed.desc(), Organisation.name, Organisation.id)
        .offset(page.offset)
        .limit(page.size)
    )
    return Paged([Supplier(*row) for row in rows], total, page.page, page.size)


@dataclass(frozen=True, slots=True)
class ScenarioLink:
    code: str
    name: str
    plain: str
    count: int | None


def list_scenario_groups(
    session: Session, counts: dict[str, int] | None
) -> list[tuple[str, list[ScenarioLink]]]:
    """Return the 16 scenarios in their 4 groups; `counts` None (engine away) shows no number rather than a wrong one."""
    return [
        (
            title,
            [
                ScenarioLink(
                    row.code, row.name, row.plain, None if counts is None else counts.get(row.code, 0)
                )
                for row in rows
            ],
        )
        for title, rows in reference.scenario_groups(session)
    ]


def district_names(session: Session) -> dict[str, str]:
    """Return the names that lists show for districts, by slug."""
    return {row.slug: row.short_name for row in reference.list_districts(session)}


def find_case(session: Session, number: str) -> Need | None:
    """Return the need of a case whoever asks; `cases.load` decides who may read on."""
    return session.scalar(select(Need).where(Need.case_number == number))


def list_audit_of(session: Session, object_ids: Sequence[str], *, limit: int = 100) -> Sequence[AuditEvent]:
    """Return what was done to these objects, the latest first."""
    return session.scalars(
        select(AuditEvent)
        .where(AuditEvent.object_id.in_(object_ids))
        .order_by(AuditEvent.id.desc())
        .limit(limit)
    ).all()


def names_of(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    return accounts.user_names(session, ids) if ids else {}
