"""Public JSON for the pickers: districts, industry classes, scenarios and pain points."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from app.core.scopes import Scope
from app.reference import queries
from app.reference.models import District, Industry, Scenario
from app.reference.schemas import (
    DistrictList,
    DistrictOut,
    IndustryList,
    IndustryOut,
    PainPointList,
    PainPointOut,
    ScenarioList,
    ScenarioOut,
)
from app.web.deps import ReadSession
from app.web.policy import public, scope

router = APIRouter(prefix="/api/v1", tags=["reference"])

Text = Annotated[str, Query(max_length=60, description="code, name or pinyin (full or initials)")]


@router.get("/districts")
@scope(Scope.open)
@public
def list_districts(session: ReadSession, q: Text = "", on: date | None = None) -> DistrictList:
    """Return the districts of a day (today by default) that match `q`."""
    return DistrictList(items=[_district(row) for row in queries.list_districts(session, on=on, text=q)])


@router.get("/industries")
@scope(Scope.open)
@public
def find_industries(
    session: ReadSession, q: Text = "", limit: Annotated[int, Query(ge=1, le=queries.MAX_ROWS)] = 20
) -> IndustryList:
    """Return the classes of GB/T 4754-2017 that match `q`; without `q` the 31 divisions."""
    found = queries.find_industry(session, q, limit=limit)
    wanted = {code for row in found for code in queries.industry_path(row.code)}
    names = queries.industry_names(session, sorted(wanted))
    return IndustryList(items=[_industry(row, names) for row in found])


@router.get("/scenarios")
@scope(Scope.open)
@public
def list_scenarios(session: ReadSession) -> ScenarioList:
    """Return the 16 application scenarios with their official levels 1-4."""
    return ScenarioList(items=[_scenario(row) for row in queries.list_scenarios(session)])


@router.get("/pain-points")
@scope(Scope.open)
@public
def list_pain_points(
    session: ReadSession, scenario: Annotated[str | None, Query(max_length=3)] = None
) -> PainPointList:
    """Return the centre's pain points in use, of one scenario or all."""
    found = queries.list_pain_points(session, scenario=scenario)
    return PainPointList(items=[PainPointOut.model_validate(row) for row in found])


def _district(row: District) -> DistrictOut:
    return DistrictOut(
        value=row.slug,
        text=row.short_name,
        note=" · ".join(part for part in (row.region, row.code) if part),
        code=row.code,
        name=row.name,
        region=row.region,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )


def _industry(row: Industry, names: dict[str, str]) -> IndustryOut:
    path = [names[code] for code in queries.industry_path(row.code) if code in names]
    return IndustryOut(
        value=row.code,
        text=row.name,
        note=" › ".join([row.code, *path[:-1]]),
        level=row.level,
        parent_code=row.parent_code,
        path=path,
    )


def _scenario(row: Scenario) -> ScenarioOut:
    return ScenarioOut(
        code=row.code,
        name=row.name,
        group=row.group_name,
        required=row.is_required,
        plain=row.plain,
        levels=list(row.levels),
        source=row.source,
        confidence=row.confidence,
    )
