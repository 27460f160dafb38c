"""What the desk shows elsewhere: who works on a thing, announcements, its own queues."""

from typing import Any
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from app.core import audit_chain, clock, parameters
from app.core.db import settings_of
from app.core.permissions import Actor, Permission
from app.desk import queries
from app.desk.service import auditing, helping, holds
from app.web import panels, queues
from app.web.queues import Item, Waiting

FRONT = 3


@panels.register(
    "desk.item", template="desk/_hold.html", queries=2, permission=Permission.desk_item_hold, order=10
)
def item(session: Session, actor: Actor, *, key: str, **_named: Any) -> dict[str, Any]:
    """Who works on the thing that is open."""
    return {"key": key, "hold": holds.show(session, actor, keys=[key]).get(key)}


@panels.register(
    "admin.audit", template="desk/_chain.html", queries=4, permission=Permission.accounts_audit_read
)
def audit_chain_state(
    session: Session, actor: Actor, *, values: dict[str, str], **_named: Any
) -> dict[str, Any]:
    """How far the chain over the audit trail reaches and what its last check said."""
    del actor
    return {
        "chain": audit_chain.state(session, settings_of(session)),
        "job": queries.find_job(session, auditing.VERIFY),
        "export": f"/admin/audit/export.xlsx?{urlencode(values)}",
    }


def _announcements(session: Session, actor: Actor) -> dict[str, Any] | None:
    rows = queries.list_running(session, actor, limit=FRONT)
    return {"rows": rows} if rows else None


@panels.register("front.home", template="desk/_announcements.html", queries=1, order=5)
def on_front_page(session: Session, actor: Actor, **_named: Any) -> dict[str, Any] | None:
    """The centre's latest announcements."""
    return _announcements(session, actor)


@panels.register("workspace.side", template="desk/_announcements_card.html", queries=1, order=5)
def on_workspace(session: Session, actor: Actor, **_named: Any) -> dict[str, Any] | None:
    """The same, for the signed-in person's audience."""
    return _announcements(session, actor)


@panels.register("desk.side", template="desk/_announcements_card.html", queries=1, order=5)
def on_desk(session: Session, actor: Actor, **_named: Any) -> dict[str, Any] | None:
    """The same, for staff."""
    return _announcements(session, actor)


@queues.register(
    "desk.help",
    title="求助",
    href="/desk/help",
    empty="没有等着答复的求助",
    permission=Permission.desk_help_answer,
    queries=3,
    order=80,
)
def help_queue(session: Session, actor: Actor) -> Waiting:
    """Requests for help that nobody has answered."""
    del actor
    summary = queries.summarise_help(session)
    rows = queries.list_open_help(session, limit=queues.SHOWN)
    hours = float(parameters.value(session, helping.HOURS))
    items = [
        Item(
            f"desk.help:{row.number}",
            row.text[:40],
            f"/desk/help/{row.number}",
            row.waiting_since,
            f"求助 {row.number}",
        )
        for row in rows
    ]
    return Waiting(summary.count, summary.oldest, hours, items)


@queues.register(
    "desk.documents",
    title="没进搜索的条目",
    href="/desk/failed",
    empty="没有进不了搜索的条目",
    permission=Permission.indexing_status_read,
    queries=2,
    order=90,
)
def dead_documents(session: Session, actor: Actor) -> Waiting:
    """Objects that the search index refused five times."""
    del actor
    summary = queries.summarise_dead_documents(session)
    rows = queries.list_dead_documents(session, limit=queues.SHOWN)
    items = [
        Item(
            f"desk.documents:{row.id}",
            f"{row.kind} {row.object_id}",
            "/desk/failed",
            row.created_at,
            "五次都没进索引",
        )
        for row in rows
    ]
    return Waiting(summary.count, summary.oldest, 24, items)


@queues.register(
    "desk.jobs",
    title="失败的后台任务",
    href="/desk/failed",
    empty="没有失败的后台任务",
    permission=Permission.indexing_status_read,
    queries=2,
    order=91,
)
def failed_jobs(session: Session, actor: Actor) -> Waiting:
    """Background commands that gave up after three tries."""
    del actor
    summary = queries.summarise_failed_jobs(session)
    rows = queries.list_failed_jobs(session, limit=queues.SHOWN)
    items = [
        Item(f"desk.jobs:{row.id}", row.name, "/desk/failed", row.finished_at or clock.now(), "试了三次")
        for row in rows
    ]
    return Waiting(summary.count, summary.oldest, 24, items)
