"""An offering's row as the search index shall know it: only what its public page shows."""

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.core.indexed import Source
from app.offerings import labels, queries
from app.offerings.conditions import describe
from app.offerings.facts import OfferingFacts
from app.offerings.models import KIND, Offering
from app.organisations.models import Organisation, OrganisationState
from app.reference import queries as reference
from app.reference.models import IndustryLevel
from search.types import Document


def to_document(
    row: Offering,
    organisation: Organisation | None,
    *,
    scenarios: dict[str, str],
    pain_points: dict[str, str],
    industries: dict[str, str],
    is_first_of_kind: bool = False,
    divisions: Sequence[str] = (),
) -> Document:
    """Return the document of an offering; anything but one that is listed and has not run out is a tombstone.

    The three maps give the names of codes, so that an offering is found by the words of its scenario. One for any
    industry stands under every division (`divisions`): whoever chooses his industry finds it too.
    """
    suspended = organisation is not None and organisation.state is OrganisationState.suspended
    if not row.is_current or suspended:
        return Document.tombstone(KIND, str(row.id), row.doc_version)
    facts = queries.facts_of(row, organisation)
    named = [
        *(scenarios.get(code, "") for code in facts.scenario_codes),
        *(pain_points.get(code, "") for code in facts.pain_point_codes),
        *(industries.get(code, "") for code in facts.industry_codes),
        labels.KIND_LABELS[facts.kind],
        facts.product_class.value if facts.product_class else "",
        facts.service_class.value if facts.service_class else "",
        "首台(套)" if is_first_of_kind else "",
    ]
    body = [facts.body, *facts.prerequisites, *describe(facts.condition_codes)]
    body += [f"{package.title} {item.title}" for package in facts.packages for item in package.components]
    return Document(
        kind=KIND,
        id=str(row.id),
        doc_version=row.doc_version,
        title=facts.title,
        summary="" if facts.body.startswith(facts.summary) else facts.summary,
        body="\n".join(part for part in body if part),
        keywords=tuple(dict.fromkeys(name for name in named if name)),
        organisation=facts.organisation_name,
        audience=("public", "staff"),
        facets={name: values for name, values in _facets(facts, row, divisions).items() if values},
        numbers=_numbers(facts),
        published_at=row.listed_at,
    )


def _facets(facts: OfferingFacts, row: Offering, divisions: Sequence[str]) -> dict[str, tuple[str, ...]]:
    chosen = facts.industry_codes or divisions
    industries = {part for code in chosen for part in reference.industry_path(code)}
    return {
        "kind": (facts.kind.value,),
        "product_class": (facts.product_class.value,) if facts.product_class else (),
        "scenario": facts.scenario_codes,
        "pain_point": facts.pain_point_codes,
        "industry": tuple(sorted(industries)),
        "district": (facts.district_slug,) if facts.district_slug else (),
        "price_mode": tuple(sorted({package.price_mode.value for package in facts.packages})),
        "organisation": (str(facts.organisation_id),),
        "state": (row.state.value,),
        "origin": (facts.origin,),
    }


def _numbers(facts: OfferingFacts) -> dict[str, int]:
    found = {
        "price_from_fen": facts.price_from_fen,
        "price_to_fen": facts.price_to_fen,
        "go_live_days": facts.go_live_days,
    }
    return {name: value for name, value in found.items() if value is not None}


def load(session: Session, ids: Sequence[str]) -> list[Document]:
    """Return the documents of these ids in ten queries at most; an id without a row is left out."""
    rows = queries.list_by_ids(session, [uuid.UUID(text) for text in ids])
    vendors = queries.list_organisations(session, [row.organisation_id for row in rows])
    codes = sorted({code for row in rows for code in row.industry_codes})
    scenarios = {row.code: row.name for row in reference.list_scenarios(session)}
    points = {row.code: row.name for row in reference.list_pain_points(session, include_retired=True)}
    industries = reference.industry_names(session, codes) if codes else {}
    divisions = [row.code for row in reference.list_industries(session, level=IndustryLevel.division)]
    first = queries.list_first_of_kind(session, [row.id for row in rows])
    return [
        to_document(
            row,
            vendors.get(row.organisation_id),
            scenarios=scenarios,
            pain_points=points,
            industries=industries,
            is_first_of_kind=row.id in first,
            divisions=divisions,
        )
        for row in rows
    ]


def list_ids(session: Session, after: str | None, size: int) -> list[str]:
    """Return the next ids in their order, for rebuilds and the drift check."""
    found = queries.list_ids(session, after=uuid.UUID(after) if after else None, size=size)
    return [str(offering_id) for offering_id in found]


SOURCE = Source(kind=KIND, label="供给", load=load, ids=list_ids)
