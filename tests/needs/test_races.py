"""What many do to one need at once: exactly one effect each, on both databases, with the protection off as a control."""

import threading
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import Database
from app.core.errors import Conflict, EditConflict
from app.core.jobs import Job
from app.core.permissions import Actor
from app.needs import service
from app.needs.models import Need, NeedOutcome, NeedQuestion, NeedState, Outcome
from app.needs.service import Conclusion, asking, ending
from tests.factories.needs import make_other_owner, make_published
from tests.factories.offerings import make_vendor

pytestmark = pytest.mark.committed
EXPECTED = (Conflict, EditConflict, IntegrityError, OperationalError)


def at_once(database: Database, acts: list[Callable[[Session], object]]) -> Counter[str]:
    """Run the acts together, each in its own transaction; return how each ended."""
    ready, told = threading.Barrier(min(len(acts), 12)), Counter[str]()
    lock = threading.Lock()
    waiting = list(acts)

    def work() -> None:
        ready.wait()
        while True:
            with lock:
                if not waiting:
                    return
                act = waiting.pop()
            try:
                with database.writing() as session:
                    act(session)
                ended = "done"
            except EXPECTED as error:
                ended = type(error).__name__
            with lock:
                told[ended] += 1

    threads = [threading.Thread(target=work) for _ in range(ready.parties)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


@pytest.fixture
def posted(database: Database) -> tuple[uuid.UUID, Actor]:
    with database.writing() as session:
        owner = make_other_owner(session)
        return make_published(session, owner).id, owner


def conclude(need_id: uuid.UUID, owner: Actor, reason: str) -> Callable[[Session], object]:
    conclusion = Conclusion(Outcome.cancelled, reason)
    return lambda session: service.conclude_need(
        session, owner, need_id=need_id, version=2, conclusion=conclusion
    )


def test_two_outcomes_at_once_are_one(database: Database, posted: tuple[uuid.UUID, Actor]):
    need_id, owner = posted
    told = at_once(database, [conclude(need_id, owner, reason) for reason in ("budget", "solved") * 6])
    assert told["done"] == 1
    with database.reading() as session:
        assert len(session.scalars(select(NeedOutcome)).all()) == 1
        assert len(session.scalars(select(Job).where(Job.name == ending.ENDED_NEWS)).all()) == 1


def test_control_without_the_look_first_the_table_itself_refuses(
    database: Database, posted: tuple[uuid.UUID, Actor], monkeypatch: pytest.MonkeyPatch
):
    need_id, owner = posted
    monkeypatch.setattr(ending.queries, "find_outcome", lambda *_args: None)
    monkeypatch.setattr(ending, "check_version", lambda *_args: None)
    monkeypatch.setattr(ending, "EXPIRED", "cancelled")  # an ended one is let in again too
    told = at_once(database, [conclude(need_id, owner, "budget") for _ in range(4)])
    assert (told["done"], told["IntegrityError"]) == (1, 3)


def ask(need_id: uuid.UUID, vendor: Actor) -> Callable[[Session], object]:
    return lambda session: service.ask_question(
        session, vendor, need_id=need_id, text="控制柜里有没有 24 伏电源？"
    )


@pytest.fixture
def vendor(database: Database) -> Actor:
    with database.writing() as session:
        return make_vendor(session).actor


def questions(database: Database) -> int:
    with database.reading() as session:
        return len(session.scalars(select(NeedQuestion)).all())


def test_many_submits_of_one_question_ask_once(
    database: Database,
    posted: tuple[uuid.UUID, Actor],
    vendor: Actor,
    figure: Callable[[int, int], int],
):
    at_once(database, [ask(posted[0], vendor)] * figure(40, 200))
    assert questions(database) == 1


def test_control_without_the_words_digest_it_is_asked_again(
    database: Database, posted: tuple[uuid.UUID, Actor], vendor: Actor, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(asking, "_digest", lambda _text: uuid.uuid4().hex)
    at_once(database, [ask(posted[0], vendor)] * 6)
    assert questions(database) > 1


def test_renewed_or_ended_never_both(database: Database, posted: tuple[uuid.UUID, Actor]):
    need_id, owner = posted
    with database.writing() as session:
        session.get_one(Need, need_id).expires_at = clock.now() - timedelta(seconds=1)

    def renew(session: Session) -> object:
        return service.renew_need(session, owner, need_id=need_id, version=2)

    def expire(session: Session) -> object:
        return service.close_expired(session, need_id=need_id)

    at_once(database, [renew, expire])
    with database.reading() as session:
        need = session.get_one(Need, need_id)
        ended = session.scalars(select(Job).where(Job.name == ending.ENDED_NEWS)).all()
        assert need.expires_at is not None
        if need.state is NeedState.published:
            assert (need.expires_at > clock.now() + timedelta(days=170), ended) == (True, [])
        else:
            assert (need.state, need.end_code, len(ended)) == (NeedState.closed, "expired", 1)
