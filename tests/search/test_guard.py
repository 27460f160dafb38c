"""The breaker's states by a clock of our own, and the deadline on a search that hangs."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from search import EngineSettings, open_engine
from search.guard import Breaker, GuardedEngine, State
from search.types import Query, SearchUnavailable, Status
from tests.search.factories import PUBLIC, find, offering, put


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(clock=clock)


def test_three_failures_within_ten_seconds_open(breaker: Breaker, clock: Clock) -> None:
    for _ in range(2):
        breaker.enter()
        breaker.failed()
    assert breaker.state is State.CLOSED
    breaker.failed()
    assert breaker.state is State.OPEN
    with pytest.raises(SearchUnavailable):
        breaker.enter()


def test_failures_far_apart_do_not(breaker: Breaker, clock: Clock) -> None:
    for _ in range(6):
        breaker.failed()
        clock.now += 6
    assert breaker.state is State.CLOSED


def test_a_success_between_forgets(breaker: Breaker) -> None:
    for _ in range(6):
        breaker.failed()
        breaker.failed()
        breaker.succeeded()
    assert breaker.state is State.CLOSED


def test_one_trial_every_five_seconds_and_a_good_one_closes(breaker: Breaker, clock: Clock) -> None:
    for _ in range(3):
        breaker.failed()
    clock.now += 4.9
    with pytest.raises(SearchUnavailable):
        breaker.enter()
    clock.now += 0.2
    assert breaker.state is State.HALF_OPEN
    breaker.enter()  # the trial
    with pytest.raises(SearchUnavailable):
        breaker.enter()  # nobody else meanwhile
    breaker.failed()
    assert breaker.state is State.OPEN
    clock.now += 5
    breaker.enter()
    breaker.succeeded()
    assert breaker.state is State.CLOSED
    breaker.enter()


def test_of_many_threads_one_makes_the_trial(breaker: Breaker, clock: Clock) -> None:
    for _ in range(3):
        breaker.failed()
    clock.now += 5
    passed = []
    start = threading.Barrier(8)

    def attempt() -> None:
        start.wait()
        try:
            breaker.enter()
        except SearchUnavailable:
            return
        passed.append(1)

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 1


def test_an_index_that_comes_back_is_searched_again(tmp_path: Path, clock: Clock) -> None:
    settings = EngineSettings(data_dir=tmp_path)
    inner = open_engine(settings)
    assert isinstance(inner, GuardedEngine)
    engine = GuardedEngine(inner.engine, Breaker(clock=clock))
    for _ in range(3):
        with pytest.raises(SearchUnavailable, match="no index yet"):
            find(engine)
    put(engine, offering("a", "回来了"))
    with pytest.raises(SearchUnavailable, match="paused"):
        find(engine)
    assert engine.health().status is Status.DOWN
    clock.now += 5
    assert find(engine).total == 1
    assert engine.health().status is Status.STALE
    engine.close()


def test_a_mistake_of_the_caller_is_no_failure(tmp_path: Path) -> None:
    engine = open_engine(EngineSettings(data_dir=tmp_path))
    put(engine, offering("a", "一"))
    for _ in range(5):
        with pytest.raises(ValueError, match="unknown fields"):
            find(engine, chosen={"phone": ["1"]})
    assert find(engine).total == 1
    engine.close()


def test_an_unknown_backend_is_named() -> None:
    with pytest.raises(ValueError, match="sphinx"):
        open_engine(EngineSettings(backend="sphinx"))
    with pytest.raises(ValueError, match="data folder"):
        open_engine(EngineSettings())


def test_queries_know_their_bounds() -> None:
    for wrong in ({"offset": -1}, {"size": 1001}, {"offset": 9990, "size": 20}, {"match": "all"}):
        with pytest.raises(ValueError, match=r"page|match"):
            Query(PUBLIC, "设备", **wrong)  # type: ignore[arg-type]  # wrong on purpose


def test_the_deadline_bounds_a_search_that_hangs(tmp_path: Path) -> None:
    inner = open_engine(EngineSettings(data_dir=tmp_path))
    put(inner, offering("a", "一"))
    find(inner)
    release = threading.Event()
    assert isinstance(inner, GuardedEngine)
    engine = GuardedEngine(inner.engine, Breaker(failures=2), deadline=0.2)
    for _ in range(2):
        started = time.monotonic()
        with pytest.raises(SearchUnavailable, match=r"0\.2 s"):
            engine._guarded(lambda: release.wait(30))
        assert time.monotonic() - started < 5
    with pytest.raises(SearchUnavailable, match="paused"):
        find(engine)
    release.set()
    engine.close()
