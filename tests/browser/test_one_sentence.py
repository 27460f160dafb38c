"""A factory owner says his trouble in one sentence, corrects what was understood, opens an offering."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.walk import SENTENCE, WIDTHS, People, answer

pytestmark = pytest.mark.parametrize("width", WIDTHS)


def test_a_sentence_is_answered_on_the_spot_and_corrected(people: People, width: int) -> None:
    page = people(width=width)
    page.goto("/")
    page.get_by_label("您的难处").fill(SENTENCE)
    page.get_by_role("button", name="找办法").click()
    cards = answer(page)
    assert page.url.rstrip("/").endswith(page.url.split("/")[2])  # still the front page
    before = cards.all_inner_texts()

    trouble = page.get_by_role("button", name=re.compile("^去掉 难点")).first.get_attribute("aria-label")
    page.get_by_role("button", name=trouble, exact=True).click()
    expect(page.get_by_role("button", name=trouble, exact=True)).to_have_count(0)
    assert answer(page).all_inner_texts() != before

    page.get_by_text("补充场景、行业、预算或工期").click()
    page.get_by_label("预算上限").fill("1")
    page.get_by_role("button", name="按这些重排").click()
    expect(page.locator(".chip", has_text="1 万元")).to_be_visible()

    first = answer(page).first.get_by_role("heading").get_by_role("link")
    title = first.inner_text()
    first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.get_by_text("价格（首年）")).to_be_visible()


def test_it_is_answered_without_javascript(people: People, width: int) -> None:
    page = people(width=width, script=False)
    page.goto("/")
    page.get_by_label("您的难处").fill(SENTENCE)
    page.get_by_role("button", name="找办法").click()
    answer(page)
    page.get_by_role("button", name=re.compile("^去掉 预算")).click()
    answer(page)
    expect(page.get_by_role("button", name=re.compile("^去掉 预算"))).to_have_count(0)
    expect(page.get_by_label("您的难处")).to_have_value(SENTENCE)

    page.get_by_text("补充场景、行业、预算或工期").click()
    page.get_by_label("预算上限").fill("1")
    page.get_by_role("button", name="按这些重排").click()
    expect(page.locator(".chip", has_text="1 万元")).to_be_visible()
    answer(page).first.get_by_role("link", name="看详情").click()
    expect(page.get_by_text("价格（首年）")).to_be_visible()
