"""The fixtures themselves: what a test may rely on."""

import contextlib
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.db import Database
from tests.services import chromium
from tests.services.client import Client, find_forms
from tests.services.databases import SharedDatabase
from tests.services.server import Server

MARK = "INSERT INTO drafts_probe (n) VALUES ({})"


@pytest.fixture
def probe(shared_database: SharedDatabase) -> SharedDatabase:
    """A table of our own inside the outer transaction (both databases roll such a thing back)."""
    with shared_database.writing() as session:
        session.execute(text("CREATE TABLE drafts_probe (n INTEGER)"))
    return shared_database


def count(database: Database) -> int:
    with database.reading() as session:
        return int(session.scalar(text("SELECT count(*) FROM drafts_probe")) or 0)


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
class TestOuterTransaction:
    def test_a_commit_is_seen_by_every_later_session(self, probe: SharedDatabase):
        with probe.writing() as session:
            session.execute(text(MARK.format(1)))
        assert count(probe) == 1

    def test_a_refused_command_is_undone_alone(self, probe: SharedDatabase):
        with probe.writing() as session:
            session.execute(text(MARK.format(1)))
        with contextlib.suppress(ZeroDivisionError), probe.writing() as session:
            session.execute(text(MARK.format(2)))
            raise ZeroDivisionError
        assert count(probe) == 1

    def test_a_read_session_that_ends_takes_nothing_back(self, probe: SharedDatabase):
        with probe.reading() as reading:
            reading.execute(text("SELECT 1"))
            with probe.writing() as session:
                session.execute(text(MARK.format(1)))
        assert count(probe) == 1

    def test_a_read_session_may_end_between_a_write_and_its_commit(self, probe: SharedDatabase):
        with probe.writing() as session:
            session.execute(text(MARK.format(1)))
            with probe.reading() as reading:
                reading.execute(text("SELECT 1"))
            session.execute(text(MARK.format(2)))
        assert count(probe) == 2

    def test_the_next_test_finds_nothing_of_it(self, shared_database: SharedDatabase):
        with shared_database.reading() as session, pytest.raises(Exception, match="drafts_probe"):
            session.execute(text("SELECT count(*) FROM drafts_probe"))


def test_databases_come_with_schema_and_reference_data(database: Database):
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM districts"))


def test_committed_databases_have_nothing_in_common(sqlite_url: str, postgres_url: str, tmp_path: Path):
    assert str(tmp_path) in sqlite_url
    assert "/t_" in postgres_url


def test_client_hands_over_the_tests_changes(client: Client, session: Session):
    session.execute(text("CREATE TABLE drafts_probe (n INTEGER)"))
    assert client.get("/readyz").text == "ok"
    assert session.scalar(text("SELECT count(*) FROM drafts_probe")) == 0


def test_forms_are_read_as_a_browser_would_send_them():
    page = """
      <form action="/search"><input name="q"></form>
      <form method="post" action="/a?x=1"><input type="hidden" name="csrf_token" value="t">
        <input name="who" value="张"><input type="checkbox" name="tag" value="1" checked>
        <input type="checkbox" name="tag" value="2" checked><input type="checkbox" name="no" value="3">
        <input type="submit" name="go" value="x"></form>
    """
    (form,) = find_forms(page)
    assert form.action == "/a"
    assert form.fields == {"csrf_token": "t", "who": "张", "tag": ["1", "2"]}


CLEAN = "<!doctype html><html lang='zh'><title>x</title><p>x</p>"
COMPLAINTS = {
    "a violation of the policy": (
        "<meta http-equiv='Content-Security-Policy' content=\"script-src 'none'\"><script>1</script>"
    ),
    "an exception in a script": "<script>throw new Error('broken')</script>",
    "an error on the console": "<script>console.error('broken')</script>",
    "another host": "<img src='http://192.0.2.1/x.png'>",
}


@pytest.mark.parametrize("html", COMPLAINTS.values(), ids=COMPLAINTS)
def test_a_page_that_complains_fails_the_test(browser: Browser, html: str):
    with chromium.watched_page(browser) as (page, watch):
        page.set_content(CLEAN + html)
        page.wait_for_timeout(50)
        with pytest.raises(AssertionError, match="the browser complained"):
            watch.check()
        watch.allow(".")
        watch.check()


def test_a_quiet_page_passes(page: Page):
    page.set_content(CLEAN)


def test_axe_finds_what_is_serious_and_only_that(page: Page):
    page.set_content(
        "<!doctype html><html lang='zh'><title>x</title><main><h1>x</h1><img src='data:,' alt=''></main>"
    )
    assert chromium.accessibility_problems(page) == []
    page.set_content(
        "<!doctype html><html lang='zh'><title>x</title><main><input><p style='color:#ccc'>太淡的字</p></main>"
    )
    found = "\n".join(chromium.accessibility_problems(page))
    assert "label" in found
    assert "color-contrast" in found


def test_the_demo_server_shows_offerings(demo_server: Server, page: Page):
    assert demo_server.status("/readyz") == 200
    page.goto(demo_server.url)
    assert page.title()
