"""Signing in at a real identity provider (a local one): what it says is checked, and nothing is taken over."""

import base64
import hashlib
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.accounts import oidc, queries, service
from app.accounts.models import ExternalIdentity, User, UserState
from app.core import clock
from app.core.permissions import Role
from app.core.settings import OidcSettings, Settings
from tests.factories.accounts import PASSWORD, make_user, sign_in
from tests.factories.proofs import code_at, enrol, letters
from tests.services.client import Client
from tests.services.oidc import Provider, running_provider

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the local provider uses older names
MAIL, SUBJECT = "city@example.cn", "u-1001"
LEAVE, BACK, FINISH = "/sign-in/oidc", "/sign-in/oidc/back", "/sign-in/oidc/finish"


@pytest.fixture(scope="module")
def _running() -> Iterator[Provider]:
    with running_provider() as started:
        yield started


@pytest.fixture
def provider(_running: Provider, app: FastAPI) -> Provider:
    """The provider that the application's settings name; it knows one person with a proven address."""
    _running.twists.clear()
    _running.forms.clear()
    _running.put_user(SUBJECT, name="示例市民", email=MAIL, email_verified=True)
    use(app, _running.issuer)
    return _running


def use(app: FastAPI, issuer: str, **more: Any) -> None:
    runtime = app.state.runtime
    settings = OidcSettings.model_validate(
        {"issuer": issuer, "client_id": "funeng", "client_secret": "s" * 20, **more}
    )
    accounts = runtime.settings.accounts.model_copy(update={"oidc": settings})
    changed: Settings = runtime.settings.model_copy(update={"accounts": accounts})
    runtime.settings = changed


def me(client: Client) -> dict[str, Any]:
    return dict(client.get("/api/v1/me").json())


def leave(client: Client, place: str = "") -> str:
    answer = client.get(LEAVE, params={"next": place})
    assert answer.status_code == 303
    return str(answer.headers["location"])


def come_back(client: Client, url: str) -> Any:
    parts = urlsplit(url)
    return client.get(f"{parts.path}?{parts.query}")


def arrive(
    client: Client, provider: Provider, place: str = "", subject: str = SUBJECT, **changed: str
) -> Any:
    """To the provider and back."""
    return come_back(client, provider.approve(leave(client, place), subject, **changed))


def bind(client: Client, password: str = PASSWORD, login: str = MAIL) -> Any:
    return client.submit(FINISH, {"login": login, "password": password}, action="/sign-in/oidc/bind")


def bound(client: Client) -> list[ExternalIdentity]:
    return list(client.session.scalars(select(ExternalIdentity)))


def made(client: Client, *roles: Role, login: str = MAIL) -> User:
    return make_user(client.session, *roles, login=login)


class TestTheTrip:
    def test_code_flow_with_pkce_state_and_nonce(self, client: Client, provider: Provider, app: FastAPI):
        url = leave(client)
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert url.startswith(provider.issuer)
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["redirect_uri"] == f"{app.state.runtime.settings.public_url}{BACK}"
        assert len(asked["state"]) >= 32
        assert len(asked["nonce"]) >= 32
        assert come_back(client, provider.approve(url, SUBJECT)).headers["location"] == FINISH
        verifier = provider.forms[-1]["code_verifier"]
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        assert digest == asked["code_challenge"]
        assert me(client)["signed_in"] is False  # coming back signs nobody in: the page has a button

    def test_what_we_remember_is_sealed(self, client: Client, provider: Provider):
        url = leave(client)
        state = parse_qs(urlsplit(url).query)["state"][0]
        assert state not in client.cookies["funeng_oidc"]
        come_back(client, provider.approve(url, SUBJECT))
        assert MAIL not in client.cookies["funeng_oidc_who"]
        assert "funeng_oidc" not in client.cookies

    def test_a_wrong_state_is_refused(self, client: Client, provider: Provider):
        back = provider.approve(leave(client), SUBJECT)
        forged = re.sub(r"state=[^&]+", "state=made-up", back)
        answer = come_back(client, forged)
        assert (answer.status_code, "没有通过" in answer.text) == (400, True)
        assert come_back(client, re.sub(r"&?state=[^&]+", "", back)).status_code == 400
        assert "funeng_oidc_who" not in client.cookies

    def test_another_browsers_answer_is_refused(self, client: Client, provider: Provider):
        back = provider.approve(leave(client), SUBJECT)
        client.cookies.clear()
        assert come_back(client, back).status_code == 400

    def test_a_wrong_nonce_is_refused(self, client: Client, provider: Provider):
        answer = arrive(client, provider, nonce="n" * 32)
        assert (answer.status_code, "没有通过" in answer.text) == (400, True)
        assert arrive(client, provider).status_code == 303  # control: with its own it passes

    def test_a_code_for_another_client_is_refused(self, client: Client, provider: Provider):
        assert arrive(client, provider, client_id="somebody-else").status_code == 400

    def test_a_token_for_another_audience_is_refused(self, client: Client, provider: Provider, app: FastAPI):
        back = provider.approve(leave(client), SUBJECT)
        plain = oidc._claims

        def elsewhere(settings: OidcSettings, *args: Any) -> Any:
            return plain(settings.model_copy(update={"client_id": "another"}), *args)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(oidc, "_claims", elsewhere)
            assert come_back(client, back).status_code == 400

    def test_a_token_of_another_issuer_is_refused(self, client: Client, provider: Provider):
        url = leave(client)
        provider.twists["/.well-known/openid-configuration"] = lambda known: {
            **known,
            "issuer": "https://evil.example",
        }
        assert come_back(client, provider.approve(url, SUBJECT)).status_code == 400
        assert client.get(LEAVE).status_code == 400

    def test_a_token_signed_by_another_key_is_refused(self, client: Client, provider: Provider):
        with running_provider() as other:
            keys = f"{other.issuer}/jwks"
            provider.twists["/.well-known/openid-configuration"] = lambda known: {**known, "jwks_uri": keys}
            assert arrive(client, provider).status_code == 400

    def test_an_unsigned_token_is_refused(self, client: Client, provider: Provider):
        def strip(token: dict[str, Any]) -> dict[str, Any]:
            head = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
            return {**token, "id_token": f"{head}.{token['id_token'].split('.')[1]}."}

        provider.twists["/oauth2/token"] = strip
        assert arrive(client, provider).status_code == 400

    def test_an_expired_token_is_refused(self, client: Client, app: FastAPI):
        with running_provider(token_age=timedelta(seconds=-3600)) as old:
            use(app, old.issuer)
            assert arrive(client, old).status_code == 400

    def test_a_code_works_once(self, client: Client, provider: Provider):
        back = provider.approve(leave(client), SUBJECT)
        cookie = client.cookies["funeng_oidc"]
        assert come_back(client, back).status_code == 303
        client.cookies.set("funeng_oidc", cookie)
        assert come_back(client, back).status_code == 400

    def test_saying_no_there_leads_back_to_the_door(self, client: Client, provider: Provider):
        answer = come_back(client, provider.deny(leave(client)) + "&state=" + "x")
        assert answer.status_code in {303, 400}
        assert me(client)["signed_in"] is False


class TestAway:
    def test_a_dead_provider_is_said_in_chinese_with_other_ways_in(self, client: Client, app: FastAPI):
        with running_provider() as gone:
            issuer = gone.issuer
        use(app, issuer)
        answer = client.get(LEAVE)
        assert answer.status_code == 503
        assert "统一身份认证暂时连不上" in answer.text
        assert "用密码、短信验证码登录" in answer.text

    def test_one_that_dies_meanwhile_too(self, client: Client, app: FastAPI):
        with running_provider() as gone:
            use(app, gone.issuer)
            back = gone.approve(leave(client), SUBJECT)
        assert come_back(client, back).status_code == 503

    @pytest.mark.parametrize("answer", [[], {}, {"issuer": 7}])
    def test_one_that_answers_nonsense(self, client: Client, provider: Provider, answer: Any):
        provider.twists["/.well-known/openid-configuration"] = lambda _known: answer
        assert client.get(LEAVE).status_code in {400, 503}

    def test_without_an_issuer_there_is_no_such_way(self, client: Client, app: FastAPI):
        assert "统一身份认证" not in client.get("/sign-in").text
        token = me(client)["csrf_token"]
        for path in (LEAVE, BACK, FINISH):
            assert client.get(path).status_code == 404
        for path in ("enter", "bind", "register"):
            assert client.post(f"/sign-in/oidc/{path}", data={"csrf_token": token}).status_code == 404

    def test_with_one_the_door_shows_it(self, client: Client, provider: Provider):
        assert "用统一身份认证登录" in client.get("/sign-in").text


class TestWhoItIs:
    def test_an_equal_address_alone_opens_nothing(self, client: Client, provider: Provider):
        """No silent takeover: the account with the same proven address wants its own password."""
        made(client)
        arrive(client, provider)
        page = client.get(FINISH)
        assert "绑定并登录" in page.text
        assert me(client)["signed_in"] is False
        entered = client.post("/sign-in/oidc/enter", data={"csrf_token": me(client)["csrf_token"]})
        assert entered.status_code == 422
        assert bind(client, "不是这个密码不是").status_code == 422
        registered = client.submit(
            FINISH, {"name": "示例丙", "agree": "true"}, action="/sign-in/oidc/register"
        )
        assert (registered.status_code, "已经注册过" in registered.text) == (422, True)
        assert bound(client) == []
        assert me(client)["signed_in"] is False

    def test_bound_with_the_password_then_one_button(self, client: Client, provider: Provider):
        user = made(client)
        arrive(client, provider, "/search?q=x")
        assert bind(client).headers["location"] == "/search?q=x"
        assert me(client)["id"] == str(user.id)
        assert [(row.issuer, row.subject, row.user_id) for row in bound(client)] == [
            (provider.issuer, SUBJECT, user.id)
        ]
        assert "绑定了统一身份认证" in letters(client.session, MAIL)[0]
        client.cookies.clear()
        arrive(client, provider, "/search?q=y")
        entered = client.submit(FINISH, action="/sign-in/oidc/enter")
        assert entered.headers["location"] == "/search?q=y"
        assert me(client)["id"] == str(user.id)
        assert "funeng_oidc_who" not in client.cookies

    def test_guesses_at_the_binding_count_like_sign_ins(self, client: Client, provider: Provider):
        made(client)
        arrive(client, provider)
        assert [bind(client, "不是这个密码不是").status_code for _ in range(5)] == [422] * 5
        assert bind(client).status_code == 429
        client.cookies.clear()
        assert client.submit("/sign-in", {"login": MAIL, "password": PASSWORD}).status_code == 429

    def test_a_new_person_registers_with_the_proven_address(self, client: Client, provider: Provider):
        arrive(client, provider)
        answer = client.submit(FINISH, {"name": "示例市民", "agree": "true"}, action="/sign-in/oidc/register")
        assert answer.headers["location"] == "/workspace"
        user = queries.find_user_by_login(client.session, MAIL)
        assert user is not None
        assert user.email_verified_at is not None
        assert user.password_hash == service.NO_PASSWORD
        assert client.get("/workspace").status_code == 200

    def test_an_address_that_the_provider_did_not_prove_is_not_taken(
        self, client: Client, provider: Provider
    ):
        provider.put_user("u-2", name="示例", email="unproven@example.cn", email_verified=False)
        arrive(client, provider, subject="u-2")
        page = client.get(FINISH).text
        assert "unproven@example.cn" not in page
        assert "/sign-in/oidc/register" not in page
        data = {"csrf_token": me(client)["csrf_token"], "name": "示例", "agree": "true"}
        assert client.post("/sign-in/oidc/register", data=data).status_code == 422
        assert queries.find_user_by_login(client.session, "unproven@example.cn") is None

    def test_whoever_is_signed_in_binds_and_unbinds(self, client: Client, provider: Provider):
        user = make_user(client.session)
        sign_in(client, user)
        assert "没有绑定" in client.get("/account").text
        arrive(client, provider, "/account")
        assert client.submit(FINISH, action="/account/identities").headers["location"] == "/account"
        row = bound(client)[0]
        assert row.user_id == user.id
        other = make_user(client.session)
        sign_in(client, other)
        foreign = f"/account/identities/{row.id}/remove"
        assert client.post(foreign, data={"csrf_token": me(client)["csrf_token"]}).status_code == 404
        sign_in(client, user)
        assert client.submit("/account", action=foreign).status_code == 303
        assert bound(client) == []

    def test_one_identity_belongs_to_one_account(self, client: Client, provider: Provider):
        first, second = make_user(client.session), make_user(client.session)
        service.bind_identity(client.session, first, issuer=provider.issuer, subject=SUBJECT)
        sign_in(client, second)
        arrive(client, provider)
        data = {"csrf_token": me(client)["csrf_token"]}
        assert client.post("/account/identities", data=data).status_code == 422
        assert [row.user_id for row in bound(client)] == [first.id]

    def test_a_disabled_account_stays_out(self, client: Client, provider: Provider):
        user = made(client)
        service.bind_identity(client.session, user, issuer=provider.issuer, subject=SUBJECT)
        user.state = UserState.disabled
        arrive(client, provider)
        assert client.submit(FINISH, action="/sign-in/oidc/enter").status_code == 422

    def test_ten_minutes_later_it_is_over(self, client: Client, provider: Provider):
        user = made(client)
        service.bind_identity(client.session, user, issuer=provider.issuer, subject=SUBJECT)
        arrive(client, provider)
        kept = client.cookies["funeng_oidc_who"]
        with clock.frozen(clock.now() + timedelta(minutes=10, seconds=1)):
            client.cookies.set("funeng_oidc_who", kept)  # a browser that keeps what it should forget
            answer = client.post("/sign-in/oidc/enter", data={"csrf_token": me(client)["csrf_token"]})
            assert answer.status_code == 409


class TestSecondFactor:
    def bound(self, client: Client, provider: Provider, *roles: Role) -> User:
        user = made(client, *roles)
        enrol(client.session, user)
        service.bind_identity(client.session, user, issuer=provider.issuer, subject=SUBJECT)
        return user

    def enter(self, client: Client, provider: Provider) -> str:
        arrive(client, provider)
        return str(client.submit(FINISH, action="/sign-in/oidc/enter").headers["location"])

    def test_it_is_asked_for_behind_the_provider_too(self, client: Client, provider: Provider):
        self.bound(client, provider, Role.reviewer)
        assert self.enter(client, provider).startswith("/sign-in/second-factor")
        assert me(client)["signed_in"] is False
        assert client.submit("/sign-in/second-factor", {"code": code_at()}).headers["location"] == "/desk"

    @pytest.mark.parametrize(
        ("claims", "spared"),
        [
            ({"amr": ["pwd", "mfa"]}, True),
            ({"acr": "mfa"}, True),
            ({"amr": ["pwd"]}, False),
            ({"amr": "mfa"}, False),
        ],
    )
    def test_unless_the_provider_says_it_was_given_there(
        self, client: Client, provider: Provider, app: FastAPI, claims: dict[str, Any], spared: bool
    ):
        self.bound(client, provider, Role.reviewer)
        provider.put_user(SUBJECT, email=MAIL, email_verified=True, **claims)
        use(app, provider.issuer, second_factor_values=["mfa"])
        assert (self.enter(client, provider) == "/desk") is spared
        if spared:
            assert client.get("/desk").status_code == 200

    def test_what_the_provider_says_counts_only_where_the_settings_say_so(
        self, client: Client, provider: Provider
    ):
        self.bound(client, provider, Role.reviewer)
        provider.put_user(SUBJECT, email=MAIL, email_verified=True, amr=["mfa"])
        assert self.enter(client, provider).startswith("/sign-in/second-factor")

    def test_staff_without_one_are_led_to_set_it_up(self, client: Client, provider: Provider):
        user = made(client, Role.reviewer)
        service.bind_identity(client.session, user, issuer=provider.issuer, subject=SUBJECT)
        assert self.enter(client, provider) == "/desk"
        assert client.get("/desk").headers["location"].startswith("/account/second-factor")

    def test_binding_wants_the_second_proof_too(self, client: Client, provider: Provider):
        user = made(client)
        enrol(client.session, user)
        arrive(client, provider)
        answer = bind(client)
        assert (answer.status_code, "两步验证" in answer.text) == (422, True)
        assert bound(client) == []


def test_production_wants_https() -> None:
    common = {
        "env": "production",
        "secret_key": "a1b2c3d4e5f6g7h8i9j0" * 2,
        "public_url": "https://funeng.example",
    }
    with pytest.raises(ValueError, match="must be https"):
        Settings.model_validate(
            {**common, "accounts": {"oidc": {"issuer": "http://id.example", "client_id": "x"}}}
        )
    Settings.model_validate(
        {**common, "accounts": {"oidc": {"issuer": "https://id.example", "client_id": "x"}}}
    )
