"""Every text in the database is markup, every page is opened in Chromium, nothing of it runs (RELIABILITY I1)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error

from app.core.db import Base, Database
from tests.conftest import make_settings
from tests.matrix import table, typed
from tests.matrix.calls import call_of
from tests.matrix.payloads import PAYLOADS
from tests.matrix.world import World, build
from tests.services.chromium import watched_page
from tests.services.server import Server

pytestmark = pytest.mark.committed
RAN = "() => window.__ran.length"
WATCH = """
window.__ran = [];
window.xq7 = () => { window.__ran.push('xq7'); };
window.alert = window.confirm = window.prompt = (text) => { window.__ran.push(String(text)); };
"""
FOREIGN = '() => [...document.querySelectorAll(\'xq7, [onload], [onerror], [onfocus], [ontoggle], [onstart], [onmouseover], [onclick], iframe, object, embed, base, [href^="javascript:"], [href^="data:text"]\')].map(e => e.outerHTML.slice(0, 120))'
NO_PAGES = ("/api/", "/files/", "/healthz", "/readyz", "/metrics")
NO_ENDINGS = (".xlsx", ".zip", ".csv", ".ics", ".png", ".svg", ".json")


@pytest.fixture
def written(
    server_settings: dict[str, str], tmp_path: Path
) -> Iterator[tuple[World, Database, dict[str, str]]]:
    """The world of the matrix in a database of its own, for a server to show."""
    settings = make_settings(Path(server_settings["FUNENG_DATA_DIR"]), server_settings["FUNENG_DATABASE_URL"])
    database = Database(settings)
    with database.write() as session:
        world = build(session)
    yield (
        world,
        database,
        server_settings
        | {
            "FUNENG_RATE_FACTOR": "10000",
            "FUNENG_SECRET_KEY": "only-for-tests-0123456789-abcdefghij",
        },
    )
    database.dispose()


def visits(world: World) -> list[tuple[str, str]]:
    """Return (role, address) for every situation of every page that somebody may open."""
    found: dict[tuple[str, str], str] = {}
    for (route, situation, role), expected in table.cells().items():
        method, path = route.split(" ", maxsplit=1)
        if method != "GET" or expected != "ok" or path.startswith(NO_PAGES) or path.endswith(NO_ENDINGS):
            continue
        known = found.get((route, situation))
        if known is None or known == "visitor":  # the signed-in see more
            found[route, situation] = role
    return [(role, call_of(route, world, role, situation)[1]) for (route, situation), role in found.items()]


@pytest.mark.timeout(7200)
def test_no_page_runs_what_stands_in_the_database(
    browser: Browser,
    written: tuple[World, Database, dict[str, str]],
    tmp_path: Path,
    figure: Callable[[int, int], int],
) -> None:
    world, database, settings = written
    used: set[str] = set()
    opened = 0
    with Server(settings, tmp_path / "typed.log") as server, watched_page(browser) as (page, watch):
        watch.allow("favicon.ico")  # asked for beside an answer that is no page
        page.add_init_script(WATCH)
        for number in range(figure(1, len(PAYLOADS))):
            with database.writing() as session:
                used |= typed.fill(session, number)
            ran: list[Any] = []
            for role, url in visits(world):
                page.context.clear_cookies()
                if role in world.tokens:
                    page.context.add_cookies(
                        [{"name": "funeng", "value": world.tokens[role], "url": server.url}]
                    )
                try:
                    answer = page.goto(f"{server.url}{url}", wait_until="domcontentloaded")
                except Error as error:
                    if "Download is starting" in str(error):
                        continue
                    raise
                opened += 1
                assert answer is not None
                if answer.status >= 500:
                    ran.append(f"{url} as {role}: {answer.status}")
                    continue
                if page.evaluate(RAN) or page.evaluate(FOREIGN):
                    ran.append(
                        f"{url} as {role}: {page.evaluate('() => window.__ran')} {page.evaluate(FOREIGN)}"
                    )
            assert ran == []
        watch.check()
        page.evaluate("() => { document.body.innerHTML += '<xq7></xq7>'; window.xq7(); }")  # the control
        assert page.evaluate(RAN) == 1
        assert page.evaluate(FOREIGN)
    assert used == set(PAYLOADS)
    print(f"{opened} pages opened with {len(used)} payloads in {len(typed.typed_columns())} columns")  # noqa: T201


def test_what_is_called_a_machines_text_is_there() -> None:
    """The list of exceptions holds no name that no longer stands for anything."""
    known = {
        f"{column.table.name}.{column.name}"
        for item in Base.metadata.sorted_tables
        for column in item.columns
    }
    assert sorted(known & typed.MACHINE_COLUMNS) == sorted(typed.MACHINE_COLUMNS)
    assert sorted(set(Base.metadata.tables) & typed.MACHINE_TABLES) == sorted(typed.MACHINE_TABLES)
    assert len(typed.typed_columns()) > 60
