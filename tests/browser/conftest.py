"""People at the demo platform: a page each, signed in once per run because sign-ins are limited per address."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, StorageState

from app.demo import signins
from tests.browser.walk import People
from tests.conftest import make_settings
from tests.services import chromium
from tests.services.server import Server


@pytest.fixture(scope="session")
def demo_password(demo_server: Server) -> str:
    """The one password of the demo sign-ins."""
    folder = Path(demo_server.settings["FUNENG_DATA_DIR"])
    return signins.password(make_settings(folder, "sqlite://"))


@pytest.fixture(scope="session")
def demo_code(demo_server: Server) -> Callable[[str], str]:
    """`demo_code("shenhe")`: the six digits in that demo person's authenticator now."""
    folder = Path(demo_server.settings["FUNENG_DATA_DIR"])
    settings = make_settings(folder, "sqlite://")
    return lambda who: signins.code_now(settings, f"{who}@demo.example")


@pytest.fixture(scope="session")
def signed_in(
    browser: Browser, demo_server: Server, demo_password: str, demo_code: Callable[[str], str]
) -> Callable[[str], StorageState]:
    """`signed_in("shenhe")`: the cookies of a demo sign-in."""
    kept: dict[str, StorageState] = {}

    def cookies(who: str) -> StorageState:
        if who not in kept:
            with chromium.watched_page(browser) as (page, watch):
                page.goto(demo_server.url + "/sign-in")
                page.get_by_label("手机号或邮箱").fill(f"{who}@demo.example")
                page.get_by_label("密码", exact=True).fill(demo_password)
                page.get_by_role("button", name="登录", exact=True).click()
                page.wait_for_url(lambda url: not url.endswith("/sign-in"))
                if "/sign-in/second-factor" in page.url:
                    page.get_by_label("动态码").fill(demo_code(who))
                    page.get_by_role("button", name="登录", exact=True).click()
                    page.wait_for_url(lambda url: "/sign-in" not in url)
                kept[who] = page.context.storage_state()
                watch.check()
        return kept[who]

    return cookies


@pytest.fixture
def people(
    browser: Browser, demo_server: Server, signed_in: Callable[[str], StorageState]
) -> Iterator[People]:
    """`people("shenhe", width=390)` is that person's page; at the end no browser may have complained."""
    with ExitStack() as stack:
        watches: list[chromium.Watch] = []

        def opened(who: str = "", *, width: int = 1440, script: bool = True, allow: str = "") -> Page:
            page, watch = stack.enter_context(
                chromium.watched_page(
                    browser,
                    base_url=demo_server.url,
                    viewport={"width": width, "height": 844 if width < 641 else 900},
                    java_script_enabled=script,
                    reduced_motion="reduce",
                    **({"storage_state": signed_in(who)} if who else {}),
                )
            )
            if allow:
                watch.allow(allow)
            watches.append(watch)
            return page

        yield opened
        for watch in watches:
            watch.check()
