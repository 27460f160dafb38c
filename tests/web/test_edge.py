"""The edge holds its promises on every answer: headers, limits, redirects, safe texts."""

import pytest
from fastapi import FastAPI
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from starlette.testclient import TestClient

from app.web import errors
from app.web.headers import BODY_LIMIT, CSP
from app.web.templating import ENVIRONMENT, safe_next
from tests.services.client import Client

OPEN_REDIRECTS = [
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "http:evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "@evil.example",
    "//user:pass@evil.example",
    "/%2f%2fevil.example",
    "/%2F%2Fevil.example",
    "/%5cevil.example",
    "/%5Cevil.example",
    "/\tevil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "/\x00/evil",
    "?next=//evil.example",
    " //evil.example",
    "",
]


@pytest.mark.parametrize("target", OPEN_REDIRECTS)
def test_next_stays_here(target: str) -> None:
    assert safe_next(target, "/home") == "/home"


@pytest.mark.parametrize(
    "target", ["/", "/workspace", "/search?q=%E6%8E%92%E4%BA%A7&page=2", "/needs/new#top"]
)
def test_next_keeps_our_own_pages(target: str) -> None:
    assert safe_next(target, "/home") == target


@pytest.mark.parametrize(
    "path", ["/sign-in", "/healthz", "/nothing-here", "/api/v1/nothing", "/static/app.css"]
)
def test_security_headers_stand_on_every_answer(client: Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["content-security-policy"] == CSP
    assert "unsafe" not in CSP
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-frame-options"] == "DENY"
    assert len(headers["x-request-id"]) == 32


def test_security_headers_stand_on_a_fault_of_ours_too(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_runtime: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("app.core.health.readiness", fail)
    with pytest.raises(RuntimeError):
        client.get("/readyz")
    quiet = TestClient(client.app, base_url=str(client.base_url), raise_server_exceptions=False)
    answer = quiet.get("/readyz")
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == CSP
    assert len(answer.headers["x-request-id"]) == 32
    assert "a fault of ours" not in answer.text


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
@pytest.mark.parametrize("path", ["/api/v1/offerings", "/search", "/api/v1/search", "/api/v1/industries"])
def test_a_nul_in_an_address_is_no_crash(client: Client, path: str) -> None:
    assert client.get(path, params={"q": "a\x00b"}).status_code in {200, 422}


@pytest.mark.parametrize(("fault", "status"), [(DataError, 422), (IntegrityError, 409), (DBAPIError, 500)])
def test_a_refusal_of_the_database_says_whose_turn_it_is(fault: type[DBAPIError], status: int) -> None:
    app = FastAPI()
    errors.install(app)

    @app.get("/api/v1/fails")
    def fails() -> None:
        raise fault("INSERT", {}, Exception("refused"))

    answer = TestClient(app, raise_server_exceptions=False).get("/api/v1/fails")
    assert answer.status_code == status
    assert "INSERT" not in answer.text


def test_an_unknown_page_says_what_to_do_and_shows_its_request_id(client: Client) -> None:
    answer = client.get("/nothing-here", headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert "text/html" in answer.headers["content-type"]
    assert "没有" in answer.text


def test_an_unknown_api_address_answers_json(client: Client) -> None:
    answer = client.get("/api/v1/nothing")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize("declared", [True, False])
def test_oversize_bodies_are_refused(client: Client, declared: bool) -> None:
    body = b"x" * (BODY_LIMIT + 10)
    content = body if declared else iter([body[:500_000], body[500_000:]])
    answer = client.post(
        "/sign-in", content=content, headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 413


def test_control_a_body_under_the_limit_is_read(client: Client) -> None:
    answer = client.post(
        "/sign-in", content=b"x" * 1000, headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 403  # read, and refused for its missing token


def test_static_files_are_immutable_only_with_their_hash(client: Client) -> None:
    page = client.get("/sign-in").text
    address = page.split('href="/static/app.css')[1].split('"')[0]
    assert "immutable" in client.get(f"/static/app.css{address}").headers["cache-control"]
    assert client.get("/static/app.css").headers["cache-control"] == "no-cache"
    assert client.get("/static/../forms.py").status_code == 404


@pytest.mark.parametrize("name", ["a.html", "a.txt", "a.j2", "a.jinja", "a"])
def test_every_template_name_escapes(name: str) -> None:
    assert ENVIRONMENT.autoescape is True, name
    shown = ENVIRONMENT.from_string("{{ x }}").render(x="<script>alert(1)</script>")
    assert "<script>" not in shown


def test_an_unknown_name_in_a_template_is_an_error() -> None:
    from jinja2 import UndefinedError

    with pytest.raises(UndefinedError):
        ENVIRONMENT.from_string("{{ nobody_gave_this }}").render()


def test_health_and_readiness(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.text) == (200, "ok")
    metrics = client.get("/metrics")
    assert "funeng_outbox_pending" in metrics.text
