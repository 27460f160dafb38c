"""What the front page and the staff's home are put together from."""

import time
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.core import outbox
from app.core.jobs import Job, enqueue
from app.core.permissions import Actor, Permission, require
from app.core.runtime import Runtime
from app.front import queries
from app.indexing.service import REBUILD
from app.matching.schemas import Ask
from search.types import Filter, Query, SearchUnavailable, Status

COUNTS_LIVE_S = 30.0
OFFERING_KINDS = ("solution", "service", "equipment")
EXAMPLES = (
    "报个价要三天，单子都跑了",
    "急单一插，车间计划全乱",
    "月底一张电费单，不知道花在哪台设备上",
)
STATUS_TEXTS = {Status.READY: "正常", Status.STALE: "需要重建，搜索照常", Status.DOWN: "连不上，正用简化检索"}


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


@dataclass(frozen=True, slots=True)
class IndexStatus:
    text: str
    pending: int
    dead: int
    job: Job | None


def index_status(session: Session, runtime: Runtime) -> IndexStatus:
    """Return how the index stands, for the staff's home."""
    state = outbox.backlog(session)
    health = runtime.engine.health()
    return IndexStatus(
        STATUS_TEXTS[health.status], state.pending, state.dead, queries.find_running(session, REBUILD)
    )


def order_rebuild(session: Session, actor: Actor) -> None:
    """Queue a rebuild of the index; one waits at most."""
    require(actor, Permission.indexing_index_rebuild)
    enqueue(session, REBUILD, key=REBUILD)


def replay_dead_letters(session: Session, actor: Actor) -> int:
    """Give refused documents another five tries; returns how many."""
    require(actor, Permission.indexing_status_read)
    return outbox.replay_dead(session)
