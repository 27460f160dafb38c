"""Candidates from the search engine: by the words, and by the pain points and scenarios that were read.

One round trip (`msearch`). The text scores become per mille of the best hit and are the `text` factor; candidates
that only a code brought along have no text score unless the words found them too.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.matching.facts import Wanted
from app.matching.weights import FULL
from search import SearchEngine
from search.types import Filter, Query

KIND = "offering"
BY_TEXT = 60
BY_POINT = 120
BY_SCENARIO = 40
_MOST_POINTS = 12
_LEAST_FIT = 20


@dataclass(frozen=True, slots=True)
class Candidates:
    """Offering ids (best text first, then by code), and the text scores in per mille of the best."""

    ids: tuple[str, ...]
    text_scores: Mapping[str, int]


#: What matching asks the engine for; documents of other kinds are left out by the filter on `kind`.
_KINDS = Filter("kind", ("solution", "service", "equipment"))


def find_candidates(engine: SearchEngine, wanted: Wanted, *, audience: frozenset[str]) -> Candidates:
    """Ask the engine once; raises `SearchUnavailable` when it is away (the caller falls back)."""
    queries: list[Query] = []
    words = wanted.reading.search_text.strip()
    if words:
        queries.append(_query(audience, text=words, size=BY_TEXT))
    points = sorted(wanted.pain_points.values(), key=lambda wish: (-wish.fit, wish.code))
    codes = tuple(wish.code for wish in points if wish.fit >= _LEAST_FIT)[:_MOST_POINTS]
    for some, size in ((codes[:1], BY_POINT), (codes[1:], BY_POINT)):
        if some:
            points_of = (Filter("pain_point", some),)
            queries.append(_query(audience, filters=points_of, size=size))
            if words:
                queries.append(_query(audience, text=words, filters=points_of, size=size))
    if wanted.scenarios:
        scenarios = Filter("scenario", tuple(sorted(wanted.scenarios)))
        queries.append(_query(audience, text=words, filters=(scenarios,), size=BY_SCENARIO))
    if not queries:
        return Candidates((), {})
    pages = engine.msearch(queries)
    scores: dict[str, int] = {}
    if words:
        best = max((hit.score for hit in pages[0].hits), default=0.0)
        if best > 0:
            scores = {hit.id: max(1, round(FULL * hit.score / best)) for hit in pages[0].hits}
    ids = dict.fromkeys(hit.id for page in pages for hit in page.hits)
    return Candidates(tuple(ids), scores)


def _query(audience: frozenset[str], *, text: str = "", filters: tuple[Filter, ...] = (), size: int) -> Query:
    return Query(
        audience=audience,
        text=text[:600],
        filters=(_KINDS, *filters),
        size=size,
        highlight=False,
        correct=False,
        match="any",
    )
