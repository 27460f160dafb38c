from typing import Any

from fastapi import APIRouter, Request, Response

from app.accounts.deps import CurrentActor
from app.core.runtime import Runtime
from app.indexing import finding
from app.indexing.schemas import FACET_TITLES, FACETS, MAX_TEXT, SORT_LABELS, Found, SearchRequest
from app.web.deps import ReadSession, RuntimeDep
from app.web.limits import per_address
from app.web.policy import public
from app.web.templating import render
from search.types import Sort

router = APIRouter()


def throttle(request: Request, runtime: Runtime) -> None:
    """Five searches a second and 240 a minute from one address (RELIABILITY I9)."""
    per_address(request, runtime, "search", "5/second", "240/minute")


def read_request(request: Request, *, size: int = 20) -> SearchRequest:
    """Return the search that the address asks for; unknown or absurd parts are ignored, not errors."""
    params = request.query_params
    chosen = {
        name: tuple(dict.fromkeys(value[:60] for value in params.getlist(name)[:30] if value))
        for name in FACETS
    }
    sort = params.get("sort", "")
    page = params.get("page", "1")
    return SearchRequest(
        text=" ".join(params.get("q", "").split())[:MAX_TEXT],
        chosen={name: values for name, values in chosen.items() if values},
        sort=Sort(sort) if sort in set(Sort) else Sort.RELEVANCE,
        page=max(1, min(int(page), 200)) if page.isdecimal() and len(page) < 6 else 1,
        size=size,
    )


@router.get("/search")
@public
def search(request: Request, session: ReadSession, runtime: RuntimeDep, actor: CurrentActor) -> Response:
    """Show one box over everything, with facets, sorting and paging; works without JavaScript."""
    throttle(request, runtime)
    wanted = read_request(request)
    found = finding.find(session, runtime.engine, actor, wanted)
    return render(
        request,
        "indexing/search.html",
        {**context(wanted, found), "session": session},
        fragment="indexing/_results.html",
    )


def context(wanted: SearchRequest, found: Found) -> dict[str, Any]:
    """Return what the search page shows."""
    return {
        "wanted": wanted,
        "found": found,
        "chips": _chips(wanted, found),
        "sorts": [(sort.value, label) for sort, label in SORT_LABELS.items()],
        "pages": min(200, max(1, -(-found.total // wanted.size))),
        "page_url": lambda number: wanted.url(page=number),
    }


def _chips(wanted: SearchRequest, found: Found) -> list[dict[str, str]]:
    labels = {(facet.name, option.value): option.label for facet in found.facets for option in facet.options}
    return [
        {
            "kind": FACET_TITLES[name],
            "text": labels.get((name, value), value),
            "href": wanted.url(drop=(name, value)),
        }
        for name, values in wanted.chosen.items()
        for value in values
    ]
