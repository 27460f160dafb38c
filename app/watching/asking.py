"""A saved search as text and back: only what the search page itself would take."""

from urllib.parse import parse_qs, urlsplit

from app.indexing.schemas import FACETS, MAX_TEXT, SearchRequest
from search.types import Sort

SIZE = 100
"""How many of the newest results a run looks at."""


def read(query: str, *, size: int = 20) -> SearchRequest:
    """Return the search behind `q=…&kind=…`; unknown or absurd parts are ignored, as on the page."""
    given = parse_qs(query[:2000], max_num_fields=300)
    chosen = {
        name: tuple(dict.fromkeys(value[:60] for value in given.get(name, [])[:30] if value))
        for name in FACETS
    }
    sort = (given.get("sort") or [""])[0]
    return SearchRequest(
        text=" ".join((given.get("q") or [""])[0].split())[:MAX_TEXT],
        chosen={name: values for name, values in chosen.items() if values},
        sort=Sort(sort) if sort in set(Sort) else Sort.RELEVANCE,
        size=size,
    )


def write(request: SearchRequest) -> str:
    """Return the search as the query of its address, always in the same order."""
    return urlsplit(request.url()).query


def newest(query: str) -> SearchRequest:
    """Return the search as the worker repeats it: the newest first."""
    wanted = read(query, size=SIZE)
    return SearchRequest(text=wanted.text, chosen=wanted.chosen, sort=Sort.NEWEST, size=SIZE)
