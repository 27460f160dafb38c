"""From the sentence on the front page to a published need; and a held one that the centre gives back."""

import re

import pytest
from playwright.sync_api import Page, expect

from app.core import uscc
from tests.browser.walk import SENTENCE, WIDTHS, People, answer, choose, found, new_code, new_number, until

pytestmark = pytest.mark.parametrize("width", WIDTHS)


def _register(page: Page, number: int) -> None:
    page.get_by_label("您的姓名").fill("示例·走查")
    page.get_by_label("手机号或邮箱").fill(f"walk{number}@demo.example")
    page.get_by_label("密码", exact=True).fill("Walk-Through-9-Workshops")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="注册").click()


def _register_organisation(page: Page, name: str) -> None:
    """First with a wrong last character: the message names the check and the character that it wants."""
    code = new_code()
    wrong = code[:-1] + next(char for char in uscc.ALPHABET if char != code[-1])
    box = page.get_by_label("统一社会信用代码")
    box.fill(wrong)
    page.get_by_role("button", name="下一步").click()
    message = page.locator(".errors")
    expect(message).to_contain_text("全码校验位")
    expect(message).to_contain_text(f"应是 {code[-1]}，现在是 {wrong[-1]}")
    box.fill(code)
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("全称").fill(name)
    page.get_by_role("checkbox", name="我有工厂要改造").check()
    choose(page, "所在区县", "璧山", "璧山区")
    choose(page, "行业", "通用零部件", "通用零部件制造")
    page.get_by_label("联系人").fill("示例联系人")
    page.get_by_label("电话").fill("023-60000000")
    page.get_by_role("button", name="登记并提交核验").click()


def _next(page: Page, heading: str) -> None:
    page.get_by_role("button", name="保存，下一步").click()
    expect(page.locator(".task.open h2")).to_contain_text(heading)


def _fill_task_list(page: Page, number: int) -> None:
    expect(page.locator(".task.open h2")).to_contain_text(
        "现在是什么样"
    )  # the sentence has filled the first step
    page.locator(".task-h").get_by_role("link", name="您的难处").click()
    page.get_by_label("一句话标题").fill(f"示例走查{number}号冲床停机")
    _next(page, "现在是什么样")

    figure = page.locator("#f-baselines-0-value")
    with page.expect_response(re.compile("/autosave")):
        figure.fill("9")
    expect(page.locator("[data-saved]")).to_contain_text("已保存")
    page.reload()
    expect(figure).to_have_value("9")  # typed, never sent by the button
    page.locator("label.opt", has_text="有记录").first.click()
    _next(page, "预算和谁来出")

    page.get_by_label("从", exact=False).first.fill("3")
    page.get_by_label("到", exact=False).first.fill("5")
    page.get_by_role("checkbox", name="自有资金").check()
    _next(page, "什么时候要")

    page.get_by_label("或者多少天内").fill("60")
    page.get_by_role("group", name="有多急").get_by_role("radio").first.check()
    _next(page, "现场条件")

    for question in page.locator(".task.open fieldset").all():
        question.get_by_role("radio").first.check()
    _next(page, "给谁看")
    page.get_by_role("button", name="保存，去预览").click()


def _withdraw(page: Page, edit: str) -> None:
    """Leave the demo data as it was found."""
    page.goto(edit.split("?", maxsplit=1)[0].replace("/edit", "/withdraw"))
    page.get_by_text("发错了，或者重复了").click()
    page.get_by_role("button", name="撤回").click()
    expect(page.locator(".flashes")).to_be_visible()


def _verify(staff: Page, name: str) -> None:
    """The reviewer opens the newest one and passes it by keyboard."""
    staff.goto("/desk/organisations")
    staff.locator("[data-queue] a", has_text=name).click()
    expect(staff.locator(".evid h2")).to_contain_text(name)
    for key in ["a", "1", "2", "3", "4", "5", "6"]:
        staff.keyboard.press(key)
    staff.get_by_label("另外要说的").fill("示例：今天上午在大厅看过营业执照原件")
    staff.keyboard.press("Control+Enter")
    expect(staff.locator(".flashes")).to_be_visible()


def test_the_sentence_becomes_a_published_need(people: People, width: int) -> None:
    number = new_number()
    name, title = f"示例走查{number}机械厂", f"示例走查{number}号冲床停机"
    page = people(width=width, allow="status of 422")
    page.goto("/")
    page.get_by_label("您的难处").fill(SENTENCE)
    page.get_by_role("button", name="找办法").click()
    answer(page)
    page.get_by_role("button", name="接着写成需求").click()
    _register(page, number)
    _register_organisation(page, name)

    expect(page.get_by_label("您的难处")).to_have_value(re.compile("夜班冲床停了没人知道"))
    page.get_by_role("button", name="存为草稿，接着填").click()
    page.wait_for_url(re.compile("/edit"))
    edit = page.url
    _fill_task_list(page, number)
    page.get_by_role("button", name="发布", exact=True).click()
    expect(page.locator("main")).to_contain_text("等企业核验")
    assert not found(page, title, "need")

    _verify(people("shenhe"), name)
    visitor = people(width=width)
    until(lambda: found(visitor, title, "need"), "the published need is found")
    visitor.goto(f"/search?kind=need&q={title}")
    visitor.locator(".res h3 a", has_text=title).click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text(title)
    expect(visitor.locator("main")).to_contain_text("厂名不公开")
    expect(visitor.locator("main")).not_to_contain_text(name)
    _withdraw(page, edit)


def test_a_held_need_comes_back_with_reasons(people: People, width: int) -> None:
    title = f"示例走查{new_number()}仓库找料慢"
    page = people("qiye-admin", width=width)
    page.goto("/needs/new")
    page.get_by_label("您的难处").fill(title)
    page.get_by_role("button", name="存为草稿，接着填").click()
    page.get_by_role("link", name="预览并发布").click()
    page.get_by_role("button", name="交给中心看").click()

    staff = people("shenhe")
    staff.goto("/desk/needs")
    staff.locator("[data-queue] a", has_text=title).click()
    expect(staff.locator(".evid h2")).to_contain_text(title)
    assert staff.locator("#f-reasons input:checked").count() > 0  # what the gate suggests
    staff.keyboard.press("r")
    staff.keyboard.press("Control+Enter")
    expect(staff.locator(".flashes")).to_be_visible()

    page.goto("/workspace")
    expect(page.locator(".turn", has_text="退回了")).to_be_visible()
    page.goto("/workspace/needs")
    page.get_by_role("link", name=title).click()
    expect(page.locator("main")).to_contain_text("退回")
    expect(page.locator("main")).to_contain_text("现状")
    _withdraw(page, page.url)
