"""Offerings side by side, at an address that can be sent to a colleague."""

import uuid
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor
from app.core.permissions import Actor
from app.offerings import comparison, queries
from app.offerings.pages import views
from app.reference import queries as reference
from app.reference.models import IndustryLevel
from app.web.deps import ReadSession
from app.web.policy import public
from app.web.templating import render

router = APIRouter()


def read_ids(values: list[str]) -> tuple[list[uuid.UUID], int]:
    """Return the ids of `ids=a,b&ids=c`, each once, four at most, and how many more were asked for."""
    found: list[uuid.UUID] = []
    for text in dict.fromkeys(part.strip() for value in values for part in value.split(",")):
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    found = list(dict.fromkeys(found))
    return found[: comparison.MOST], max(0, len(found) - comparison.MOST)


def _url(ids: list[uuid.UUID], industry: str, *, only: bool) -> str:
    parts = {"ids": ",".join(str(item) for item in ids)}
    if industry:
        parts["industry"] = industry
    if only:
        parts["only"] = "1"
    return f"/compare?{urlencode(parts, safe=',')}" if ids else "/search"


def _context(
    session: Session, actor: Actor, values: list[str], industry: str, *, only: bool
) -> dict[str, Any]:
    asked, left_out = read_ids(values)
    known = {row.id: row for row in queries.list_visible_by_ids(session, actor, asked)} if asked else {}
    ids = [key for key in asked if key in known]
    vendors = queries.list_organisations(session, [known[key].organisation_id for key in ids])
    found = [queries.facts_of(known[key], vendors.get(known[key].organisation_id)) for key in ids]
    divisions = [
        (row.code, row.name) for row in reference.list_industries(session, level=IndustryLevel.division)
    ]
    industry = industry if industry in dict(divisions) else ""
    codes = {code for item in found for code in item.industry_codes}
    rows = comparison.rows(
        found,
        views.thresholds(session),
        industry=industry,
        industry_names=dict(divisions) | reference.industry_names(session, sorted(codes)),
        scenario_names={row.code: row.name for row in reference.list_scenarios(session)},
        district_names=reference.district_names(session),
    )
    several = len(found) > 1
    return {
        "session": session,
        "offerings": [known[key] for key in ids],
        "facts": found,
        "rows": [row for row in rows if row.differs or not (only and several)],
        "same": sum(not row.differs for row in rows) if several else 0,
        "only": only,
        "industry": industry,
        "industries": divisions,
        "left_out": left_out,
        "gone": len(asked) - len(ids),
        "most": comparison.MOST,
        "ids": ",".join(str(key) for key in ids),
        "toggle_url": _url(ids, industry, only=not only),
        "share_url": _url(ids, industry, only=only),
        "drop_urls": [_url([key for key in ids if key != one], industry, only=only) for one in ids],
    }


@router.get("/compare")
@public
def compare(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    ids: Annotated[list[str], Query(max_length=20)] = [],  # noqa: B006  FastAPI copies it
    industry: Annotated[str, Query(max_length=10)] = "",
    only: Annotated[str, Query(max_length=1)] = "",
) -> Response:
    """Compare up to four offerings that the visitor may see: price, days, letters, site, cases, exit, vendor."""
    context = _context(session, actor, ids, industry, only=bool(only))
    return render(request, "offerings/compare.html", context)
