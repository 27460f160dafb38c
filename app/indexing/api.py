from typing import Annotated

from fastapi import APIRouter, Query, Request

from app.accounts.deps import CurrentActor
from app.core.scopes import Scope
from app.indexing import finding
from app.indexing.pages import read_request, throttle
from app.indexing.schemas import FacetValueOut, SearchItemOut, SearchOut, SuggestionOut, SuggestionsOut
from app.web.deps import ReadSession, RuntimeDep
from app.web.policy import public, scope
from search.types import SearchUnavailable

router = APIRouter(prefix="/api/v1", tags=["search"])
Values = Annotated[list[str], Query(max_length=30)]


@router.get("/search")
@scope(Scope.search_read)
@public
def search(
    request: Request,
    session: ReadSession,
    runtime: RuntimeDep,
    actor: CurrentActor,
    q: Annotated[str, Query(max_length=200)] = "",
    kind: Values = [],  # noqa: B006  FastAPI copies the default
    product_class: Values = [],  # noqa: B006
    scenario: Values = [],  # noqa: B006
    industry: Values = [],  # noqa: B006
    district: Values = [],  # noqa: B006
    price_band: Values = [],  # noqa: B006
    go_live_band: Values = [],  # noqa: B006
    sort: str = "relevance",
    page: Annotated[int, Query(ge=1, le=500)] = 1,
    size: Annotated[int, Query(ge=1, le=50)] = 20,
) -> SearchOut:
    """Search offerings, services, needs and policies; counts never include what the caller may not see."""
    del kind, product_class, scenario, industry, district, price_band, go_live_band, q, sort, page
    throttle(request, runtime)
    wanted = read_request(request, size=size)
    found = finding.find(session, runtime.engine, actor, wanted)
    return SearchOut(
        items=[
            SearchItemOut(
                kind=result.card.kind,
                id=result.card.id,
                title=result.card.title,
                highlight="".join(segment.text for segment in result.snippet),
                url=result.card.url,
            )
            for result in found.results
        ],
        total=found.total,
        facets={
            facet.name: [
                FacetValueOut(value=option.value, label=option.label, count=option.count)
                for option in facet.options
            ]
            for facet in found.facets
        },
        degraded=found.degraded,
        corrected=found.corrected,
    )


@router.get("/suggest")
@scope(Scope.search_read)
@public
def suggest(
    request: Request,
    session: ReadSession,
    runtime: RuntimeDep,
    actor: CurrentActor,
    q: Annotated[str, Query(max_length=60)] = "",
) -> SuggestionsOut:
    """Return at most eight completions of what is being typed; titles of what the caller may see right now."""
    throttle(request, runtime)
    if not q.strip():
        return SuggestionsOut(items=[])
    try:
        found = finding.suggest(session, runtime.engine, actor, q.strip())
    except SearchUnavailable:
        return SuggestionsOut(items=[])
    base = read_request(request, size=20)
    return SuggestionsOut(
        items=[SuggestionOut(text=item.text, url=base.url(text=item.text)) for item in found]
    )
