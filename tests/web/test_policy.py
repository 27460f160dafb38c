import pytest
from fastapi import FastAPI

from app.accounts import service
from app.core.permissions import ANONYMOUS
from app.web.policy import policy_of, walk_routes
from tests.services.client import Client


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
    with client.session.no_autoflush:
        user = service.register_user(
            client.session, ANONYMOUS, name="测试", login="csrf@example.cn", password_hash="not-a-hash"
        )
    token = service.start_session(client.session, user, ip="", agent="")
    client.cookies.set("funeng", token)


@pytest.mark.parametrize("given", ["", "not-a-token", "other"])
def test_every_unsafe_route_but_the_preview_wants_its_own_token(
    client: Client, app: FastAPI, given: str
) -> None:
    """A signed-in browser without a token, with a wrong one, or with a visitor's token is refused everywhere."""
    if given == "other":
        page = client.get("/sign-in").text
        given = page.split('name="csrf_token" value="')[1].split('"')[0]
    _sign_in(client)
    without = set()
    for route in walk_routes(app.routes):
        if route.method == "GET":
            continue
        path = route.path.replace("{", "0").replace("}", "0")
        if client.request(route.method, path, json={}, headers={"x-csrf-token": given}).status_code != 403:
            without.add(f"{route.method} {route.path}")
    assert without == {"POST /api/v1/match/preview"}


def test_control_the_right_token_is_let_through(client: Client) -> None:
    _sign_in(client)
    page = client.get("/workspace").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    assert client.post("/sign-out", headers={"x-csrf-token": token}).status_code == 303
