"""Attacks on the door: many addresses, many accounts, many at once; and what the guesser can measure (S3)."""

import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries, service
from app.accounts.models import UserState
from app.accounts.service import failures
from app.core import after, clock, messages, parameters, security
from app.core.db import Database
from app.core.errors import RateLimited
from tests.factories.accounts import PASSWORD, make_user
from tests.services.client import Client

WRONG = "不对的密码不对的密码"
METRIC = "funeng_sign_ins_refused_total"


def enter(client: Client, login: str, password: str = WRONG) -> Any:
    return client.submit("/sign-in", {"login": login, "password": password})


@pytest.fixture
def crowd(app: FastAPI, session: Session) -> Iterator[Callable[[int], Client]]:
    """`crowd(7)`: the application as the seventh address of a botnet asks it."""
    with ExitStack() as stack:
        known: dict[int, Client] = {}

        def member(number: int) -> Client:
            if number not in known:
                address = (f"198.51.100.{number}", 50_000)
                known[number] = stack.enter_context(Client(app, session=session, client=address))
            return known[number]

        yield member


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
class TestAttacks:
    def test_one_account_from_many_addresses(self, crowd: Callable[[int], Client], session: Session):
        make_user(session, login="a@example.cn")
        assert [enter(crowd(n), "a@example.cn").status_code for n in range(5)] == [422] * 5
        for number in range(5, 9):  # none of them, and not the owner either
            assert enter(crowd(number), "a@example.cn", PASSWORD).status_code == 429
        make_user(session, login="b@example.cn")
        assert enter(crowd(0), "b@example.cn", PASSWORD).status_code == 303  # control: others go in

    def test_many_accounts_from_one_address(self, crowd: Callable[[int], Client], session: Session):
        make_user(session, login="c@example.cn")
        answers = [enter(crowd(1), f"victim{n}@example.cn").status_code for n in range(21)]
        assert answers == [422] * 20 + [429]
        assert (
            enter(crowd(1), "c@example.cn", PASSWORD).status_code == 429
        )  # not even with the right password
        assert enter(crowd(2), "c@example.cn", PASSWORD).status_code == 303

    def test_both_limits_must_allow(self, crowd: Callable[[int], Client], session: Session):
        """An account that is free from a full address, a locked account from a fresh address: neither opens."""
        make_user(session, login="d@example.cn")
        make_user(session, login="e@example.cn")
        for number in range(20):
            enter(crowd(3), f"victim{number}@example.cn")
        for _ in range(5):
            enter(crowd(4), "d@example.cn")
        assert enter(crowd(3), "e@example.cn", PASSWORD).status_code == 429
        assert enter(crowd(5), "d@example.cn", PASSWORD).status_code == 429
        assert enter(crowd(5), "e@example.cn", PASSWORD).status_code == 303

    def test_each_further_lock_is_twice_as_long_up_to_an_hour(
        self, crowd: Callable[[int], Client], session: Session
    ):
        make_user(session, login="f@example.cn")
        moment = clock.now()
        for minutes in (15, 30, 60, 60):
            with clock.frozen(moment):
                for number in range(5):
                    assert enter(crowd(number), "f@example.cn").status_code == 422
            with clock.frozen(moment + timedelta(minutes=minutes) - timedelta(seconds=5)):
                assert enter(crowd(9), "f@example.cn", PASSWORD).status_code == 429
            moment += timedelta(minutes=minutes, seconds=5)
        with clock.frozen(moment):
            assert enter(crowd(9), "f@example.cn", PASSWORD).status_code == 303

    def test_the_text_is_the_same_for_known_unknown_disabled_and_locked(
        self, crowd: Callable[[int], Client], session: Session
    ):
        make_user(session, login="g@example.cn")
        make_user(session, login="h@example.cn").state = UserState.disabled
        reasons, locked = set(), set()
        for number, login in enumerate(
            ("g@example.cn", "nobody@example.cn", "h@example.cn", "no login at all")
        ):
            for attempt in range(6):
                answer = enter(crowd(10 + number), login)
                shown = answer.text.split('role="alert"')[-1][:400] if attempt < 5 else ""
                reasons.add((answer.status_code, service.WRONG in shown)) if attempt < 5 else locked.add(
                    (answer.status_code, "先锁 15 分钟" in answer.text)
                )
        assert reasons == {(422, True)}
        assert locked == {(429, True)}


def test_the_alarm_counts_and_tells_the_security_admins_once_an_hour(
    crowd: Callable[[int], Client], session: Session
):
    session.add(parameters.ParameterRow(key=failures.ALARM, valid_from=clock.today(), value=8))
    before = REGISTRY.get_sample_value(METRIC) or 0

    def told() -> list[messages.Message]:
        return list(
            session.scalars(select(messages.Message).where(messages.Message.name == "accounts.alarm.raised"))
        )

    moment = clock.now().replace(minute=10, second=0, microsecond=0)
    with clock.frozen(moment):
        for number in range(7):
            enter(crowd(number), f"victim{number}@example.cn")
        assert told() == []  # control: below the threshold nobody is woken
        for number in range(7, 12):
            enter(crowd(number), f"victim{number}@example.cn")
    rows = told()
    assert [(row.role, row.payload) for row in rows] == [("security_admin", {"count": 8})]
    assert (REGISTRY.get_sample_value(METRIC) or 0) == before + 12
    with clock.frozen(moment + timedelta(minutes=6)):
        for number in range(7):
            enter(crowd(number), f"later{number}@example.cn")
        assert len(told()) == 1  # the earlier ones are too long ago to count


def _medians(client: Client, known: list[str], times: int) -> tuple[float, float]:
    """Milliseconds of a refused sign-in: of an account that exists, of one that does not; taken in turn."""
    page = client.get("/sign-in").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    taken: dict[bool, list[float]] = {True: [], False: []}
    for number in range(times):
        for exists in (True, False):
            login = known[number] if exists else f"ghost{number}@example.cn"
            started = time.perf_counter()
            answer = client.post("/sign-in", data={"login": login, "password": WRONG, "csrf_token": token})
            taken[exists].append((time.perf_counter() - started) * 1000)
            assert answer.status_code == 422
    return statistics.median(taken[True]), statistics.median(taken[False])


class TestTiming:
    def people(self, client: Client, app: FastAPI, times: int) -> list[str]:
        app.state.runtime.throttle._factor = 1_000
        known = [f"known{number}@example.cn" for number in range(times)]
        for login in known:
            make_user(client.session, login=login)
        return known

    def test_the_time_tells_nothing_about_an_account(
        self, client: Client, app: FastAPI, figure: Callable[[int, int], int]
    ):
        times = figure(25, 200)
        known, unknown = _medians(client, self.people(client, app, times), times)
        assert abs(known - unknown) <= 20 or 0.8 <= known / unknown <= 1.25, (known, unknown)

    def test_control_without_the_hash_for_nobody_it_would(
        self, client: Client, app: FastAPI, monkeypatch: pytest.MonkeyPatch
    ):
        plain = security.verify_password
        monkeypatch.setattr(
            security,
            "verify_password",
            lambda stored, password: stored is not None and plain(stored, password),
        )
        known, unknown = _medians(client, self.people(client, app, 15), 15)
        assert unknown < known * 0.8, (known, unknown)


@pytest.mark.committed
def test_guesses_in_the_same_moment_do_not_outrun_the_lock(database: Database):
    """The lock is asked again after the slow hash: a right guess among many in flight stays outside."""
    with database.writing() as session:
        make_user(session, login="race@example.cn")

    def guess(right: bool) -> bool:
        with database.read() as reading:
            service.check_lock(reading, "race@example.cn")
        with database.write() as session:
            try:
                if not right:
                    service.note_failure(session, "race@example.cn")
                    return False
                service.check_lock(session, "race@example.cn")
            except RateLimited:
                return False
            finally:
                steps = after.take(session)
                session.rollback()
                after.run(database, steps)
        return True

    with ThreadPoolExecutor(5) as pool:
        assert not any(pool.map(guess, [False] * 5))
    with database.reading() as session:
        row = queries.find_failure(session, security.token_hash("race@example.cn"))
        assert row is not None
        assert row.locked_until is not None
    with pytest.raises(RateLimited), database.reading() as session:
        service.check_lock(session, "race@example.cn")


def test_the_door_asks_for_the_lock_after_the_hash_too(client: Client, monkeypatch: pytest.MonkeyPatch):
    """Five wrong guesses are counted while the right one is still being hashed."""
    make_user(client.session, login="late@example.cn")
    plain = security.verify_password

    def slow(stored: str | None, password: str) -> bool:
        good = plain(stored, password)
        database = client.app.state.runtime.database  # type: ignore[attr-defined]  # Starlette's client hides it
        for _ in range(5):
            with database.reading() as session:
                service.note_failure(session, "late@example.cn")
                steps = after.take(session)
            after.run(database, steps)
        return good

    monkeypatch.setattr(security, "verify_password", slow)
    assert enter(client, "late@example.cn", PASSWORD).status_code == 429
    assert "funeng" not in client.cookies
