"""What matching reads: facts of offerings and needs, names of codes. The selects are the lower rooms'."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.core.pagination import PageRequest
from app.core.permissions import Actor
from app.matching.facts import NeedInput, Wanted
from app.matching.tables import ANSWERS
from app.needs import queries as needs
from app.needs.facts import NeedFacts
from app.offerings import queries as offerings
from app.offerings.facts import OfferingFacts
from app.offerings.queries import OfferingFilter
from app.reference import queries as reference
from app.reference.models import IndustryLevel

FALLBACK = 60


def load_offerings(session: Session, ids: Sequence[str]) -> list[OfferingFacts]:
    """Return the facts of the listed offerings among these ids; an id that is none is left out."""
    return offerings.load_for_matching(session, [key for ident in ids if (key := _uuid(ident))])


def list_fallback(session: Session, actor: Actor, wanted: Wanted) -> list[str]:
    """Return offering ids without the engine: by the troubles read, then by the scenarios."""
    found: dict[str, None] = {}
    page = PageRequest(page=1, size=FALLBACK)
    points = sorted(wanted.pain_points.values(), key=lambda wish: (-wish.fit, wish.code))[:3]
    filters = [OfferingFilter(pain_point=wish.code) for wish in points]
    filters += [OfferingFilter(scenario=code) for code in list(wanted.scenarios)[:1]]
    for wanted_filter in filters:
        listed = offerings.list_offerings(session, actor, wanted=wanted_filter, request=page)
        found.update((str(row.id), None) for row in listed.items)
    return list(found)


def load_names(session: Session, wanted: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the names of industry codes and of all districts, for the evidence's words."""
    industries = reference.industry_names(session, list(wanted)) if wanted else {}
    return industries, reference.district_names(session)


@dataclass(frozen=True, slots=True)
class Choices:
    """The closed lists of the page's extra fields, as (value, label)."""

    scenarios: list[tuple[str, str]]
    industries: list[tuple[str, str]]
    districts: list[tuple[str, str]]


def load_choices(session: Session) -> Choices:
    """Return scenarios, industry divisions and today's districts in three queries."""
    return Choices(
        [(row.code, row.name) for row in reference.list_scenarios(session)],
        [(row.code, row.name) for row in reference.list_industries(session, level=IndustryLevel.division)],
        [(row.slug, row.name) for row in reference.list_districts(session)],
    )


def load_need(session: Session, actor: Actor, need_id: uuid.UUID) -> NeedFacts:
    """Return a need that the actor may see, or raise NotFound."""
    return needs.load_need_facts(session, actor, need_id)


def to_input(need: NeedFacts) -> NeedInput:
    """Return a posted need as matching takes it; its fields are its owner's own, its text is only read."""
    conditions = tuple(
        dict.fromkeys(ANSWERS[answer] for answer in need.conditions.items() if answer in ANSWERS)
    )
    words = "\n".join(part for part in (need.title, need.text, need.equipment) if part)
    return NeedInput(
        text=words,
        scenario=need.scenario_code,
        industry=need.industry_code,
        district=need.district_slug,
        budget_max_fen=need.budget_max_fen,
        days_max=need.days_max,
        machines=need.machine_count,
        pain_points=need.pain_point_codes,
        conditions=conditions,
    )


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
