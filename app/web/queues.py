"""Queues: what waits for the centre's staff, by room; the desk shows them all, the oldest first.

A room registers a function for each of its queues in its `panels.py`; the desk asks them all in one go:

    @queues.register("needs.held", title="需求留审", href="/desk/needs", empty="没有留审的需求",
                     permission=Permission.needs_need_review, queries=2, order=30)
    def held(session: Session, actor: Actor) -> Waiting:
        rows = queries.list_held(session, limit=queues.SHOWN)
        summary = queries.summarise_held(session)
        return Waiting(summary.count, summary.oldest, hours=48, items=[
            Item(key=f"needs.held:{row.id}", title=row.title, href=f"/desk/needs/{row.id}",
                 since=row.submitted_at, reason="门槛 9/25") for row in rows])

`queries` is the promised number of statements whatever the queue holds (a test counts). The page that an item opens
shows who works on it by `{% for part in panels('desk.item', key='needs.held:%s'|format(need.id)) %}{% include
part.template %}{% endfor %}`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.core.permissions import Actor, Permission, can

SHOWN = 8
"""How many items, the oldest first, a queue hands to the desk's one list."""


@dataclass(frozen=True, slots=True)
class Item:
    """One waiting thing: `key` is `queue:id`, `reason` says in a few words why it waits."""

    key: str
    title: str
    href: str
    since: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many wait, since when, within how many hours they are promised an answer, and the oldest ones.

    `decides` False: this person sees the queue's length but somebody else decides; then give no items.
    `opens` False: nor may this person open the queue's page, so its name is no link.
    `note` is a further line, such as 「3 条举报没处理」.
    """

    count: int
    oldest: datetime | None = None
    hours: float | None = None
    items: Sequence[Item] = ()
    decides: bool = True
    note: str = ""
    opens: bool = True


Build = Callable[[Session, Actor], Waiting]


@dataclass(frozen=True, slots=True)
class Queue:
    """A registered queue; `href` is its page, `empty` what the desk says when nothing waits."""

    name: str
    title: str
    href: str
    empty: str
    permission: Permission
    build: Build
    queries: int
    order: int


_queues: dict[str, Queue] = {}


def register(
    name: str,
    *,
    title: str,
    href: str,
    permission: Permission,
    queries: int,
    empty: str = "没有等着的",
    order: int = 50,
) -> Callable[[Build], Build]:
    """Register `build(session, actor) -> Waiting` under `room.queue`; shown to who holds the permission."""

    def keep(build: Build) -> Build:
        known = _queues.get(name)
        mine = (build.__module__, build.__qualname__)
        if known is not None and (known.build.__module__, known.build.__qualname__) != mine:
            raise RuntimeError(f"two queues named {name}")
        _queues[name] = Queue(name, title, href, empty, permission, build, queries, order)
        return build

    return keep


def registered() -> list[Queue]:
    return sorted(_queues.values(), key=lambda queue: (queue.order, queue.name))


def ask_all(session: Session, actor: Actor) -> list[tuple[Queue, Waiting]]:
    """Return every queue that the actor may see with what waits in it, in order."""
    return [(queue, queue.build(session, actor)) for queue in registered() if can(actor, queue.permission)]
