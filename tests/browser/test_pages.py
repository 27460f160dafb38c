"""Every kind of page, on a phone and a desk: it fits, axe-core objects to nothing serious, its HTML is small."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import checks
from tests.browser.walk import SENTENCE, WIDTHS, People, answer

pytestmark = pytest.mark.parametrize("width", WIDTHS)
LARGEST = 60_000  # bytes of HTML, before compression
EDITOR = 75_000  # a filled editor: 96 pain points, and industries and scenarios again in each case
STEPS = ["problem", "baseline", "budget", "time", "conditions", "audience"]


def _look(page: Page, path: str, status: int = 200, largest: int = LARGEST) -> None:
    response = page.goto(path)
    assert response is not None
    assert response.status == status, path
    assert len(response.body()) < largest, path
    _judge(page, path)


def _judge(page: Page, path: str) -> None:
    assert not checks.overflow(page), path
    assert not checks.axe(page), path
    size = page.viewport_size
    if size is not None and size["width"] < 641:
        assert not checks.small_targets(page), path


def _first(page: Page, path: str, links: str) -> str:
    page.goto(path)
    href = page.locator(links).first.get_attribute("href")
    assert href is not None
    return href.split("?")[0]


def _several(page: Page) -> list[str]:
    page.goto("/search?kind=solution")
    links = page.locator("main h2 a[href^='/offerings/'], main h3 a[href^='/offerings/']").all()
    return [str(link.get_attribute("href")).split("?")[0].rsplit("/", 1)[1] for link in links[:3]]


def test_pages_for_everybody(people: People, width: int) -> None:
    page = people(width=width, allow="status of (404|422|405)")
    _look(page, "/")
    page.get_by_label("您的难处").fill(SENTENCE)
    page.get_by_role("button", name="找办法").click()
    answer(page)
    _judge(page, "the answer")
    offering = _first(page, "/search?kind=solution", "main a[href^='/offerings/']")
    need = _first(page, "/search?kind=need", "main a[href^='/needs/FN']")
    policy = _first(page, "/policies", "main a[href^='/policies/']")
    supplier = _first(page, "/suppliers", "main a[href^='/organisations/']")
    for path in [
        "/search?q=设备停机",
        "/search?q=qqzzxx",
        offering,
        need,
        "/policies",
        policy,
        "/suppliers",
        supplier,
        "/needs/new",
        "/sign-in",
        "/sign-in/code",
        "/reset-password",
        "/register",
        "/pools",
        "/common-needs",
        "/announcements",
        "/help",
        "/terms",
        "/privacy",
    ]:
        _look(page, path)
    _look(page, f"{offering}/history")
    _look(page, _first(page, "/pools", "main a[href^='/pools/entries/']"))
    _look(page, "/compare?" + "&".join(f"ids={each}" for each in _several(page)))
    _look(page, "/no-such-page", status=404)
    page.goto("/register")
    page.get_by_role("button", name="注册").click()
    expect(page.locator(".errors")).to_be_visible()
    _judge(page, "a refused form")


def test_pages_of_an_enterprise(people: People, width: int) -> None:
    page = people("qiye-admin", width=width)
    edit = _first(page, "/workspace/needs", "main a[href$='/edit']")
    for path in [
        "/workspace",
        "/workspace/needs",
        *(f"{edit}?step={step}" for step in STEPS),
        edit.replace("/edit", "/preview"),
        edit.replace("/edit", "/matches"),
        "/organisations/mine",
        "/organisations/mine/edit",
        "/organisations/new",
        "/account",
    ]:
        _look(page, path)


def test_pages_of_a_vendor(people: People, width: int) -> None:
    page = people("fuwushang", width=width)
    own = _first(page, "/workspace/offerings", "main th a[href^='/workspace/offerings/']")
    for path in ["/workspace", "/workspace/offerings", "/workspace/offerings/new", own]:
        _look(page, path)
    _look(page, own + "/edit", largest=EDITOR)


def test_pages_of_the_centre(people: People, width: int) -> None:
    page = people("shenhe", width=width)
    for path in [
        "/desk",
        "/desk/organisations",
        "/desk/organisations/all",
        "/desk/offerings",
        "/desk/needs",
        "/desk/reports?state=all",
    ]:
        _look(page, path)
    page = people("yunying", width=width)
    for path in ["/staff/dictionary", "/staff/parameters"]:
        _look(page, path)


def test_pages_of_talking_and_ending(people: People, width: int) -> None:
    page = people("qiye-admin", width=width)
    enquiry = _first(page, "/enquiries", "main li a[href^='/enquiries/']")
    case = _first(page, enquiry, "main a[href^='/cases/']")
    published = _first(page, "/workspace/needs", "main a[href^='/needs/FN']")
    offering = _first(page, "/search?kind=solution", "main a[href^='/offerings/']").rsplit("/", 1)[1]
    outcome = _first(page, published, "main a[href$='/outcome']")
    for path in [
        "/enquiries",
        enquiry,
        enquiry + "/accept",
        enquiry + "/end/decline",
        f"/enquiries/ask?offering={offering}",
        case,
        published,
        outcome,
        outcome.replace("/outcome", "/matches"),
        outcome.replace("/outcome", "/withdraw"),
    ]:
        _look(page, path)


def test_pages_of_an_account(people: People, width: int) -> None:
    page = people("qiye-admin", width=width)
    for path in [
        "/notices",
        "/notices/preferences",
        "/watching",
        "/watching/searches/new?q=设备",
        "/account/contacts",
        "/account/password",
        "/account/second-factor",
        "/account/consents",
        "/account/data",
        "/account/tokens",
        "/organisations/mine/members",
        "/organisations/mine/licence",
        "/organisations/mine/size",
        "/organisations/mine/qualifications",
        "/organisations/mine/webhooks",
        "/organisations/claims",
        "/organisations/claims/new",
    ]:
        _look(page, path)


def test_more_pages_of_a_vendor(people: People, width: int) -> None:
    page = people("fuwushang", width=width)
    own = _first(page, "/workspace/offerings?state=listed", "main th a[href^='/workspace/offerings/']")
    need = _first(page, "/search?kind=need", "main a[href^='/needs/FN']")
    page.goto(need)
    offer = page.locator("main a[href^='/enquiries/offer']").first.get_attribute("href")
    assert offer is not None
    for path in [
        need,
        offer,
        "/workspace/offerings/import",
        *(f"{own}/{part}" for part in ["media", "references", "withdraw"]),
        "/organisations/mine/pools",
        _first(page, "/organisations/mine/pools", "main a[href^='/organisations/mine/pools/apply/']"),
    ]:
        _look(page, path)


def test_more_pages_of_the_centre(people: People, width: int) -> None:
    page = people("yunying", width=width)
    for path in [
        "/desk/act-for",
        "/desk/needs/unclear",
        "/desk/needs/recorded",
        "/desk/common-needs",
        "/desk/enquiries",
        _first(page, "/desk/enquiries", "main ul a[href^='/desk/enquiries/']"),
        "/desk/enquiries/all",
        "/desk/qualifications/all",
        "/desk/pools/all",
        _first(page, "/desk/pools", "main ul a[href^='/desk/pools/']"),
        "/desk/claims",
        "/desk/orphans",
        "/desk/appeals",
        "/desk/offerings/expiring",
        "/desk/help",
        "/desk/help/all",
        "/desk/announcements",
        "/desk/announcements/new",
        "/desk/letters",
        "/desk/index",
        "/desk/failed",
        "/status",
        _first(
            page,
            "/staff/dictionary",
            "main a[href^='/staff/dictionary/']:not([href$='new']):not([href*='.xlsx'])",
        ),
        _first(page, "/staff/parameters", "main a[href^='/staff/parameters/']:not([href*='.xlsx'])"),
    ]:
        _look(page, path)


def test_pages_of_the_guardians(people: People, width: int) -> None:
    page = people("anquan", width=width)
    _look(page, "/admin/users")
    _look(page, _first(page, "/admin/users", "main a[href^='/admin/users/']:not([href*='.xlsx'])"))
    page = people("shenji", width=width)
    _look(page, "/admin/audit")
