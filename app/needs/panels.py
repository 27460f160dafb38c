"""What this room shows on pages of others: the staff's home and one's own."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.core import clock, drafts
from app.core.permissions import Actor, Permission, can
from app.needs import queries
from app.needs.models import NeedState
from app.web import panels

LATE = timedelta(days=2)


@panels.register(
    "desk.summary",
    template="needs/_desk_summary.html",
    queries=1,
    permission=Permission.needs_need_review,
    order=30,
)
def desk_summary(session: Session, actor: Actor, **_named: Any) -> dict[str, Any]:
    """How many needs are held and how long the oldest has been."""
    del actor
    summary = queries.summarise_held(session)
    return {
        "count": summary.count,
        "age": clock.cn_ago(summary.oldest).removesuffix("前") if summary.oldest else None,
        "late": summary.oldest is not None and summary.oldest < clock.now() - LATE,
    }


@panels.register(
    "workspace.main",
    template="needs/_workspace.html",
    queries=2,
    permission=Permission.needs_need_create,
    order=30,
)
def workspace(session: Session, actor: Actor, **_named: Any) -> dict[str, Any] | None:
    """A sentence that waits, and how many needs stand in which state."""
    if actor.user_id is None:
        return None
    waiting = queries.find_started(session, owner=drafts.user_owner(actor.user_id))
    counts = queries.count_own_by_state(session, actor)
    return {
        "waiting": str(waiting.data.get("problem", ""))[:60] if waiting else None,
        "may_post": can(actor, Permission.needs_need_edit),
        "returned": counts.get(NeedState.returned, 0),
        "drafts": counts.get(NeedState.draft, 0),
        "held": counts.get(NeedState.held, 0) + counts.get(NeedState.waiting_verification, 0),
        "published": counts.get(NeedState.published, 0),
        "total": sum(counts.values()),
    }
