"""Two people press at the same moment: one effect, on both databases, and two without the protection."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.core.db import Database
from app.core.errors import AppError
from app.core.permissions import Role
from app.organisations.models import Appeal, AppealState, Capacity, PoolEntry, PoolMove, PoolStep
from app.organisations.queries import pools as pool_queries
from app.organisations.schemas.standing import AppealDecision
from app.organisations.service import appealing, pooling
from tests.factories.accounts import actor_of, make_staff
from tests.factories.organisations import acting_for, add_member, make_organisation
from tests.organisations.pooling import Play, application, moved

pytestmark = pytest.mark.committed


def at_once(database: Database, *commands: Callable[[Session], Any]) -> list[str]:
    """Run each command in a thread and transaction of its own; returns what each met, sorted."""
    outcomes: list[str] = []
    gate = threading.Barrier(len(commands))

    def attempt(command: Callable[[Session], Any]) -> None:
        gate.wait()
        try:
            with database.writing() as session:
                command(session)
            outcomes.append("done")
        except AppError:
            outcomes.append("refused")

    threads = [threading.Thread(target=attempt, args=(command,)) for command in commands]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


@pytest.mark.parametrize("protected", [True, False])
def test_one_vendor_applies_twice(database: Database, monkeypatch: pytest.MonkeyPatch, protected: bool):
    with database.writing() as session:
        vendor = make_organisation(session, Capacity.vendor)
        actor = acting_for(add_member(session, vendor), vendor)
        if not protected:
            session.execute(text("DROP INDEX uq_pool_entries_alive"))
            monkeypatch.setattr(pool_queries, "find_alive", lambda *_: None)

    def apply(session: Session) -> None:
        pooling.apply(session, actor, data=application(), received={})

    expected = ["done", "refused"] if protected else ["done", "done"]
    assert at_once(database, apply, apply) == expected
    with database.reading() as session:
        assert session.scalar(select(func.count(PoolEntry.id))) == expected.count("done")


def test_removing_and_lifting_one_answer(database: Database):
    """Whichever comes first stands; the other meets what has changed."""
    with database.writing() as session:
        play = Play(session)
        for move in (PoolMove.admit, PoolMove.warn, PoolMove.answer):
            play.make(move)
        data, entry_id = moved(play.entry), play.entry.id

    def lift(session: Session) -> None:
        pooling.lift(session, play.reviewer, entry_id=entry_id, data=data)

    def remove(session: Session) -> None:
        pooling.remove(session, play.second, entry_id=entry_id, data=data)

    assert at_once(database, lift, remove) == ["done", "refused"]
    with database.reading() as session:
        rows = session.scalars(select(PoolStep.position).where(PoolStep.entry_id == entry_id)).all()
        assert sorted(rows) == list(range(5))


def test_two_reviewers_decide_one_appeal(database: Database):
    with database.writing() as session:
        play = Play(session)
        play.make(PoolMove.refuse)
        play.make(PoolMove.appeal)
        third = actor_of(make_staff(session), Role.reviewer)
        appeal_id = play.appealed.id

    def decide(actor: Any, uphold: bool) -> Callable[[Session], Any]:
        data = AppealDecision(uphold=uphold, reason="核对过，写明原因")
        return lambda session: appealing.decide_appeal(session, actor, appeal_id=appeal_id, data=data)

    assert at_once(database, decide(play.second, True), decide(third, False)) == ["done", "refused"]
    with database.reading() as session:
        assert session.get_one(Appeal, appeal_id).state is not AppealState.open
