"""In a browser: help opens in a dialog over any page, and an open thing says by itself who looks at it."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.services.chromium import Watch, accessibility_problems
from tests.services.server import Server

pytestmark = pytest.mark.committed


def test_help_opens_over_the_page_and_answers_there(page: Page, server: Server, browser_watch: Watch) -> None:
    browser_watch.allow("status of 422")
    page.goto(f"{server.url}/policies")
    page.get_by_role("link", name="求助", exact=True).click()
    dialog = page.get_by_role("dialog", name="求助")
    field = dialog.get_by_label("遇到了什么")
    expect(field).to_be_focused()
    assert accessibility_problems(page) == []
    field.fill("嗯")
    dialog.get_by_role("button", name="发出求助").click()
    expect(dialog.get_by_text("至少 4 个字").first).to_be_visible()
    dialog.get_by_label("遇到了什么").fill("政策页上的链接点了没有反应")
    dialog.get_by_role("button", name="发出求助").click()
    expect(dialog.get_by_text("已收到，求助号")).to_be_visible()
    assert page.url == f"{server.url}/policies"
    dialog.get_by_role("link", name="看这个求助").click()
    expect(page.get_by_text("政策页上的链接点了没有反应")).to_be_visible()
    expect(page.get_by_text("页面 /policies")).to_be_visible()


def test_without_a_script_the_link_leads_to_the_page(server: Server, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    try:
        page = context.new_page()
        page.goto(f"{server.url}/policies")
        page.get_by_role("link", name="求助", exact=True).click()
        page.get_by_label("遇到了什么").fill("没有脚本也能求助")
        page.get_by_role("button", name="发出求助").click()
        expect(page.get_by_text("没有脚本也能求助")).to_be_visible()
        expect(page.get_by_text("已收到，求助号")).to_be_visible()
    finally:
        context.close()
