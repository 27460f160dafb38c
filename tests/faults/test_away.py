"""What is not ours goes away: PostgreSQL dies, Elasticsearch dies or hangs. Honest answers, no lost write, own recovery."""

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.journal import Journal, Visitor, register
from tests.services.databases import funeng
from tests.services.elastic import Elasticsearch
from tests.services.postgres import Postgres
from tests.services.server import Server

pytestmark = pytest.mark.committed
LOOSE = {"FUNENG_ENV": "test", "FUNENG_RATE_FACTOR": "1000"}


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder with a short path that an unprivileged user may enter (sockets, drops of privilege)."""
    folder = Path(tempfile.mkdtemp(prefix="fg-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _until(seconds: float, good: object) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if good():  # type: ignore[operator]  # a callable of the caller
            return True
        threading.Event().wait(0.1)
    return False


def test_a_killed_postgres_costs_honest_refusals_only(short_folder: Path, tmp_path: Path) -> None:
    with Postgres(short_folder / "pg", durable=True) as postgres:
        settings = LOOSE | {"FUNENG_DATA_DIR": str(tmp_path / "data"), "FUNENG_DATABASE_URL": postgres.url()}
        funeng("migrate", settings=settings)
        journal, numbers, stop = Journal(), iter(range(10_000)), threading.Event()
        with Server(settings, tmp_path / "server.log") as server:

            def write() -> None:
                while not stop.is_set():
                    register(server.url, journal, next(numbers))

            writers = [threading.Thread(target=write) for _ in range(3)]
            for writer in writers:
                writer.start()
            assert _until(40, lambda: len(journal.acknowledged) >= 8)
            postgres.kill()
            assert _until(20, lambda: bool(journal.refused))
            assert server.status("/healthz") == 200
            assert server.status("/readyz") == 503
            before = len(journal.acknowledged)
            postgres.start()
            assert _until(30, lambda: len(journal.acknowledged) >= before + 5), journal.refused
            stop.set()
            for writer in writers:
                writer.join()
        found = _emails(postgres)
    assert journal.acknowledged <= found
    assert set(journal.refused) <= {0, 503}


def _emails(postgres: Postgres) -> set[str]:
    import psycopg

    with psycopg.connect(postgres.conninfo()) as connection:
        return {row[0] for row in connection.execute("SELECT email FROM users")}


def test_elasticsearch_dead_or_hanging_means_simplified_search(
    short_folder: Path, tmp_path: Path, sqlite_url: str
) -> None:
    with Elasticsearch(short_folder / "es") as elastic:
        settings = LOOSE | {
            "FUNENG_DATA_DIR": str(tmp_path / "data"),
            "FUNENG_DATABASE_URL": sqlite_url,
            "FUNENG_SEARCH__BACKEND": "elasticsearch",
            "FUNENG_SEARCH__URL": elastic.url,
        }
        funeng("reindex", settings=settings)
        with Server(settings, tmp_path / "server.log") as server:
            visitor = Visitor(server.url)
            assert _until(30, lambda: "简化检索" not in visitor.ask("/search?q=%E8%B4%B4%E6%81%AF")[1])

            elastic.pause()
            _always_simplified(visitor)
            elastic.resume()
            assert _until(40, lambda: "简化检索" not in visitor.ask("/search?q=%E8%B4%B4%E6%81%AF")[1])

            elastic.kill()
            _always_simplified(visitor)
            assert register(server.url, Journal(), 1) == 303  # writes do not need the engine
            assert server.status("/readyz") == 200
            elastic.start()
            assert _until(60, lambda: "简化检索" not in visitor.ask("/search?q=%E8%B4%B4%E6%81%AF")[1])
        assert funeng("check", "--json", settings=settings).returncode == 0


def _always_simplified(visitor: Visitor) -> None:
    """Eight searches while the engine is away: no 5xx, each within two seconds and a margin for a busy machine."""
    slow = 0
    for _ in range(8):
        start = time.monotonic()
        status, text, _place = visitor.ask("/search?q=%E8%B4%B4%E6%81%AF")
        assert status == 200
        assert "简化检索" in text
        slow += time.monotonic() - start > 5
    assert slow == 0
