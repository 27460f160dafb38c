"""A need's row as the search index shall know it: only what its masked page shows, to whom its confidentiality allows."""

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from app.core.indexed import Source
from app.needs import queries
from app.needs.models import KIND, Confidentiality, Need, NeedState
from app.organisations import queries as organisations
from app.reference import queries as reference
from search.schema import LIMITS
from search.types import Document


def audience_of(need: Need) -> tuple[str, ...]:
    """Return who may find a published need; its own organisation always does."""
    own = f"org:{need.organisation_id}"
    return {
        Confidentiality.public: ("public", "verified_vendor", "staff", own),
        Confidentiality.verified_vendors: ("verified_vendor", "staff", own),
        Confidentiality.staff_only: ("staff", own),
    }[need.confidentiality]


def to_document(
    need: Need,
    *,
    organisation: str = "",
    suspended: bool = False,
    scenarios: Mapping[str, str],
    pain_points: Mapping[str, str],
    industries: Mapping[str, str],
) -> Document:
    """Return the document of a need; anything but a published one of an organisation in good standing is a tombstone.

    The exact industry class stays out (with the district it could name the factory), and so does the name while hidden.
    """
    if need.state is not NeedState.published or suspended:
        return Document.tombstone(KIND, str(need.id), need.doc_version)
    division = need.industry_code[:3] if need.industry_code else None
    words = [
        scenarios.get(need.scenario_code or "", ""),
        *(pain_points.get(code, "") for code in need.pain_point_codes),
        industries.get(division or "", ""),
    ]
    facets: dict[str, tuple[str, ...]] = {
        "kind": (KIND,),
        "scenario": (need.scenario_code,) if need.scenario_code else (),
        "pain_point": tuple(need.pain_point_codes),
        "industry": (division,) if division else (),
        "district": (need.district_slug,) if need.district_slug else (),
        "organisation": () if need.hide_name else (str(need.organisation_id),),
        "state": (need.state.value,),
        "origin": (need.origin,),
    }
    numbers = {
        "budget_min_fen": need.budget_min_fen,
        "budget_max_fen": need.budget_max_fen,
        "go_live_days": need.wanted_days,
    }
    return Document(
        kind=KIND,
        id=str(need.id),
        doc_version=need.doc_version,
        title=need.title[: LIMITS.title],
        body=need.problem,
        keywords=tuple(dict.fromkeys(word for word in words if word)),
        organisation="" if need.hide_name else organisation,
        audience=audience_of(need),
        facets={name: values for name, values in facets.items() if values},
        numbers={name: value for name, value in numbers.items() if value is not None},
        published_at=need.published_at,
    )


def load(session: Session, ids: Sequence[str]) -> list[Document]:
    """Return the documents of these ids in six queries; an id without a row is left out."""
    rows = queries.list_by_ids(session, [uuid.UUID(text) for text in ids])
    named = organisations.organisation_names(
        session, [row.organisation_id for row in rows if not row.hide_name]
    )
    suspended = queries.list_suspended(session, [row.organisation_id for row in rows])
    divisions = sorted({row.industry_code[:3] for row in rows if row.industry_code})
    scenarios = {row.code: row.name for row in reference.list_scenarios(session)}
    points = {row.code: row.name for row in reference.list_pain_points(session, include_retired=True)}
    industries = reference.industry_names(session, divisions)
    return [
        to_document(
            row,
            organisation=named.get(row.organisation_id, ""),
            suspended=row.organisation_id in suspended,
            scenarios=scenarios,
            pain_points=points,
            industries=industries,
        )
        for row in rows
    ]


def list_ids(session: Session, after: str | None, size: int) -> list[str]:
    """Return the next ids in their order, for rebuilds and the drift check."""
    return [
        str(key) for key in queries.list_ids(session, after=uuid.UUID(after) if after else None, size=size)
    ]


SOURCE = Source(kind=KIND, label="需求", load=load, ids=list_ids)
