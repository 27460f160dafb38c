"""Races on both databases, each with a control where the protection is off and the race is lost."""

import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core import clock, idempotency
from app.core.audit import AuditEvent
from app.core.db import Database
from app.core.errors import AppError
from app.core.jobs import JobContext
from app.core.messages import Message
from app.deals import queries, service
from app.deals.jobs import end_enquiries, run_timers
from app.deals.models import DealQuota, Enquiry
from app.deals.service import common
from app.deals.states import EnquiryState
from tests.conftest import make_settings
from tests.factories.deals import ASKS, Deal, later
from tests.factories.offerings import make_offering

pytestmark = pytest.mark.committed


def together(database: Database, jobs: Sequence[Callable[[Session], Any]], threads: int = 8) -> list[Any]:
    """Run every job in its own transaction, all at once; a refusal is its answer, a busy database is asked again."""

    def one(job: Callable[[Session], Any]) -> Any:
        for _ in range(20):
            try:
                with database.writing() as session:
                    return job(session)
            except AppError as error:
                return error
            except DBAPIError:
                continue
        raise AssertionError("the database stayed busy")

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, jobs))


def ask(deal: Deal, offering_id: uuid.UUID, need_id: uuid.UUID | None) -> Callable[[Session], Enquiry]:
    return lambda session: service.ask_vendor(
        session, deal.sme, offering_id=offering_id, need_id=need_id, request=service.Request(ASKS)
    )


def make(database: Database) -> Deal:
    with database.writing() as session:
        return Deal(session)


def count(database: Database, model: Any) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_two_hundred_double_submits_are_one_enquiry(database: Database) -> None:
    """100 with the form's key, 100 without one (another tab): one row, everybody with the key gets its answer."""
    deal = make(database)
    send = ask(deal, deal.offering.id, deal.need.id)

    def with_key(session: Session) -> str:
        row, first = idempotency.begin(
            session, owner="user:1", route="POST /enquiries/ask", key="k", digest="d"
        )
        if first:
            row.status, row.body = 303, str(send(session).id).encode()
        return row.body.decode()

    answers = together(database, [with_key if number % 2 else send for number in range(200)])
    assert count(database, Enquiry) == 1
    made = [item for item in answers if isinstance(item, Enquiry)]
    keyed = {item for item in answers if isinstance(item, str)}
    assert len(made) + len(keyed) == 1, "one of them made it; the others were told so"
    assert len(answers) == 200
    with database.reading() as session:
        told = select(func.count()).where(Message.name == "deals.enquiry.sent")
        assert session.scalar(told) == 1
        assert session.scalar(select(DealQuota.taken)) == 1


def test_control_without_the_unique_pair_there_are_several(postgres_url: str, tmp_path: Path) -> None:
    """With the index gone and no look before, equal requests at once all get through."""
    database = Database(make_settings(tmp_path, postgres_url))
    deal = make(database)
    with database.writing() as session:
        session.execute(text("DROP INDEX uq_enquiries_live_pair"))
    both = threading.Barrier(2)
    found = queries.find_live

    def look_together(session: Session, pair_key: str) -> Enquiry | None:
        seen = found(session, pair_key)
        both.wait(timeout=20)
        return seen

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queries, "find_live", look_together)
        together(database, [ask(deal, deal.offering.id, deal.need.id)] * 2, threads=2)
    assert count(database, Enquiry) == 2
    database.dispose()


def test_of_accept_withdraw_and_expire_at_once_one_happens(database: Database, figure: Any) -> None:
    for _ in range(figure(3, 20)):
        with database.writing() as session:
            deal = Deal(session)
            row = deal.ask()
            row.due_at = clock.now()
            key = row.id

        def accept(session: Session, deal: Deal = deal, key: uuid.UUID = key) -> Any:
            return service.accept_enquiry(session, deal.vendor, enquiry_id=key, version=1, share=False)

        def withdraw(session: Session, deal: Deal = deal, key: uuid.UUID = key) -> Any:
            return service.withdraw_enquiry(session, deal.sme, enquiry_id=key, version=1, code="changed")

        def expire(session: Session, key: uuid.UUID = key) -> Any:
            return service.fire_timer(session, enquiry_id=key) or None

        answers = together(database, [accept, withdraw, expire] * 4, threads=6)
        happened = [item for item in answers if item is not None and not isinstance(item, AppError)]
        assert len(happened) == 1, answers
        with database.reading() as session:
            steps = queries.list_events(session, key)
            assert len(steps) == 2, "sent, and one thing after it"


def test_control_without_the_lock_several_happen(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the row lock both believe to have been first; only the tables' own keys and checks would stop the second."""
    database = Database(make_settings(tmp_path, postgres_url))
    with database.writing() as session:
        deal = Deal(session)
        key = deal.ask().id
        session.execute(text("ALTER TABLE enquiries DROP CONSTRAINT ck_enquiries_waiting_has_timer"))
        session.execute(
            text("ALTER TABLE enquiry_events DROP CONSTRAINT uq_enquiry_events_enquiry_id_version")
        )
    both = threading.Barrier(2)

    def without_lock(session: Session, actor: Any, enquiry_id: uuid.UUID) -> Enquiry:
        row = queries.get_enquiry(session, actor, enquiry_id)
        both.wait(timeout=20)
        return row

    monkeypatch.setattr(queries, "get_for_change", without_lock)
    answers = together(
        database,
        [
            lambda session: service.accept_enquiry(
                session, deal.vendor, enquiry_id=key, version=1, share=False
            ),
            lambda session: service.withdraw_enquiry(
                session, deal.sme, enquiry_id=key, version=1, code="changed"
            ),
        ],
        threads=2,
    )
    assert [item for item in answers if isinstance(item, AppError)] == []
    database.dispose()


def many(database: Database, number: int) -> tuple[Deal, list[uuid.UUID]]:
    with database.writing() as session:
        deal = Deal(session)
        return deal, [make_offering(session, deal.seller).id for _ in range(number)]


def test_fifty_at_once_do_not_oversell_the_day(database: Database) -> None:
    deal, offerings = many(database, 50)
    answers = together(database, [ask(deal, offering, None) for offering in offerings])
    assert count(database, Enquiry) == 20
    assert sum(isinstance(item, AppError) for item in answers) == 30


def test_control_counted_without_a_guard_the_day_is_oversold(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Look first and count later, as one would without the guarded update: more than twenty get through."""
    database = Database(make_settings(tmp_path, postgres_url))
    deal, offerings = many(database, 25)
    everyone = threading.Barrier(5)

    def look_then_take(session: Session, owner: str, limit: int) -> bool:
        del owner
        taken = session.scalar(select(func.count(Enquiry.id))) or 0
        everyone.wait(timeout=20)
        return taken < limit

    monkeypatch.setattr(common, "take_one", look_then_take)
    monkeypatch.setattr(common, "insert_day", lambda _session, _owner: None)
    for start in range(0, 18, 5):
        together(database, [ask(deal, key, None) for key in offerings[start : start + 5]], threads=5)
    with database.writing() as session:
        for row in session.scalars(select(Enquiry)).all()[:2]:
            session.delete(row)
    together(database, [ask(deal, key, None) for key in offerings[20:25]], threads=5)
    assert count(database, Enquiry) > 20
    database.dispose()


def test_reveals_are_not_oversold_either(database: Database) -> None:
    with database.writing() as session:
        deal = Deal(session)
        key = deal.in_state(EnquiryState.accepted, share=True).id
    answers = together(
        database,
        [lambda session: service.reveal_contacts(session, deal.vendor, enquiry_id=key)] * 40,
    )
    assert sum(isinstance(item, AppError) for item in answers) == 10
    with database.reading() as session:
        looks = select(func.count()).where(AuditEvent.name == "deals.contact.revealed")
        assert session.scalar(looks) == 30


def test_messages_at_once_get_numbers_of_their_own(database: Database) -> None:
    with database.writing() as session:
        deal = Deal(session)
        key = deal.ask().id

    def write(number: int) -> Callable[[Session], Any]:
        actor = deal.sme if number % 2 else deal.vendor
        return lambda session: service.post_message(
            session, actor, enquiry_id=key, message=f"示例：第 {number} 句"
        )

    together(database, [write(number) for number in range(20)])
    with database.reading() as session:
        assert [row.number for row in queries.list_messages(session, key)] == list(range(1, 22))


def test_the_worker_fires_timers_and_hears_of_the_needs_end(database: Database) -> None:
    with database.writing() as session:
        silent, ended = Deal(session), Deal(session)
        expiring, asked = silent.ask().id, ended.ask().id
        need_id = ended.need.id
    context = JobContext(database)
    told = end_enquiries(context, need_id=str(need_id), outcome="cancelled", chosen_organisation_ids=[])
    assert told == {"ended": 1}
    with later(days=5, minutes=1):
        run_timers(None, database)
    with later(days=8):
        run_timers(None, database)
        assert run_timers(None, database) is False
    with database.reading() as session:
        states = {row.id: row.state for row in session.scalars(select(Enquiry))}
        assert states == {expiring: EnquiryState.expired, asked: EnquiryState.not_chosen}
        due = select(func.count()).where(Message.name == "deals.enquiry.due")
        assert session.scalar(due) == 1
