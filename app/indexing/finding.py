"""Search over all kinds: ask the engine, check every hit against the database, explain what is missing."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from app.core import logging
from app.core.permissions import Actor
from app.indexing import queries
from app.indexing.schemas import (
    FACET_TITLES,
    FACETS,
    KIND_LABELS,
    Card,
    FacetView,
    Found,
    Loosen,
    Option,
    Result,
    SearchRequest,
)
from search import SearchEngine
from search.schema import GO_LIVE_BANDS, PRICE_BANDS
from search.types import Facet, Filter, Hit, Page, Query, SearchUnavailable, Segment, Suggestion

log = logging.get("search")
FEW = 3
TRIES = 3  # each is a search of its own, and three suggestions are shown


def to_query(request: SearchRequest, actor: Actor, *, facets: Sequence[str] = FACETS) -> Query:
    """Return the engine's query; the audience is the actor's and cannot be chosen."""
    return Query(
        audience=actor.audiences,
        text=request.text,
        filters=tuple(Filter(name, values) for name, values in request.chosen.items() if values),
        facets=tuple(facets),
        sort=request.sort,
        offset=(request.page - 1) * request.size,
        size=request.size,
    )


def find(session: Session, engine: SearchEngine, actor: Actor, request: SearchRequest) -> Found:
    """Return one page of results; with the engine away, the simplified search of the database.

    Every hit is checked again with the rooms' `visible_to(actor)`, so what was withdrawn a moment ago
    is not shown even when the index does not know yet.
    """
    try:
        page = engine.search(to_query(request, actor))
    except SearchUnavailable as error:
        log.warning("simplified search", reason=str(error)[:200])
        return _simplified(session, actor, request)
    cards = queries.load_cards(session, actor, [hit.ref for hit in page.hits])
    results = tuple(_result(hit, cards[hit.ref]) for hit in page.hits if hit.ref in cards)
    total = page.total - (len(page.hits) - len(results))
    loosen: tuple[Loosen, ...] = ()
    if total < FEW and (request.chosen or len(request.text) > 2):
        loosen = _loosen(session, engine, actor, request, total)
    return Found(
        results=results,
        total=max(total, len(results)),
        facets=_facet_views(session, page, request),
        corrected=page.corrected,
        loosen=loosen,
    )


def suggest(session: Session, engine: SearchEngine, actor: Actor, prefix: str) -> list[Suggestion]:
    """Return completions; a title of what was withdrawn a moment ago is left out, as in `find`.

    Raises:
        SearchUnavailable: the engine is away.

    """
    found = engine.suggest(prefix, audience=actor.audiences)
    visible = queries.find_visible(session, actor, [item.ref for item in found if item.ref is not None])
    return [item for item in found if item.ref is None or item.ref in visible]


def _result(hit: Hit, card: Card) -> Result:
    title = hit.highlights.get("title") or (Segment(card.title),)
    if "".join(segment.text for segment in title) != card.title:
        title = (Segment(card.title),)  # the index is a moment behind: show what is true now
    snippet = hit.highlights.get("text") or (Segment(card.snippet),)
    return Result(card, tuple(title), tuple(snippet))


def _simplified(session: Session, actor: Actor, request: SearchRequest) -> Found:
    refs, total = queries.find_simplified(session, actor, request)
    cards = queries.load_cards(session, actor, refs)
    results = tuple(
        Result(cards[ref], (Segment(cards[ref].title),), (Segment(cards[ref].snippet),))
        for ref in refs
        if ref in cards
    )
    return Found(results=results, total=total, facets=(), degraded=True)


def labels_for(session: Session) -> dict[str, dict[str, str]]:
    """Return the Chinese labels of facet values."""
    named = queries.names.get(session)
    return {
        "kind": dict(KIND_LABELS),
        "price_band": {band.code: band.label for band in PRICE_BANDS},
        "go_live_band": {band.code: band.label for band in GO_LIVE_BANDS},
        "scenario": named.scenarios,
        "district": named.districts,
        "industry": named.industries,
    }


def _facet_views(session: Session, page: Page, request: SearchRequest) -> tuple[FacetView, ...]:
    used: dict[str, Sequence[str]] = {}
    for name in FACETS:
        facet = page.facets.get(name)
        values = [count.value for count in facet.counts] if facet else []
        used[name] = [*values, *(value for value in request.chosen.get(name, ()) if value not in values)]
    labels = labels_for(session)
    views: list[FacetView] = []
    for name in FACETS:
        counts = _counts(page.facets.get(name))
        chosen = set(request.chosen.get(name, ()))
        order = _order(name, used[name])
        options = tuple(
            Option(value, labels.get(name, {}).get(value, value), counts.get(value, 0), value in chosen)
            for value in order
            if _shown(name, value)
        )
        if options:
            views.append(FacetView(name, FACET_TITLES[name], options))
    return tuple(views)


def _shown(name: str, value: str) -> bool:
    """Industries are offered by their 大类 only: C34, not C3411."""
    return name != "industry" or len(value) == 3


def _order(name: str, values: Sequence[str]) -> list[str]:
    fixed = {
        "kind": list(KIND_LABELS),
        "price_band": [band.code for band in PRICE_BANDS],
        "go_live_band": [band.code for band in GO_LIVE_BANDS],
    }.get(name)
    if fixed is None:
        return list(values)
    return sorted(values, key=lambda value: fixed.index(value) if value in fixed else len(fixed))


def _counts(facet: Facet | None) -> dict[str, int]:
    return {count.value: count.count for count in facet.counts} if facet else {}


def _loosen(
    session: Session, engine: SearchEngine, actor: Actor, request: SearchRequest, total: int
) -> tuple[Loosen, ...]:
    """Return which single restriction to drop, best gain first; each count is really searched."""
    tries: list[tuple[str, str, SearchRequest]] = []
    labels = labels_for(session)
    for name, values in request.chosen.items():
        rest = {key: kept for key, kept in request.chosen.items() if key != name}
        shown = "、".join(labels.get(name, {}).get(value, value) for value in values)
        tries.append(
            (f"不限{FACET_TITLES[name]}", f"现在只看：{shown}", replace(request, chosen=rest, page=1))
        )
    words = request.text.split()
    if len(words) > 1:
        tries.extend(
            (
                f"去掉「{word}」",
                "少一个词，范围更宽",
                replace(request, text=" ".join(w for w in words if w != word), page=1),
            )
            for word in words[:4]
        )
    elif request.chosen and request.text:
        tries.append(("只按条件看", f"去掉文字「{request.text[:20]}」", replace(request, text="", page=1)))
    tries = tries[:TRIES]
    if not tries:
        return ()
    try:
        pages = engine.msearch(
            [
                replace(to_query(item, actor, facets=()), size=0, offset=0, correct=False, highlight=False)
                for _, _, item in tries
            ]
        )
    except SearchUnavailable:
        return ()
    found = [
        (page.total - total, Loosen(item.url(), label, f"+{page.total - total} 项", note))
        for (label, note, item), page in zip(tries, pages, strict=True)
        if page.total > total
    ]
    found.sort(key=lambda pair: -pair[0])
    return tuple(loosen for _, loosen in found[:3])
