"""Sessions: fixation, replay, cookies, several at once (RELIABILITY S6)."""

import re
from typing import Any

import pytest
from fastapi import FastAPI

from app.accounts import queries
from app.core import security
from app.core.permissions import Role
from tests.factories.accounts import PASSWORD, make_user, sign_in
from tests.factories.proofs import code_at, enrol
from tests.services.client import Client

both = pytest.mark.parametrize("backend", ["sqlite", "postgres"])


def me(client: Client) -> dict[str, Any]:
    return dict(client.get("/api/v1/me").json())


def enter(client: Client, login: str) -> Any:
    return client.submit("/sign-in", {"login": login, "password": PASSWORD})


@both
class TestFixation:
    @pytest.mark.parametrize("second_factor", [False, True])
    def test_a_planted_token_is_never_the_session(self, client: Client, second_factor: bool):
        user = make_user(client.session, login="a@example.cn")
        if second_factor:
            enrol(client.session, user)
        planted = security.new_token()
        client.cookies.set("funeng", planted)
        client.cookies.set("funeng_step", planted)
        enter(client, "a@example.cn")
        if second_factor:
            assert client.submit("/sign-in/second-factor", {"code": code_at()}).status_code == 303
        tokens = {cookie.value for cookie in client.cookies.jar if cookie.name == "funeng"} - {planted}
        assert len(tokens) == 1
        assert len(queries.list_sessions(client.session, user.id)) == 1
        for hers in (planted,):
            client.cookies.clear()
            client.cookies.set("funeng", hers)
            assert me(client)["signed_in"] is False

    def test_an_attackers_own_session_ends_when_the_victim_signs_in_over_it(self, client: Client):
        attacker = make_user(client.session, login="b@example.cn")
        planted = sign_in(client, attacker)
        victim = make_user(client.session, login="c@example.cn")
        data = {"login": "c@example.cn", "password": PASSWORD, "csrf_token": me(client)["csrf_token"]}
        assert client.post("/sign-in", data=data).status_code == 303
        assert me(client)["id"] == str(victim.id)
        client.cookies.clear()
        client.cookies.set("funeng", planted)
        assert me(client)["signed_in"] is False

    def test_a_planted_visitors_cookie_gives_no_token_of_the_session(self, client: Client):
        make_user(client.session, login="d@example.cn")
        early = me(client)["csrf_token"]
        enter(client, "d@example.cn")
        assert client.post("/sign-out", data={"csrf_token": early}).status_code == 403


@both
class TestReplay:
    def test_after_signing_out_the_cookie_is_worth_nothing(self, client: Client):
        make_user(client.session, login="e@example.cn")
        enter(client, "e@example.cn")
        kept, token = dict(client.cookies), me(client)["csrf_token"]
        assert client.post("/sign-out", data={"csrf_token": token}).status_code == 303
        client.cookies.update(kept)
        assert me(client)["signed_in"] is False
        assert client.get("/account").status_code == 303
        assert client.post("/account/sessions/end", data={"csrf_token": token}).status_code == 303

    def test_signing_out_here_leaves_the_other_browser(self, client: Client):
        user = make_user(client.session)
        other = sign_in(client, user)
        sign_in(client, user)
        client.post("/sign-out", data={"csrf_token": me(client)["csrf_token"]})
        client.cookies.set("funeng", other)
        assert me(client)["signed_in"] is True

    def test_a_revoked_session_is_out_at_the_next_request(self, client: Client):
        user = make_user(client.session, Role.reviewer)
        first = sign_in(client, user)
        sign_in(client, user)
        client.post("/account/sessions/end", data={"csrf_token": me(client)["csrf_token"]})
        assert me(client)["signed_in"] is True
        client.cookies.clear()
        client.cookies.set("funeng", first)
        assert client.get("/desk").headers["location"].startswith("/sign-in")


def test_a_token_has_256_bits_and_no_two_are_alike():
    tokens = {security.new_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(re.fullmatch(r"[\w-]{43}", token) for token in tokens)


def test_behind_https_the_cookies_are_host_bound_and_secure(client: Client, app: FastAPI):
    runtime = app.state.runtime
    runtime.settings = runtime.settings.model_copy(update={"public_url": "https://funeng.example"})
    make_user(client.session, login="f@example.cn")
    page = client.get("/sign-in", headers={"Host": "funeng.example"})
    pre = next(value for name, value in page.headers.multi_items() if name == "set-cookie")
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    answer = client.post(
        "/sign-in",
        data={"login": "f@example.cn", "password": PASSWORD, "csrf_token": token},
        headers={"Cookie": pre.split(";")[0]},
    )
    assert answer.status_code == 303
    cookies = [pre, *(value for name, value in answer.headers.multi_items() if name == "set-cookie")]
    assert any(value.startswith("__Host-funeng=") for value in cookies)
    for value in cookies:
        assert value.startswith("__Host-")
        assert "Secure" in value
        assert "HttpOnly" in value
        assert "Path=/" in value
        assert "SameSite=lax" in value
        assert "Domain" not in value
