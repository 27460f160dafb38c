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

BY_POINT = 80  # a query; those of the first trouble come first
BY_TEXT = 60
BY_SCENARIO = 40
MOST = 200  # candidates whose facts are loaded and scored exactly
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
    words = wanted.search_text
    points = sorted(wanted.pain_points.values(), key=lambda wish: (-wish.fit, wish.code))
    codes = tuple(wish.code for wish in points if wish.fit >= _LEAST_FIT)[:_MOST_POINTS]
    queries: list[Query] = []
    for some in (codes[:1], codes[1:]):
        if some:
            declared = (Filter("pain_point", some),)
            if words:
                queries.append(_query(audience, text=words, filters=declared, size=BY_POINT))
            queries.append(_query(audience, filters=declared, size=BY_POINT))
    if words:
        queries.append(_query(audience, text=words, size=BY_TEXT))
    if wanted.scenarios:
        declared = (Filter("scenario", tuple(sorted(wanted.scenarios))),)
        queries.append(_query(audience, text=words, filters=declared, size=BY_SCENARIO))
    if not queries:
        return Candidates((), {})
    pages = engine.msearch(queries)
    scores: dict[str, float] = {}
    for query, page in zip(queries, pages, strict=True):
        if query.text:
            scores.update((hit.id, hit.score) for hit in page.hits)  # filters add nothing to a score
    best = max(scores.values(), default=0.0)
    ids = tuple(dict.fromkeys(hit.id for page in pages for hit in page.hits))[:MOST]
    if best <= 0:
        return Candidates(ids, {})
    return Candidates(
        ids, {ident: max(1, round(FULL * scores[ident] / best)) for ident in ids if ident in scores}
    )


def _query(audience: frozenset[str], *, text: str = "", filters: tuple[Filter, ...] = (), size: int) -> Query:
    return Query(
        audience=audience,
        text=text,
        filters=(_KINDS, *filters),
        size=size,
        highlight=False,
        correct=False,
        match="any",
    )
