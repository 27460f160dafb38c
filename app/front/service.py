"""What the front page is put together from."""

import time

from app.core.runtime import Runtime
from app.matching.schemas import Ask
from search.types import Filter, Query, SearchUnavailable

COUNTS_LIVE_S = 30.0
OFFERING_KINDS = ("solution", "service", "equipment")
EXAMPLES = (
    "报个价要三天，单子都跑了",
    "急单一插，车间计划全乱",
    "月底一张电费单，不知道花在哪台设备上",
)


def scenario_counts(runtime: Runtime) -> dict[str, int] | None:
    """Return listed offerings per scenario as visitors see them (kept for half a minute), None without the engine."""
    kept: tuple[float, dict[str, int]] | None = runtime.extra.get("scenario_counts")
    if kept is not None and time.monotonic() - kept[0] < COUNTS_LIVE_S:
        return kept[1]
    query = Query(
        audience=frozenset({"public"}),
        filters=(Filter("kind", OFFERING_KINDS),),
        facets=("scenario",),
        size=0,
    )
    try:
        facet = runtime.engine.search(query).facets["scenario"]
    except (SearchUnavailable, KeyError):
        return None
    counts = {count.value: count.count for count in facet.counts}
    runtime.extra["scenario_counts"] = (time.monotonic(), counts)
    return counts


def with_example(ask: Ask, pairs: list[tuple[str, str]]) -> Ask:
    """Return the ask with the tapped example as its text; works without a script."""
    chosen = dict(pairs).get("example", "")
    if chosen.isdecimal() and len(chosen) == 1 and int(chosen) < len(EXAMPLES):
        return Ask(text=EXAMPLES[int(chosen)])
    return ask
