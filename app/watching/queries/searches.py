"""Saved searches, their hits and locked lists."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.permissions import Actor
from app.watching.models import LockedList, SavedHit, SavedSearch
from search.types import Ref

GONE = "没有这个保存的搜索"


def visible_to(actor: Actor) -> Select[SavedSearch]:
    """Select the person's own saved searches."""
    return select(SavedSearch).where(SavedSearch.user_id == actor.user_id)


def list_searches(session: Session, actor: Actor) -> Sequence[SavedSearch]:
    return session.scalars(visible_to(actor).order_by(SavedSearch.created_at, SavedSearch.id)).all()


def count_searches(session: Session, actor: Actor) -> int:
    return session.scalar(select(func.count()).select_from(visible_to(actor).subquery())) or 0


def get_search(session: Session, actor: Actor, search_id: uuid.UUID) -> SavedSearch:
    found = session.scalars(visible_to(actor).where(SavedSearch.id == search_id)).first()
    if found is None:
        raise NotFound(GONE)
    return found


def list_new_hits(session: Session, searches: Iterable[SavedSearch]) -> dict[uuid.UUID, list[SavedHit]]:
    """Return hits that came since each search was last looked at, newest first; one query."""
    known = {row.id: row for row in searches}
    rows = session.scalars(
        select(SavedHit)
        .join(SavedSearch, SavedSearch.id == SavedHit.search_id)
        .where(
            SavedHit.search_id.in_(list(known)),
            SavedHit.is_new.is_(True),
            SavedHit.found_at > SavedSearch.seen_through,
        )
        .order_by(SavedHit.found_at.desc(), SavedHit.object_id)
    )
    found: dict[uuid.UUID, list[SavedHit]] = {}
    for row in rows:
        found.setdefault(row.search_id, []).append(row)
    return found


def list_untold(session: Session, search_id: uuid.UUID) -> Sequence[SavedHit]:
    return session.scalars(
        select(SavedHit).where(
            SavedHit.search_id == search_id, SavedHit.is_new.is_(True), SavedHit.told_at.is_(None)
        )
    ).all()


def known_refs(session: Session, search_id: uuid.UUID) -> set[Ref]:
    rows = session.execute(select(SavedHit.kind, SavedHit.object_id).where(SavedHit.search_id == search_id))
    return {Ref(kind, str(object_id)) for kind, object_id in rows}


def list_due(session: Session, *, moment: datetime, limit: int) -> Sequence[SavedSearch]:
    return session.scalars(
        select(SavedSearch)
        .where(SavedSearch.next_at <= moment)
        .order_by(SavedSearch.next_at, SavedSearch.id)
        .limit(limit)
    ).all()


def lock_due(session: Session, search_id: uuid.UUID, *, moment: datetime) -> SavedSearch | None:
    """Return the search locked if it is still due: another worker may have run it meanwhile."""
    return session.scalars(
        select(SavedSearch)
        .where(SavedSearch.id == search_id, SavedSearch.next_at <= moment)
        .with_for_update(skip_locked=True)
    ).first()


def list_locked(session: Session, actor: Actor) -> Sequence[LockedList]:
    return session.scalars(
        select(LockedList)
        .where(LockedList.user_id == actor.user_id)
        .order_by(LockedList.locked_at.desc(), LockedList.id)
        .limit(50)
    ).all()


def get_locked(session: Session, actor: Actor, locked_id: uuid.UUID) -> LockedList:
    found = session.scalars(
        select(LockedList).where(LockedList.user_id == actor.user_id, LockedList.id == locked_id)
    ).first()
    if found is None:
        raise NotFound("没有这份固定的结果")
    return found


def list_old_hits(session: Session, search_id: uuid.UUID, *, keep: int) -> Sequence[SavedHit]:
    """Return hits beyond the newest `keep`, to be forgotten."""
    return session.scalars(
        select(SavedHit)
        .where(SavedHit.search_id == search_id)
        .order_by(SavedHit.found_at.desc(), SavedHit.object_id)
        .offset(keep)
    ).all()
