"""Twenty submits of one form are one effect; without the key they are twenty."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from app.core import idempotency
from app.core.db import Database
from app.core.errors import IdempotencyMismatch
from app.core.jobs import Job

pytestmark = pytest.mark.committed
SUBMITS = 20


def _submit(database: Database, key: str | None) -> str:
    """Do what a creating route does: take the key, make the row, keep the answer; returns the answer."""
    for _ in range(5):
        try:
            with database.writing() as session:
                if key is None:
                    session.add(Job(name="double"))
                    return "made"
                row, first = idempotency.begin(
                    session, owner="user:1", route="POST /x", key=key, digest="same"
                )
                if first:
                    session.add(Job(name="double"))
                    row.status, row.body = 303, b"the answer"
                return row.body.decode()
        except DBAPIError:  # a wait that ran out; the browser would send the same key again
            continue
    return "refused"


def _race(database: Database, key: str | None) -> tuple[list[str], int]:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: _submit(database, key), range(SUBMITS)))
    with database.reading() as session:
        made = session.scalar(select(func.count(Job.id)).where(Job.name == "double")) or 0
    return answers, made


def test_one_key_is_one_effect_and_everyone_gets_its_answer(database: Database) -> None:
    answers, made = _race(database, "k-1")
    assert made == 1
    assert set(answers) == {"the answer"}


def test_control_without_a_key_every_submit_counts(database: Database) -> None:
    _answers, made = _race(database, None)
    assert made == SUBMITS


def test_a_key_with_another_content_is_refused(database: Database) -> None:
    with database.writing() as session:
        idempotency.begin(session, owner="user:1", route="POST /x", key="k", digest="one")
    with database.writing() as session, pytest.raises(IdempotencyMismatch):
        idempotency.begin(session, owner="user:1", route="POST /x", key="k", digest="two")


def test_a_key_belongs_to_its_user_and_route(database: Database) -> None:
    for owner, route in (("user:1", "POST /x"), ("user:2", "POST /x"), ("user:1", "POST /y")):
        with database.writing() as session:
            assert idempotency.begin(session, owner=owner, route=route, key="k", digest="d")[1] is True


def test_a_rolled_back_effect_leaves_no_stuck_key(database: Database) -> None:
    with pytest.raises(RuntimeError), database.writing() as session:
        idempotency.begin(session, owner="user:1", route="POST /x", key="k", digest="d")
        raise RuntimeError
    with database.writing() as session:
        assert idempotency.begin(session, owner="user:1", route="POST /x", key="k", digest="d")[1] is True
