"""A need as other rooms reason about it: frozen, with contact details already masked."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from app.needs.models import Confidentiality, FundSource, Need, NeedState, Urgency


@dataclass(frozen=True, slots=True)
class NeedFacts:
    """What matching may use. `days_max` is the time left until the wanted date, or the wanted number of days."""

    id: uuid.UUID
    case_number: str
    organisation_id: uuid.UUID
    state: NeedState
    version: int
    origin: str
    title: str
    text: str
    equipment: str
    machine_count: int | None
    scenario_code: str | None
    pain_point_codes: tuple[str, ...]
    industry_code: str | None
    district_slug: str | None
    budget_min_fen: int | None
    budget_max_fen: int | None
    fund_sources: tuple[FundSource, ...]
    wanted_by: date | None
    days_max: int | None
    urgency: Urgency | None
    confidentiality: Confidentiality
    conditions: Mapping[str, str] = field(default_factory=dict)


def days_left(need: Need, today: date) -> int | None:
    """Return the stricter of the wanted days and the days until the wanted date; a past date says nothing."""
    until = (need.wanted_by - today).days if need.wanted_by is not None else None
    found = [days for days in (need.wanted_days, until) if days is not None and days > 0]
    return min(found, default=None)


def facts_of(need: Need, today: date) -> NeedFacts:
    """Return the facts of a loaded row."""
    return NeedFacts(
        id=need.id,
        case_number=need.case_number,
        organisation_id=need.organisation_id,
        state=need.state,
        version=need.version,
        origin=need.origin,
        title=need.title,
        text=need.problem,
        equipment=need.equipment,
        machine_count=need.machine_count,
        scenario_code=need.scenario_code,
        pain_point_codes=tuple(need.pain_point_codes),
        industry_code=need.industry_code,
        district_slug=need.district_slug,
        budget_min_fen=need.budget_min_fen,
        budget_max_fen=need.budget_max_fen,
        fund_sources=tuple(FundSource(code) for code in need.fund_sources),
        wanted_by=need.wanted_by,
        days_max=days_left(need, today),
        urgency=need.urgency,
        confidentiality=need.confidentiality,
        conditions=dict(need.conditions),
    )
