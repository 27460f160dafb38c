"""The same payloads in real Chromium: no dialog, no element of theirs, nothing that the policy had to stop."""

from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page

from app.accounts import queries as accounts
from app.accounts import service as sign_ins
from app.core.db import Database
from app.core.permissions import Actor
from tests.conftest import make_settings
from tests.factories.needs import make_published
from tests.factories.offerings import case_content, make_offering, make_vendor
from tests.services.server import Server

pytestmark = pytest.mark.committed
#: Each calls a function that every page really has, if it ever runs.
SAMPLE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    '"><svg onload=alert(3)>',
    "' autofocus onfocus=alert(4) x='",
    "</textarea><img src=x onerror=alert(5)>",
    "</title><script>alert(6)</script>",
)


def test_chromium_runs_nothing_that_was_typed(
    page: Page, server: Server, server_settings: dict[str, str]
) -> None:
    settings = make_settings(Path(server_settings["FUNENG_DATA_DIR"]), server_settings["FUNENG_DATABASE_URL"])
    rows = Database(settings)
    with rows.writing() as session:
        vendor = make_vendor(session)
        vendor.organisation.intro, vendor.organisation.short_name = SAMPLE[0], SAMPLE[2][:30]
        vendor.user.name = SAMPLE[1]
        offering = make_offering(
            session,
            vendor,
            title=SAMPLE[0],
            summary=SAMPLE[1],
            body="".join(SAMPLE),
            exit_terms=SAMPLE[4],
            prerequisites=list(SAMPLE[:4]),
            cases=[case_content(customer=SAMPLE[2], evidence=SAMPLE[5], effect_metric=SAMPLE[1])],
        ).id
        actor = Actor(
            user_id=vendor.user.id, organisation_id=vendor.organisation.id, roles=vendor.actor.roles
        )
        need = make_published(session, actor, title=SAMPLE[3], equipment=SAMPLE[5], conditions_note=SAMPLE[0])
        number, need_id = need.case_number, need.id
        user = accounts.get_user(session, vendor.user.id)
        token = sign_ins.start_session(session, user, ip="127.0.0.1", agent="test")
    rows.dispose()
    dialogs: list[str] = []

    def noted(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", noted)
    page.context.add_cookies([{"name": "funeng", "value": token, "url": server.url}])
    for path in (
        f"/offerings/{offering}",
        f"/needs/{number}",
        f"/organisations/{vendor.organisation.id}",
        "/organisations/mine/edit",
        f"/workspace/offerings/{offering}/edit",
        f"/workspace/needs/{need_id}/edit?step=problem",
        "/search?q=%22%3E%3Csvg%20onload%3Dalert(7)%3E",
    ):
        page.goto(f"{server.url}{path}")
        assert page.locator("img[src='x'], svg[onload], [onfocus], [onerror]").count() == 0, path
    assert dialogs == []
    page.evaluate("() => { window.alert('control') }")
    assert dialogs == ["control"]
