"""Fixtures every test may ask for; tests/README.md says which to take.

Servers are real, shared by the run's workers and started when the first test wants one (tests/services).
"""

from __future__ import annotations

import os
import uuid
from contextlib import ExitStack
from typing import TYPE_CHECKING

import hypothesis
import pytest

from tests.services import session as run

if TYPE_CHECKING:  # a test of a pure function should not wait for the application or the browser driver
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fastapi import FastAPI
    from playwright.sync_api import Browser, Page
    from sqlalchemy.orm import Session

    from app.core.db import Database
    from app.core.settings import Settings
    from tests.services.chromium import Watch
    from tests.services.client import Client, Swap
    from tests.services.databases import SharedDatabase
    from tests.services.server import Server

# the same examples in every run: a red test stays red, and no example's speed is judged
hypothesis.settings.register_profile("small", deadline=None, derandomize=True)
hypothesis.settings.register_profile("full", deadline=None, max_examples=2_000)
FULL = os.environ.get("FUNENG_TEST_SCALE") == "full"
hypothesis.settings.load_profile("full" if FULL else "small")

OURS = ("FUNENG_TEST_", "FUNENG_JAVA_HOME", "FUNENG_CACHE_DIR", "FUNENG_CHROMIUM")
WANTED_BY = {
    "postgres_url": "postgres",
    "elasticsearch_url": "elasticsearch",
    "elasticsearch_secured": "elasticsearch_secured",
}


def pytest_configure(config: pytest.Config) -> None:
    # a developer's own FUNENG_ settings must not change what a test sees
    for name in list(os.environ):
        if name.startswith("FUNENG_") and not name.startswith(OURS):
            del os.environ[name]
    if not hasattr(config, "workerinput"):
        run.begin()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        run.end()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let the slow servers boot while the first tests run."""
    if config.option.collectonly:
        return
    names = {name for item in items for name in getattr(item, "fixturenames", ())}
    for fixture, server in WANTED_BY.items():
        if fixture in names:
            run.want(server)


@pytest.fixture(scope="session")
def figure() -> Callable[[int, int], int]:
    """`figure(5, 1_000)`: the small number in `make test`, the promise's own in `make test-long`."""
    return lambda small, full: full if FULL else small


# --- databases: committed copies ---------------------------------------------------------------------------


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A fresh SQLite file with schema and reference data."""
    from tests.services import databases

    return databases.new_sqlite(tmp_path / "sqlite")


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A fresh PostgreSQL database with schema and reference data."""
    from tests.services import databases

    with databases.new_postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database, once on SQLite and once on PostgreSQL."""
    from tests.services import databases

    if request.param == "sqlite":
        yield databases.new_sqlite(tmp_path / "sqlite")
    else:
        with databases.new_postgres() as url:
            yield url


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    """A `Database` with real connections and commits, on both; for races, worker and outbox."""
    from app.core.db import Database

    opened = Database(make_settings(tmp_path, database_url))
    yield opened
    opened.dispose()


# --- one outer transaction: service and page tests ---------------------------------------------------------


@pytest.fixture
def backend() -> str:
    """Which database `session` and `client` use; override with an indirect parameter to run on both."""
    return "sqlite"


@pytest.fixture(scope="session")
def _shared_urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """One database per worker and kind; each test rolls back what it did."""
    from tests.services import databases

    with ExitStack() as stack:

        class Lazy(dict[str, str]):
            def __missing__(self, kind: str) -> str:
                if kind == "sqlite":
                    self[kind] = databases.new_sqlite(tmp_path_factory.mktemp("shared"))
                else:
                    self[kind] = stack.enter_context(databases.new_postgres())
                return self[kind]

        yield Lazy()


@pytest.fixture
def settings(tmp_path: Path, backend: str, _shared_urls: dict[str, str]) -> Settings:
    """Settings of the in-process application: data folder of its own, embedded search."""
    return make_settings(tmp_path / "data", _shared_urls[backend])


@pytest.fixture
def shared_database(settings: Settings) -> Iterator[SharedDatabase]:
    """Both kinds of sessions on one connection, inside a transaction that is rolled back."""
    from tests.services.databases import SharedDatabase

    opened = SharedDatabase(settings)
    yield opened
    opened.dispose()


@pytest.fixture
def session(shared_database: SharedDatabase) -> Iterator[Session]:
    """A write session in the test's outer transaction; everything is undone afterwards."""
    with shared_database.write() as opened:
        yield opened
        opened.rollback()


@pytest.fixture(scope="session")
def _swap(tmp_path_factory: pytest.TempPathFactory, _shared_urls: dict[str, str]) -> Iterator[Swap]:
    """The application, built once per worker; each test puts its own database and engine in."""
    from tests.services.client import swapping_app

    with swapping_app(make_settings(tmp_path_factory.mktemp("app"), _shared_urls["sqlite"])) as swap:
        yield swap


@pytest.fixture
def app(_swap: Swap, settings: Settings, shared_database: SharedDatabase) -> Iterator[FastAPI]:
    """The real application on the test's outer transaction; `app.state.runtime` holds its parts."""
    with _swap.using(settings, shared_database) as swapped:
        yield swapped


@pytest.fixture
def client(app: FastAPI, session: Session) -> Iterator[Client]:
    """Asks the application; `client.session` is the test's session, emptied before each request."""
    from tests.services.client import Client

    with Client(app, session=session) as opened:
        yield opened


# --- search ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def elasticsearch_url() -> str:
    """The run's Elasticsearch, without authentication."""
    return run.address("elasticsearch")["url"]


@pytest.fixture(scope="session")
def elasticsearch_secured() -> dict[str, str]:
    """A second Elasticsearch with security on: `url`, `user`, `password`."""
    return run.address("elasticsearch_secured")


@pytest.fixture
def index_prefix(elasticsearch_url: str) -> Iterator[str]:
    """A prefix for this test's indices, which are deleted afterwards."""
    from tests.services import elastic

    prefix = f"t{uuid.uuid4().hex[:12]}"
    yield prefix
    elastic.delete_indices(elasticsearch_url, prefix)


# --- processes and browser ---------------------------------------------------------------------------------


@pytest.fixture
def server_settings(tmp_path: Path) -> dict[str, str]:
    """FUNENG_ variables of a server of our own: fresh SQLite with reference data, embedded search."""
    from tests.services import databases

    data = tmp_path / "server"
    return {
        "FUNENG_ENV": "test",
        "FUNENG_DATA_DIR": str(data),
        "FUNENG_DATABASE_URL": databases.new_sqlite(data),
    }


@pytest.fixture
def server(server_settings: dict[str, str], tmp_path: Path) -> Iterator[Server]:
    """`funeng serve` as a process, ready; `.url`, `.kill()`, `.start()`, `.pause()`, `.output()`."""
    from tests.services.server import Server

    with Server(server_settings, tmp_path / "server.log") as started:
        yield started


@pytest.fixture(scope="session")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server as `make run` starts it, with demo data and worker.

    One per worker process: leave its rows as you found them, or work with rows of your own.
    """
    from tests.services import databases
    from tests.services.server import Server

    folder = tmp_path_factory.mktemp("demo")
    with Server(databases.demo_data(folder / "data"), folder / "server.log") as started:
        yield started


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, one per worker."""
    from tests.services import chromium

    with chromium.running_browser() as started:
        yield started


@pytest.fixture
def browser_watch(page: Page) -> Watch:
    """What the page's browser complained of; `allow(pattern)` excuses what a test provokes."""
    watch: Watch = page.funeng_watch  # type: ignore[attr-defined]  # set in `page`
    return watch


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a fresh context; a CSP violation, console error or foreign host fails the test."""
    from tests.services import chromium

    with chromium.watched_page(browser) as (opened, watch):
        opened.funeng_watch = watch  # type: ignore[attr-defined]  # one object for both fixtures
        yield opened
        watch.check()


def make_settings(data_dir: Path, database_url: str) -> Settings:
    """Settings of a test: environment `test`, nothing from the developer's shell."""
    from app.core.settings import SearchSettings, Settings

    data_dir.mkdir(parents=True, exist_ok=True)
    return Settings(
        env="test",
        data_dir=data_dir,
        database_url=database_url,
        secret_key="only-for-tests-0123456789-abcdefghij",
        worker_in_process=False,
        search=SearchSettings(),
    )
