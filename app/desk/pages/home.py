"""The staff's home: everything that waits in one list, the oldest first, and who works on it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor, FormData
from app.core import clock
from app.core.permissions import Actor, Permission
from app.desk import service  # noqa: F401  registers the rules before the routes ask for them
from app.desk.service import holds
from app.needs import case_number
from app.web import queues
from app.web.deps import ReadSession, WriteSession
from app.web.policy import permission
from app.web.queues import Item, Queue, Waiting
from app.web.templating import is_fragment, redirect, render, safe_next

router = APIRouter(prefix="/desk")
LONGEST = 40
ACTS = {"look": holds.look, "take": holds.take, "release": holds.release}


def _age(since: datetime) -> str:
    return clock.cn_ago(since).removesuffix("前")


def _late(since: datetime, waiting: Waiting) -> bool:
    return waiting.hours is not None and since < clock.now() - timedelta(hours=waiting.hours)


def _line(queue: Queue, waiting: Waiting) -> dict[str, Any]:
    return {
        "name": queue.name,
        "title": queue.title,
        "href": queue.href if waiting.opens else "",
        "empty": queue.empty,
        "count": waiting.count,
        "age": _age(waiting.oldest) if waiting.oldest else None,
        "late": waiting.oldest is not None and _late(waiting.oldest, waiting),
        "decides": waiting.decides,
        "note": waiting.note,
    }


def _items(queue: Queue, waiting: Waiting) -> Sequence[Item]:
    """Return the queue's items; one that names none stands in the list as a whole."""
    if waiting.items or not waiting.decides or not waiting.count or waiting.oldest is None:
        return waiting.items
    return [Item(f"{queue.name}:all", queue.title, queue.href, waiting.oldest, f"{waiting.count} 件")]


def _rows(session: Session, actor: Actor, found: list[tuple[Queue, Waiting]]) -> list[dict[str, Any]]:
    waiting = [(item, queue, each) for queue, each in found for item in _items(queue, each)]
    waiting.sort(key=lambda entry: (entry[0].since, entry[0].key))
    held = holds.show(session, actor, keys=[item.key for item, _queue, _each in waiting])
    rows = []
    for item, queue, each in waiting:
        hold = held.get(item.key)
        rows.append(
            {
                "key": item.key,
                "href": item.href,
                "title": item.title,
                "age": _age(item.since),
                "late": _late(item.since, each),
                "reasons": [queue.title if queue.title != item.title else "", item.reason],
                "queue": queue.name,
                "hold": hold,
                "mine": hold is not None and hold.mine and hold.assigned,
            }
        )
    return rows


@router.get("")
@permission(Permission.desk_queue_read)
def home(
    *,
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    queue: Annotated[str, Query(max_length=60)] = "",
    mine: Annotated[str, Query(max_length=1)] = "",
) -> Response:
    """Show what needs the staff, over all queues, with counts and ages."""
    found = queues.ask_all(session, actor)
    rows = _rows(session, actor, found)
    shown = [row for row in rows if (not queue or row["queue"] == queue) and (not mine or row["mine"])]
    lines = [_line(each, waiting) for each, waiting in found]
    context = {
        "session": session,
        "lines": lines,
        "rows": shown[:LONGEST],
        "total": sum(line["count"] for line in lines if line["decides"]),
        "chosen": queue,
        "mine": mine,
        "own": sum(row["mine"] for row in rows),
    }
    return render(request, "desk/home.html", context)


@router.get("/next")
@permission(Permission.desk_queue_read)
def open_next(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """Open the oldest thing that no colleague works on."""
    rows = _rows(session, actor, queues.ask_all(session, actor))
    free = [row for row in rows if row["hold"] is None or row["hold"].mine]
    if not free:
        return redirect(request, "/desk", flash="都有人在办了，或者没有等着的了", kind="info")
    return redirect(request, free[0]["href"])


@router.get("/case")
@permission(Permission.desk_queue_read)
def find_case(
    request: Request, session: ReadSession, number: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """Open a case by its number; a slip of the pen is explained by the check digit."""
    try:
        found = case_number.parse(number)
    except ValueError as error:
        context = {"session": session, "number": number, "reason": str(error)}
        return render(request, "desk/case.html", context, status_code=422)
    return redirect(request, f"/cases/{found}")


@router.post("/holds")
@permission(Permission.desk_item_hold)
def hold(request: Request, actor: CurrentActor, form: FormData, session: WriteSession) -> Response:
    """Say that one looks at a thing, takes it on or puts it down; htmx gets the line back, others their page."""
    key = holds.check_key(form.text("key"), frozenset(queue.name for queue in queues.registered()))
    ACTS.get(form.text("act"), holds.look)(session, actor, key=key)
    if is_fragment(request):
        context = {"part": {"data": {"key": key, "hold": holds.show(session, actor, keys=[key]).get(key)}}}
        return render(request, "desk/_hold.html", context)
    return redirect(request, safe_next(form.text("back")[:200], "/desk"))
