"""Many at once: one hold for a thing, whoever was first, and nobody meets an error."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select

from app.core.db import Database
from app.core.permissions import Actor, Role
from app.desk.models import Hold
from app.desk.service import holds
from tests.factories.accounts import make_user

pytestmark = pytest.mark.committed
PEOPLE = 6


@pytest.mark.parametrize("act", [holds.look, holds.take])
def test_all_open_the_same_thing_at_once(database: Database, act: object) -> None:
    with database.writing() as session:
        people = [make_user(session, Role.operator).id for _ in range(PEOPLE)]
    gate = Barrier(PEOPLE)

    def go(number: int) -> None:
        gate.wait(10)
        with database.writing() as session:
            actor = Actor(user_id=people[number], roles=frozenset({Role.operator}))
            act(session, actor, key="needs.held:1")  # type: ignore[operator]  # one of the two commands

    with ThreadPoolExecutor(PEOPLE) as pool:
        list(pool.map(go, range(PEOPLE)))
    with database.reading() as session:
        assert session.scalar(select(func.count(Hold.key))) == 1
        assert session.scalars(select(Hold.assigned)).one() is (act is holds.take)
