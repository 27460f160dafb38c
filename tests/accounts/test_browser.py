"""Signing in, in Chromium: by code and with a second factor, with and without script; a session that ends while typing."""

import re
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import delete

from app.accounts import queries as accounts
from app.accounts import service as sign_ins
from app.accounts.models import UserSession
from app.core import clock
from app.core.db import Database
from app.core.permissions import Role
from app.core.settings import Env, Settings
from tests.browser import checks
from tests.factories.accounts import PASSWORD, make_user
from tests.factories.needs import make_draft
from tests.factories.organisations import acting_for, add_member, make_organisation
from tests.factories.proofs import code_at, enrol, sms_code
from tests.services import chromium
from tests.services.chromium import Watch
from tests.services.server import Server

pytestmark = pytest.mark.committed
NUMBER = "13912345678"


@pytest.fixture
def rows(server: Server, server_settings: dict[str, str]) -> Iterator[Database]:
    """The server's database, opened with the keys that the server made for itself."""
    folder, url = Path(server_settings["FUNENG_DATA_DIR"]), server_settings["FUNENG_DATABASE_URL"]
    opened = Database(Settings(env=Env.test, data_dir=folder, database_url=url))
    yield opened
    opened.dispose()


def sound(page: Page) -> None:
    """Nothing to object to on the page as it stands, on a desk and on a phone."""
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert not checks.overflow(page), (page.url, width)
    assert not checks.small_targets(page), page.url
    assert not checks.axe(page), page.url


def code_sent(rows: Database) -> str:
    with rows.reading() as session:
        return sms_code(session, NUMBER)


def test_a_new_person_comes_in_by_code_and_sets_up_a_second_factor(
    page: Page, server: Server, rows: Database, browser_watch: Watch
):
    browser_watch.allow("status of 422")
    page.goto(server.url + "/sign-in?next=/account/second-factor")
    sound(page)
    page.get_by_role("link", name="用手机验证码登录").click()
    expect(page.get_by_role("heading", name="用验证码登录")).to_be_visible()
    sound(page)
    page.get_by_label("手机号").fill(NUMBER)
    page.get_by_role("button", name="获取验证码").click()
    expect(page.get_by_role("button", name=re.compile("秒后可以重新发送"))).to_be_disabled()
    sound(page)
    page.get_by_label("验证码", exact=True).fill(code_sent(rows))
    page.get_by_role("button", name="登录或注册").click()
    expect(page.get_by_role("heading", name="还差一步")).to_be_visible()
    sound(page)
    page.get_by_label("您的姓名").fill("示例新人")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="注册", exact=True).click()
    expect(page.get_by_role("img", name="两步验证的二维码")).to_be_visible()
    assert page.get_by_role("img", name="两步验证的二维码").evaluate("node => node.naturalWidth") > 100
    sound(page)
    page.get_by_text("扫不了？手工输入").click()
    secret = page.locator("code.wrap").inner_text().replace(" ", "")
    page.get_by_label("6 位动态码").fill("000000")
    page.get_by_role("button", name="开启两步验证").click()
    expect(page.locator(".errors")).to_be_focused()
    page.get_by_label("6 位动态码").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="开启两步验证").click()
    expect(page.locator(".codes code")).to_have_count(10)
    sound(page)
    page.get_by_role("link", name="已经保存好，继续").click()
    expect(page.get_by_role("heading", name="账号与安全")).to_be_visible()
    for path in ("/account/second-factor", "/account/contacts", "/account/password", "/account"):
        page.goto(server.url + path)
        sound(page)


def test_without_script_the_same_doors_open(browser: Browser, server: Server, rows: Database):
    with rows.writing() as session:
        user = make_user(session, Role.reviewer, login=NUMBER)
        enrol(session, user)
    with chromium.watched_page(browser, java_script_enabled=False) as (page, watch):
        page.goto(server.url + "/sign-in/code")
        page.get_by_label("手机号").fill(NUMBER)
        page.get_by_role("button", name="获取验证码").click()
        expect(page.get_by_role("button", name="重新发送验证码")).to_be_enabled()
        page.get_by_label("验证码", exact=True).fill(code_sent(rows))
        page.get_by_role("button", name="登录或注册").click()
        page.get_by_label("动态码").fill(code_at())
        page.get_by_role("button", name="登录", exact=True).click()
        page.wait_for_url(server.url + "/desk")
        watch.check()


def test_doors_of_the_forgetful(page: Page, server: Server, rows: Database, browser_watch: Watch):
    browser_watch.allow("status of (404|422)")
    page.goto(server.url + "/reset-password")
    sound(page)
    page.get_by_label("手机号或邮箱").fill("nobody@example.cn")
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_role("heading", name="请查收邮件")).to_be_visible()
    sound(page)
    page.goto(server.url + "/reset-password")
    page.get_by_label("手机号或邮箱").fill(NUMBER)
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("验证码", exact=True).fill("123456")
    page.get_by_label("新密码", exact=True).fill("一句3个Ok的长话")
    page.get_by_role("button", name="设新密码").click()
    expect(page.locator(".errors")).to_be_focused()
    sound(page)
    for path in ("/reset-password/link?token=x", "/confirm-email?token=x"):
        page.goto(server.url + path)
        sound(page)


def test_a_session_that_ends_while_typing_asks_for_both_proofs_in_place(
    page: Page, server: Server, rows: Database, browser_watch: Watch
):
    browser_watch.allow("status of (401|422)")
    with rows.writing() as session:
        own = make_organisation(session)
        user = add_member(session, own, make_user(session, login="typing@example.cn"))
        enrol(session, user)
        need = make_draft(session, acting_for(user, own))
        token = sign_ins.start_session(
            session,
            accounts.get_user(session, user.id),
            ip="127.0.0.1",
            agent="test",
            second_factor_at=clock.now(),
        )
        need_id = need.id
    page.context.add_cookies([{"name": "funeng", "value": token, "url": server.url}])
    page.goto(f"{server.url}/workspace/needs/{need_id}/edit?step=problem")
    with rows.writing() as session:
        session.execute(delete(UserSession))
    page.locator("form[data-autosave] textarea").first.fill("夜班冲床停了没人知道，写到一半登录过期了")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("手机号或邮箱").fill("typing@example.cn")
    dialog.get_by_label("密码", exact=True).fill(PASSWORD)
    dialog.get_by_role("button", name="登录", exact=True).click()
    dialog.get_by_label("动态码").fill("000000")
    dialog.get_by_role("button", name="登录", exact=True).click()
    expect(dialog.locator("p.err[role=alert]")).to_contain_text("动态码不对")
    dialog.get_by_label("动态码").fill(code_at())
    dialog.get_by_role("button", name="登录", exact=True).click()
    expect(dialog).to_have_count(0)
    expect(page.locator("[data-saved]")).to_contain_text("已保存")
    assert "写到一半登录过期了" in page.locator("form[data-autosave] textarea").first.input_value()
