"""A person's copy holds what they follow; deletion leaves nothing of it, and nothing of anybody else's goes."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.core import clock
from app.watching import personal, service
from app.watching.models import Glance, Kind, LockedList, Mark, Pace, SavedSearch
from tests.factories.accounts import actor_of, make_user
from tests.factories.offerings import make_offering, make_vendor


def follow(session: Session) -> uuid.UUID:
    user = make_user(session)
    row = make_offering(session, make_vendor(session), title="示例：停机提醒")
    actor = actor_of(user)
    search = service.add_search(session, actor, name="我的搜索", query="q=PLC", pace=Pace.daily, known=[])
    service.lock_results(session, actor, search_id=search.id, cards=[], total=0)
    service.add_mark(session, actor, kind=Kind.offering, object_id=row.id)
    session.add(Glance(user_id=user.id, kind=Kind.offering, object_id=row.id, seen_at=clock.now()))
    session.flush()
    return user.id


def test_the_copy_and_the_deletion(session: Session) -> None:
    one, two = follow(session), follow(session)
    tables = personal.collect(session, one)
    assert {name: len(rows) for name, rows in tables.items()} == {
        "保存的搜索": 1,
        "关注": 1,
        "固定的结果": 1,
        "最近看过": 1,
    }
    for _ in range(2):
        personal.erase(session, one)
    kept: tuple[type[Any], ...] = (Glance, LockedList, Mark, SavedSearch)
    for model in kept:
        assert [row.user_id for row in session.query(model).all()] == [two]
