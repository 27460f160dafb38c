"""Every component once, in light and dark, on a phone and a desk, with and without the script."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import checks, styleguide


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with styleguide.serving(styleguide.render()) as url:
        yield url


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 768, 390])
def test_every_component_fits_and_is_accessible(page: Page, address: str, width: int, scheme: Any) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.goto(address)
    assert not checks.overflow(page)
    assert not checks.axe(page)
    if width == 390:
        assert not checks.small_targets(page)


def test_the_checks_can_fail(page: Page, address: str) -> None:
    """The control: a wide box, a faint word without contrast and a low button are found."""
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(address)
    page.evaluate(
        """() => {
          const low = document.createElement('button');
          low.textContent = '太低太淡';
          low.style.cssText = 'height:12px;width:600px;color:#eee;background:#fff;min-height:0;padding:0;border:0;font-size:8px';
          document.querySelector('main').append(low);
        }"""
    )
    assert checks.overflow(page)
    assert any("color-contrast" in finding for finding in checks.axe(page))
    assert any("太低" in finding for finding in checks.small_targets(page))


def test_typed_and_indexed_text_is_shown_as_text() -> None:
    html = styleguide.render()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html
    assert "&lt;b&gt;监测&lt;/b&gt;" in html
    assert not re.search(r"\sstyle=|\son\w+=\"", html)


def test_a_score_bar_is_as_long_as_its_score(page: Page, address: str) -> None:
    page.goto(address)
    boxes = page.locator(".match svg.bar rect").evaluate_all(
        "nodes => nodes.map(node => [Number(node.getAttribute('x')), Number(node.getAttribute('width'))])"
    )
    assert [x for x, _width in boxes] == [0, 44.5, 67, 84]
    last_x, last_width = boxes[-1]
    assert last_x + last_width == pytest.approx(92, abs=0.5)


def test_missing_evidence_is_said_and_not_shown_as_zero(page: Page, address: str) -> None:
    page.goto(address)
    cells = page.locator(".match .xk")
    expect(cells.nth(2)).to_contain_text("样本不足（2 案）")
    expect(cells.nth(3)).to_contain_text("无数据")
    expect(page.locator(".match .reasons .sw0")).to_have_count(1)


def test_a_refused_form_leads_to_its_fields(page: Page, address: str) -> None:
    page.goto(address)
    summary = page.locator("[data-errors]")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="统一社会信用代码").click()
    field = page.get_by_label("统一社会信用代码")
    expect(field).to_have_attribute("aria-invalid", "true")
    described = (field.get_attribute("aria-describedby") or "").split()
    assert "第 9 位应为 7" in " ".join(page.locator(f"#{name}").inner_text() for name in described)


def test_the_picker_finds_by_a_few_letters_and_keys(page: Page, address: str) -> None:
    page.goto(address)
    box = page.get_by_role("combobox", name="所在区县")
    expect(box).to_have_value("璧山区")
    box.fill("江津")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(box).to_have_value("江津区")
    assert page.locator("select[name=district]").input_value() == "jiangjin"
    box.fill("没有这个")
    page.keyboard.press("Tab")
    expect(box).to_have_value("江津区")


def test_a_dangerous_button_asks_first(page: Page, address: str) -> None:
    page.goto(address)
    page.evaluate(
        """() => { const form = document.createElement('form'); form.method = 'post'; form.action = '/gone';
          const button = document.querySelector('[data-confirm]'); button.before(form); form.append(button); }"""
    )
    page.get_by_role("button", name="删除").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("删掉这个套餐？")
    expect(dialog.get_by_role("button", name="不了")).to_be_focused()
    dialog.get_by_role("button", name="不了").click()
    expect(dialog).to_have_count(0)
    assert "/gone" not in page.url


def test_the_queue_moves_by_keys(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("h1").click()
    page.keyboard.press("j")
    expect(page.locator("[data-queue] a").nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator("[data-queue] a").nth(0)).to_be_focused()
    page.keyboard.press("a")
    expect(page.locator("input[data-key=a]")).to_be_checked()


def test_without_the_script_everything_is_there(browser: Browser, address: str) -> None:
    with browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800}) as context:
        page = context.new_page()
        page.goto(address)
        expect(page.locator(".js-only").first).to_be_hidden()
        expect(page.locator("select[name=district]")).to_be_visible()
        page.locator(".drop.menu summary").click()
        expect(page.get_by_role("link", name="找方案").last).to_be_visible()


def test_paper_shows_no_controls(page: Page, address: str) -> None:
    page.goto(address)
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator("header.topbar")).to_be_hidden()
    expect(page.locator(".btn").first).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503])
def test_an_error_page_says_what_to_do_next(status: int) -> None:
    """Rendered from the plain context alone: it needs no session and no query."""
    error = type("Error", (), {"message": "出了点事", "hint": "稍等", "fields": {"title": "请填写"}})()
    html = styleguide.render(
        f"errors/{status}.html", error=error, status=status, request_id="0123456789abcdef"
    )
    assert "出了点事" in html
    assert "023-0000 0000" in html
    assert '<a class="btn' in html
