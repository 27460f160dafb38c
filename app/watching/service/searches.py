"""Saved searches: kept, repeated, told once for each hit, and locked for the record."""

import hashlib
import json
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from app.core import audit, clock, messages
from app.core.errors import Conflict, EditConflict
from app.core.permissions import Actor
from app.indexing.schemas import Card
from app.watching import asking
from app.watching.models import LockedList, Pace, SavedHit, SavedSearch
from app.watching.queries import searches as queries
from app.watching.service.common import user_of
from search.types import Ref

audit.register_name("watching.search.saved", "保存搜索")
audit.register_name("watching.search.removed", "删除保存的搜索")
audit.register_name("watching.results.locked", "固定搜索结果")
messages.announce(
    "watching.search.hits",
    topic="watching",
    title="您订阅的搜索有 {count} 条新结果",
    text="「{name}」找到了 {count} 条新的。",
    link="/watching/searches/{search_id}",
    action="看新结果",
)
MOST_SEARCHES, KEPT_HITS = 30, 400
SOON, DAILY_AT = timedelta(minutes=5), time(7, 40)
"""A daily search runs before the mail of 08:00, so that today's news is in it."""


def next_run(pace: Pace) -> datetime:
    """Return when a search is due again."""
    moment = clock.now()
    if pace is Pace.at_once:
        return moment + SOON
    here = clock.local(moment)
    due = datetime.combine(here.date(), DAILY_AT, tzinfo=clock.LOCAL)
    return due if due > here else due + timedelta(days=1)


def add_search(
    session: Session, actor: Actor, *, name: str, query: str, pace: Pace, known: Iterable[Ref]
) -> SavedSearch:
    """Keep a search; what it finds now (`known`) is no news later.

    Raises:
        Conflict: there are thirty, or the very same is kept already.

    """
    user_id = user_of(actor)
    own = queries.list_searches(session, actor)
    written = asking.write(asking.read(query))
    if any(row.query == written for row in own):
        raise Conflict("这个搜索您已经保存过")
    if len(own) >= MOST_SEARCHES:
        raise Conflict(f"最多保存 {MOST_SEARCHES} 个搜索，请先删掉不用的")
    row = SavedSearch(
        id=uuid.uuid4(),
        user_id=user_id,
        organisation_id=actor.organisation_id,
        name=name,
        query=written,
        pace=pace,
        next_at=next_run(pace),
        ran_at=clock.now(),
    )
    session.add(row)
    session.flush()
    for ref in dict.fromkeys(known):
        session.add(_hit(row, ref, is_new=False))
    audit.record(session, actor, "watching.search.saved", kind="search", object_id=row.id)
    return row


def change_search(
    session: Session, actor: Actor, *, search_id: uuid.UUID, version: int, name: str, pace: Pace
) -> SavedSearch:
    """Change name and pace.

    Raises:
        EditConflict: it was changed in another window since `version`.

    """
    row = queries.get_search(session, actor, search_id)
    if row.version != version:
        raise EditConflict(
            yours={"name": name, "pace": pace.value},
            theirs={"name": row.name, "pace": row.pace.value, "version": row.version},
        )
    row.name, row.pace, row.version, row.next_at = name, pace, row.version + 1, next_run(pace)
    return row


def remove_search(session: Session, actor: Actor, *, search_id: uuid.UUID) -> None:
    row = queries.get_search(session, actor, search_id)
    audit.record(session, actor, "watching.search.removed", kind="search", object_id=row.id)
    session.delete(row)


def read_hits(session: Session, actor: Actor, *, search_id: uuid.UUID, through: datetime) -> None:
    """Count what the page showed as seen, not what came meanwhile."""
    row = queries.get_search(session, actor, search_id)
    row.seen_through = max(row.seen_through, min(through, clock.now()))


def note_hits(session: Session, *, search_id: uuid.UUID, visible: Sequence[Ref]) -> int:
    """Keep what a run found and tell the owner once of what is new; returns how many.

    `visible` are hits that the owner may see at this moment. The search is locked and must still be due, and a hit
    is kept once, so no run repeats another's news.
    """
    row = queries.lock_due(session, search_id, moment=clock.now())
    if row is None:
        return 0
    known = queries.known_refs(session, row.id)
    fresh = [ref for ref in dict.fromkeys(visible) if ref not in known]
    for ref in fresh:
        session.add(_hit(row, ref, is_new=True))
    session.flush()
    row.ran_at, row.next_at = clock.now(), next_run(row.pace)
    untold = queries.list_untold(session, row.id)
    if untold and row.pace is not Pace.never:
        messages.post(
            session,
            "watching.search.hits",
            user_id=row.user_id,
            payload={"search_id": str(row.id), "name": row.name, "count": len(untold)},
            dedupe_key=f"watching.search.hits:{row.id}:{row.ran_at.isoformat()}",
        )
    for hit in untold:
        hit.told_at = row.ran_at
    for old in queries.list_old_hits(session, row.id, keep=KEPT_HITS):
        session.delete(old)
    return len(fresh)


def lock_results(
    session: Session, actor: Actor, *, search_id: uuid.UUID, cards: Sequence[Card], total: int
) -> LockedList:
    """Keep the results as they stand now: order, ids, prices, and a hash over them. Names are not copied.

    The list can later be shown with the names of what its owner may still see.
    """
    row = queries.get_search(session, actor, search_id)
    lines = [
        {"kind": card.kind, "id": card.id, "price": card.price, "term": card.term, "url": card.url}
        for card in cards
    ]
    moment = clock.now()
    written = json.dumps([row.query, moment.isoformat(), lines], ensure_ascii=False, sort_keys=True)
    locked = LockedList(
        id=uuid.uuid4(),
        user_id=user_of(actor),
        name=row.name,
        query=row.query,
        total=total,
        rows=lines,
        digest=hashlib.sha256(written.encode()).hexdigest(),
        locked_at=moment,
    )
    session.add(locked)
    audit.record(
        session,
        actor,
        "watching.results.locked",
        kind="search",
        object_id=row.id,
        data={"locked": str(locked.id), "count": len(lines), "digest": locked.digest},
    )
    return locked


def _hit(row: SavedSearch, ref: Ref, *, is_new: bool) -> SavedHit:
    return SavedHit(search_id=row.id, kind=ref.kind, object_id=uuid.UUID(ref.id), is_new=is_new)
