"""A vendor writes an offering, the reviewer lists it by keyboard, an enterprise finds and reports it."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.walk import WIDTHS, People, found, new_number, until

pytestmark = pytest.mark.parametrize("width", WIDTHS)


def _write(page: Page, title: str) -> None:
    page.goto("/workspace/offerings/new?fresh=true")
    page.get_by_role("button", name="保存，看看效果").click()
    expect(page.locator(".errors a").first).to_be_visible()
    expect(page.locator(".field.has-err", has_text="名称").locator(".err")).to_be_visible()

    page.get_by_role("textbox", name="名称").first.fill(title)
    page.get_by_label("产品类别").select_option(label="生产制造")
    page.get_by_role("textbox", name="一句话").fill("设备停了没人知道，夹个电流钳，十分钟内提醒班长")
    page.get_by_role("textbox", name="详细说明").fill(
        "夹在主电机电源线上，判断开、停、空转，超时静止就告诉班长，不改设备、不断电。"
    )
    page.get_by_role("checkbox", name="设备管理").check()
    points = page.locator("#points-S08")
    expect(points).to_have_attribute("open", "")  # the scenario opens its pain points
    points.get_by_role("checkbox").first.check()
    page.get_by_label("从签约到用起来").fill("2")
    page.get_by_role("checkbox", name="有手机就能用").check()

    page.get_by_label("套餐名称").fill("基本版")
    page.get_by_label("价格，从").fill("9")
    page.get_by_role("button", name="加一项明细").click()
    page.get_by_label("金额").fill("1.5")
    page.get_by_label("这一项是什么").fill("采集网关 1 台")
    page.get_by_role("button", name="保存，看看效果").click()


def test_an_offering_is_written_listed_found_and_reported(people: People, width: int) -> None:
    title = f"示例走查{new_number()}电流钳"
    page = people("fuwushang", width=width, allow="status of 422")
    _write(page, title)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    page.get_by_role("link", name="套餐 1").click()  # the components do not add up to the price
    page.get_by_label("价格，从").fill("1.5")
    page.get_by_role("button", name="保存，看看效果").click()
    page.get_by_role("button", name="提交审核").click()
    expect(page.locator("main")).to_contain_text("中心正在审核")

    staff = people("shenhe")
    staff.goto("/desk/offerings")
    mine = staff.locator("[data-queue] a", has_text=title)
    staff.locator("h1").click()
    for _ in range(staff.locator("[data-queue] a").count()):
        staff.keyboard.press("j")
    expect(mine).to_be_focused()  # the newest is the last
    staff.keyboard.press("Enter")
    expect(staff.locator(".evid h2").first).to_contain_text(title)
    for key in ["a", "1", "2", "3", "4", "5", "6"]:
        staff.keyboard.press(key)
    staff.keyboard.press("Control+Enter")
    expect(staff.locator(".flashes")).to_be_visible()

    reader = people("qiye-admin", width=width)
    until(lambda: found(reader, title, "solution"), "the listed offering is found")
    reader.goto(f"/search?q={title}")
    reader.get_by_role("link", name=title).first.click()
    report = reader.locator("#report")
    report.locator("summary").click()
    report.get_by_label("哪方面").select_option(index=1)
    report.get_by_label("说明").fill("示例：走查时的举报，标价和电话里说的不一样。")
    report.get_by_role("button").click()
    expect(reader.locator(".flashes")).to_be_visible()

    staff.goto("/desk/reports")
    case = staff.locator("section.card", has_text=title)
    case.get_by_label("属实").check()
    case.get_by_label("同时下架").check()
    case.get_by_label("查到什么、怎么处理").fill("示例：核对过，标价与书面报价不一致。")
    case.get_by_role("button", name="处理").click()
    staff.goto("/desk/reports")
    expect(staff.locator("section.card", has_text=title)).to_have_count(0)
    until(lambda: not found(reader, title, "solution"), "what was taken down is not found any more")
    page.goto("/workspace/offerings?state=returned")
    expect(page.get_by_role("link", name=title)).to_be_visible()
