import pytest
from fastapi import FastAPI

from app.web.policy import policy_of, walk_routes
from tests.factories.accounts import make_user, sign_in
from tests.services.client import Client

#: Unsafe routes without a token, and why: one keeps nothing, the other is the button of a mail program (RFC 8058).
WITHOUT = {"POST /api/v1/match/preview", "POST /unsubscribe/one-click"}


def test_every_route_declares_its_policy(app: FastAPI) -> None:
    found = list(walk_routes(app.routes))
    assert len(found) > 40
    for route in found:
        policy_of(route.endpoint)


def test_control_a_route_without_a_policy_is_refused(app: FastAPI) -> None:
    def naked() -> None: ...

    with pytest.raises(TypeError, match="declares no policy"):
        policy_of(naked)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_every_unsafe_route_refuses_another_site(client: Client, app: FastAPI, site: str) -> None:
    """Origin first: also the routes that need no token refuse what a browser says came from elsewhere."""
    for route in walk_routes(app.routes):
        if route.method == "GET":
            continue
        path = route.path.replace("{", "0").replace("}", "0")
        answer = client.request(route.method, path, headers={"sec-fetch-site": site}, json={})
        assert answer.status_code == 403, f"{route.method} {route.path}: {answer.status_code}"
        answer = client.request(route.method, path, headers={"origin": "https://evil.example"}, json={})
        assert answer.status_code == 403, f"{route.method} {route.path}: {answer.status_code}"


def _sign_in(client: Client) -> None:
    sign_in(client, make_user(client.session))


@pytest.mark.parametrize("given", ["", "not-a-token", "visitor", "another session", "赋能汇"])
def test_every_other_unsafe_route_wants_its_own_token(client: Client, app: FastAPI, given: str) -> None:
    """A signed-in browser without a token, with a wrong one, a visitor's or another session's: refused everywhere."""
    if given == "another session":
        _sign_in(client)
    if given in {"visitor", "another session"}:
        given = client.get("/api/v1/me").json()["csrf_token"]
    _sign_in(client)
    without = set()
    for route in walk_routes(app.routes):
        if route.method == "GET":
            continue
        path = route.path.replace("{", "0").replace("}", "0")
        if (
            client.request(route.method, path, json={}, headers={"x-csrf-token": given.encode()}).status_code
            != 403
        ):
            without.add(f"{route.method} {route.path}")
    assert without == WITHOUT


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/json",
        "text/plain;application/json",
        "application/x-www-form-urlencoded;x",
        "",
    ],
)
def test_no_content_type_slips_past_the_token(client: Client, app: FastAPI, content_type: str) -> None:
    """A form of another site can send text that looks like JSON; a token inside it is no token."""
    _sign_in(client)
    token = client.get("/api/v1/me").json()["csrf_token"]
    body = f'{{"csrf_token": "{token}", "x": "="}}'.encode()
    without = set()
    for route in walk_routes(app.routes):
        if route.method == "GET":
            continue
        path = route.path.replace("{", "0").replace("}", "0")
        answer = client.request(route.method, path, content=body, headers={"content-type": content_type})
        if answer.status_code != 403:
            without.add(f"{route.method} {route.path}")
    assert without == WITHOUT


def test_signing_in_by_any_way_needs_a_visitors_token(client: Client, app: FastAPI) -> None:
    """Also what comes before a session: an attacker must not sign a browser in as themselves."""
    seen = 0
    for route in walk_routes(app.routes):
        if route.method == "GET" or not route.path.startswith(("/sign-in", "/register", "/reset-password")):
            continue
        seen += 1
        for token in (None, "made-up"):
            data = {"login": "13912345678", "password": "x", "code": "1"} | (
                {"csrf_token": token} if token else {}
            )
            assert client.post(route.path, data=data).status_code == 403, route.path
    assert seen >= 12


def test_control_the_right_token_is_let_through(client: Client) -> None:
    _sign_in(client)
    token = client.get("/api/v1/me").json()["csrf_token"]
    assert client.post("/sign-out", headers={"x-csrf-token": token}).status_code == 303
