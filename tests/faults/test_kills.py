"""Kill -9 at named points and in full flight: what was acknowledged is there, and the index catches up.

The small form; the seeds and minutes of RELIABILITY's figures run in `make test-long`.
"""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.journal import Journal, accounts_in, register
from tests.services.databases import funeng
from tests.services.server import Server

pytestmark = pytest.mark.committed
Make = Callable[..., Server]


@pytest.fixture
def loose(server_settings: dict[str, str]) -> dict[str, str]:
    return server_settings | {"FUNENG_RATE_FACTOR": "1000"}


@pytest.fixture
def make(loose: dict[str, str], tmp_path: Path) -> Iterator[Make]:
    started: list[Server] = []

    def build(**extra: str) -> Server:
        server = Server(loose | extra, tmp_path / f"server{len(started)}.log")
        started.append(server)
        server.start()
        return server

    yield build
    for server in started:
        server.stop()


def _database(settings: dict[str, str]) -> str:
    return settings["FUNENG_DATABASE_URL"].removeprefix("sqlite:///")


def test_kills_in_full_flight_lose_no_acknowledged_write(make: Make, loose: dict[str, str]) -> None:
    journal, numbers = Journal(), iter(range(10_000))
    server = make()
    for _round in range(2):
        before = len(journal.acknowledged)
        stop = threading.Event()

        def write() -> None:
            while not stop.is_set():  # noqa: B023  the threads end within the round
                register(server.url, journal, next(numbers))

        writers = [threading.Thread(target=write) for _ in range(6)]
        for writer in writers:
            writer.start()
        deadline = time.monotonic() + 30
        while len(journal.acknowledged) < before + 12 and time.monotonic() < deadline:
            threading.Event().wait(0.01)
        server.kill()
        stop.set()
        for writer in writers:
            writer.join()
        server.start()
    assert len(journal.acknowledged) >= 24
    assert journal.acknowledged <= accounts_in(_database(loose))


def test_a_kill_before_the_commit_is_no_acknowledgement(make: Make, loose: dict[str, str]) -> None:
    journal = Journal()
    server = make(FUNENG_FAILPOINT="edge.before_commit")
    register(server.url, journal, 1)
    assert journal.acknowledged == set()
    assert "journal1@example.cn" not in accounts_in(_database(loose))


def test_a_kill_after_the_commit_keeps_the_write(make: Make, loose: dict[str, str]) -> None:
    journal = Journal()
    server = make(FUNENG_FAILPOINT="edge.after_commit")
    register(server.url, journal, 1)
    assert journal.acknowledged == set()
    assert "journal1@example.cn" in accounts_in(_database(loose))


def test_control_an_answer_before_the_commit_would_be_caught(make: Make, loose: dict[str, str]) -> None:
    """The comparison itself can fail: an acknowledged account that is then lost turns it red."""
    journal = Journal()
    server = make()
    register(server.url, journal, 1)
    server.stop()
    import sqlite3

    plain = sqlite3.connect(_database(loose))
    plain.execute("DELETE FROM users WHERE email = 'journal1@example.cn'")
    plain.commit()
    plain.close()
    assert not journal.acknowledged <= accounts_in(_database(loose))


@pytest.mark.parametrize("point", ["drainer.after_lease", "drainer.after_write"])
def test_a_worker_killed_in_its_work_leaves_nothing_behind(
    make: Make, loose: dict[str, str], point: str
) -> None:
    """The reference data's policies wait in the outbox of a fresh copy; a killed drainer must not lose them."""
    dying = Server(loose | {"FUNENG_FAILPOINT": point}, Path(_database(loose)).with_name("dying.log"))
    dying.launch()
    dying.wait_for_exit(40)
    server = make()
    deadline = time.monotonic() + 90  # a leased row comes back when its lease ends (60 s)
    while time.monotonic() < deadline:
        found = funeng("check", "--json", settings=loose, check=False)
        if found.returncode == 0:
            break
        threading.Event().wait(0.5)
    assert found.returncode == 0, found.stdout
    assert server.status("/search?q=贴息".replace("贴息", "%E8%B4%B4%E6%81%AF")) == 200


@pytest.mark.parametrize("point", ["rebuild.before_publish", "rebuild.after_publish"])
def test_a_rebuild_killed_half_way_leaves_a_serving_index(
    make: Make, loose: dict[str, str], point: str
) -> None:
    funeng("reindex", settings=loose)
    killed = funeng("reindex", settings=loose | {"FUNENG_FAILPOINT": point}, check=False)
    assert killed.returncode == -9
    assert funeng("check", "--json", settings=loose).returncode == 0
    assert funeng("reindex", settings=loose).returncode == 0
