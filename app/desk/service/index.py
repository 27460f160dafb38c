"""The search index as staff see and order it, and the second try for what failed."""

import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.core import audit, clock, outbox
from app.core.errors import Conflict, NotFound
from app.core.jobs import Job, JobState, enqueue
from app.core.permissions import Actor, Permission, require
from app.core.runtime import Runtime
from app.desk import queries
from app.indexing.service import REBUILD
from search.types import Status

STATUS_TEXTS = {
    Status.READY: "正常",
    Status.STALE: "需要重建，搜索照常",
    Status.DOWN: "连不上，正用简化检索",
}
audit.register_name("desk.index.rebuild_ordered", "下令重建索引")
audit.register_name("desk.index.replayed", "重试没进索引的条目")
audit.register_name("desk.job.retried", "重试后台任务")


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """How the index stands; `job` is the latest rebuild, running or over."""

    text: str
    pending: int
    dead: int
    oldest_seconds: float
    job: Job | None
    dictionary: bool
    """Whether the index was built with the present dictionary's words."""

    @property
    def running(self) -> bool:
        return self.job is not None and self.job.state in {JobState.queued, JobState.running}


def index_status(session: Session, runtime: Runtime) -> IndexStatus:
    """Return how the index stands, for the desk; asks the engine once."""
    state = outbox.backlog(session)
    health = runtime.engine.health()
    return IndexStatus(
        STATUS_TEXTS[health.status],
        state.pending,
        state.dead,
        state.oldest_seconds,
        queries.find_job(session, REBUILD),
        health.status is not Status.STALE,
    )


def order_rebuild(session: Session, actor: Actor) -> Job:
    """Queue a rebuild of the index; one waits at most."""
    require(actor, Permission.indexing_index_rebuild)
    row = enqueue(session, REBUILD, key=REBUILD)
    audit.record(session, actor, "desk.index.rebuild_ordered", kind="job", object_id=row.id)
    return row


def replay_dead_letters(session: Session, actor: Actor, *, row_id: int | None = None) -> int:
    """Give refused documents (all, or this one) another five tries; returns how many."""
    require(actor, Permission.indexing_status_read)
    number = outbox.replay_dead(session, None if row_id is None else [row_id])
    audit.record(
        session,
        actor,
        "desk.index.replayed",
        kind="outbox",
        object_id="all" if row_id is None else row_id,
        data={"number": number},
    )
    return number


def retry_job(session: Session, actor: Actor, *, job_id: uuid.UUID) -> Job:
    """Queue a background command again that gave up."""
    require(actor, Permission.indexing_status_read)
    row = queries.lock_job(session, job_id)
    if row is None:
        raise NotFound("没有这个后台任务")
    if row.state is not JobState.failed:
        raise Conflict("这个任务没有失败，不用重试")
    row.state, row.attempts, row.run_at, row.finished_at = JobState.queued, 0, clock.now(), None
    audit.record(session, actor, "desk.job.retried", kind="job", object_id=row.id, data={"name": row.name})
    return row
