"""`next` leads to our own pages only, by whichever door one came (RELIABILITY I4)."""

from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest

from app.web.templating import safe_next
from tests.factories.accounts import PASSWORD, make_user
from tests.factories.proofs import code_at, enrol, sms_code
from tests.services.client import Client

EVIL = [
    "https://evil.example", "http://evil.example/x", "//evil.example", "///evil.example", "////evil.example",
    "/\\evil.example", "\\\\evil.example", "\\/evil.example", "/\\/evil.example", "//\\evil.example",
    "https:evil.example", "https:/evil.example", "http:\\\\evil.example", "javascript:alert(1)",
    "JaVaScRiPt:alert(1)", "data:text/html,x", "//user@evil.example", "//funeng@evil.example:80/",
    "/%2f%2fevil.example", "%2f%2fevil.example", "/%5cevil.example", "/%5Cevil.example", "/%2F%2Fevil.example",
    "/\t/evil.example", "\t//evil.example", "/\n/evil.example", "/\r\nSet-Cookie: a=b", " //evil.example",
    "/\x00/evil.example", "//evil.example%2f..", "//[::1]/", "evil.example", "@evil.example", ".evil.example",
    "/\x0b/evil.example", "//0x7f000001/", "ftp://evil.example", "//evil。example", "\x01//evil.example",
]  # fmt: skip
OURS = ["/needs?q=x", "/search?q=https://example.cn", "/needs/CQ-1#top", "/a/b/c?d=e&f=g"]
HERE = "http://127.0.0.1:8000"


def in_a_browser(value: str) -> str:
    """The origin that a browser ends at: it drops tabs and line ends, and takes a backslash for a slash."""
    cleaned = "".join(char for char in value.strip() if char not in "\t\r\n").replace("\\", "/")
    parts = urlsplit(urljoin(f"{HERE}/sign-in", cleaned))
    return f"{parts.scheme}://{parts.netloc}"


def test_there_are_enough_forms_and_they_are_evil() -> None:
    assert len(set(EVIL)) >= 25
    elsewhere = [value for value in EVIL if in_a_browser(value) != HERE]
    assert len(elsewhere) >= 20  # control: most of them do lead away where nobody checks


@pytest.mark.parametrize("value", EVIL)
def test_none_leads_away(value: str) -> None:
    assert in_a_browser(safe_next(value, "/workspace")) == HERE
    assert "evil" not in safe_next(value, "/workspace")


@pytest.mark.parametrize("value", OURS)
def test_control_our_own_pages_pass(value: str) -> None:
    assert safe_next(value, "/workspace") == value


@pytest.fixture
def unlimited(client: Client) -> Client:
    client.app.state.runtime.throttle._factor = 1_000  # type: ignore[attr-defined]  # Starlette's client hides it
    return client


def lands(answer: Any) -> str:
    assert answer.status_code == 303, answer.text[:200]
    return str(answer.headers["location"])


def test_every_door_holds_to_it(unlimited: Client) -> None:
    client = unlimited
    make_user(client.session, login="a@example.cn")
    twice = make_user(client.session, login="b@example.cn")
    enrol(client.session, twice)
    for number, value in enumerate(
        ["//evil.example", "/\\evil.example", "https:evil.example", "/\t/evil.example"]
    ):
        for page in ("/sign-in", "/register", "/sign-in/code"):
            shown = client.get(page, params={"next": value})
            assert "evil" not in shown.text
        assert (
            lands(client.submit("/sign-in", {"login": "a@example.cn", "password": PASSWORD, "next": value}))
            == "/workspace"
        )
        signed_in = client.get("/sign-in", params={"next": value})
        assert lands(signed_in) == "/workspace"
        client.cookies.clear()
        step = lands(
            client.submit("/sign-in", {"login": "b@example.cn", "password": PASSWORD, "next": value})
        )
        assert step == "/sign-in/second-factor?next="
        if number == 0:
            code = {"code": code_at(), "next": value}
            assert lands(client.submit("/sign-in/second-factor", code)) == "/workspace"
        client.cookies.clear()
        data = {
            "name": "示例",
            "login": f"new{number}@example.cn",
            "password": PASSWORD,
            "agree": "true",
            "next": value,
        }
        assert lands(client.submit("/register", data)) == "/workspace"
        client.cookies.clear()
        login = f"1391111222{number}"
        make_user(client.session, login=login)
        client.submit("/sign-in/code", {"login": login}, action="/sign-in/code/send")
        token = client.get("/api/v1/me").json()["csrf_token"]
        given = {"csrf_token": token, "login": login, "code": sms_code(client.session, login), "next": value}
        assert lands(client.post("/sign-in/code", data=given)) == "/workspace"
        for page in ("/account/second-factor", "/account/password"):
            assert "evil" not in client.get(page, params={"next": value}).text
        client.cookies.clear()
