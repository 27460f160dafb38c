"""Registering, signing in and out: sessions rotate, wrong passwords lock, forged posts are refused."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries, service, sweeping
from app.accounts.models import ProofCode, ProofLink, SignInStep, User, UserSession, UserState
from app.accounts.service import links
from app.core import clock, drafts, security
from app.core.audit import AuditEvent
from app.core.permissions import Role
from tests.factories.accounts import PASSWORD, make_user, sign_in
from tests.services.client import Client

both = pytest.mark.parametrize("backend", ["sqlite", "postgres"])
NEW = "我的3句新话Ok很长的"


def enter(client: Client, login: str, password: str = PASSWORD, **more: Any) -> Any:
    return client.submit("/sign-in", {"login": login, "password": password}, **more)


def me(client: Client) -> dict[str, Any]:
    return dict(client.get("/api/v1/me").json())


class TestRegistering:
    def test_a_new_person_is_signed_in(self, client: Client):
        answer = client.submit(
            "/register",
            {"name": "示例甲", "login": "138 0000 1111", "password": NEW, "agree": "true"},
        )
        assert (answer.status_code, answer.headers["location"]) == (303, "/workspace")
        who = me(client)
        assert (who["signed_in"], who["name"], who["roles"], who["organisation"]) == (
            True,
            "示例甲",
            [],
            None,
        )
        assert queries.find_user_by_login(client.session, "13800001111") is not None

    def test_a_visitors_draft_becomes_theirs(self, client: Client):
        client.get("/register")
        pre = client.cookies["funeng_pre"]
        signer = client.app.state.runtime.signer
        token = signer.read("pre", pre.strip('"'), max_age_s=3600)
        assert token
        owner = f"anon:{security.token_hash(token)}"
        drafts.save(client.session, owner=owner, form="needs.sentence", data={"text": "老停机"})
        client.submit(
            "/register", {"name": "示例甲", "login": "a@example.cn", "password": NEW, "agree": "true"}
        )
        user = queries.find_user_by_login(client.session, "a@example.cn")
        assert user is not None
        kept = drafts.find(client.session, owner=drafts.user_owner(user.id), form="needs.sentence")
        assert kept is not None
        assert kept.data == {"text": "老停机"}
        assert drafts.find(client.session, owner=owner, form="needs.sentence") is None

    @pytest.mark.parametrize(
        ("field", "value", "reason"),
        [
            ("name", " ", "请填写您的姓名"),
            ("name", "长" * 10_000, "最多 40 个字"),
            ("login", "不是邮箱", "手机号（11 位）或邮箱"),
            ("password", "短", "密码至少 10 位，现在 1 位"),
            ("password", "password12345", "太常见"),
            ("password", "x1y2z" * 30, "最多 128 位"),
            ("agree", "false", "请先阅读并同意"),
            ("role", "system_admin", "不认识这个字段"),
        ],
    )
    def test_bad_input_is_explained(self, client: Client, field: str, value: str, reason: str):
        data = {"name": "示例甲", "login": "b@example.cn", "password": NEW, "agree": "true", field: value}
        answer = client.submit("/register", data)
        assert answer.status_code == 422
        assert reason in answer.text
        assert NEW not in answer.text  # a password never comes back
        assert queries.find_user_by_login(client.session, "b@example.cn") is None

    def test_a_taken_login_leads_to_signing_in(self, client: Client):
        make_user(client.session, login="c@example.cn")
        answer = client.submit(
            "/register", {"name": "示例乙", "login": "C@Example.cn", "password": NEW, "agree": "true"}
        )
        assert answer.status_code == 422
        assert "已经注册过" in answer.text

    def test_one_network_registers_five_an_hour(self, client: Client):
        for number in range(5):
            data = {"name": "示例", "login": f"d{number}@example.cn", "password": NEW, "agree": "true"}
            assert client.submit("/register", data).status_code == 303
            client.cookies.clear()
        data = {"name": "示例", "login": "d5@example.cn", "password": NEW, "agree": "true"}
        answer = client.submit("/register", data)
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) > 0


@both
class TestSigningIn:
    def test_in_and_out(self, client: Client):
        make_user(client.session, login="e@example.cn", name="示例戊")
        answer = enter(client, " E@Example.cn ")
        assert answer.headers["location"] == "/workspace"
        assert me(client)["name"] == "示例戊"
        old = dict(client.cookies)
        left = client.post("/sign-out", data={"csrf_token": me(client)["csrf_token"]})
        assert left.headers["location"] == "/"
        assert me(client)["signed_in"] is False
        client.cookies.update(old)
        assert me(client)["signed_in"] is False  # the session is gone on the server, not only the cookie

    def test_the_session_cookie_is_kept_from_scripts(self, client: Client):
        make_user(client.session, login="f@example.cn")
        cookies = [
            value
            for name, value in enter(client, "f@example.cn").headers.multi_items()
            if name == "set-cookie"
        ]
        mine = next(value for value in cookies if value.startswith("funeng="))
        assert "HttpOnly" in mine
        assert "SameSite=lax" in mine
        assert "Path=/" in mine

    def test_signing_in_makes_a_new_session_and_ends_the_old(self, client: Client):
        user = make_user(client.session, login="g@example.cn")
        planted = sign_in(client, user)
        page = client.get("/api/v1/me").json()["csrf_token"]
        data = {"login": "g@example.cn", "password": PASSWORD, "csrf_token": page}
        assert client.post("/sign-in", data=data).status_code == 303
        fresh = client.cookies["funeng"]
        assert fresh != planted
        assert queries.find_session(client.session, security.token_hash(planted)) is None
        assert queries.find_session(client.session, security.token_hash(fresh)) is not None

    def test_only_a_hash_of_the_token_is_stored(self, client: Client):
        token = sign_in(client, make_user(client.session))
        stored = client.session.scalars(select(UserSession.token_hash)).all()
        assert token not in stored
        assert security.token_hash(token) in stored

    @pytest.mark.parametrize("login", ["h@example.cn", "nobody@example.cn"])
    def test_a_wrong_password_and_an_unknown_name_read_alike(self, client: Client, login: str):
        make_user(client.session, login="h@example.cn")
        answer = enter(client, login, "不对的密码不对的密码")
        assert answer.status_code == 422
        assert service.WRONG in answer.text

    @pytest.mark.parametrize("login", ["i@example.cn", "ghost@example.cn"])
    def test_five_failures_lock_for_a_quarter_of_an_hour_then_longer(self, client: Client, login: str):
        make_user(client.session, login="i@example.cn")
        start = clock.now()

        def fail(times: int) -> list[int]:
            return [enter(client, login, "不对的密码不对的密码").status_code for _ in range(times)]

        assert fail(6) == [422] * 5 + [429]
        assert enter(client, login, PASSWORD).status_code == 429  # the right one does not help either
        with clock.frozen(start + timedelta(minutes=16)):
            assert fail(6) == [422] * 5 + [429]
        with clock.frozen(start + timedelta(minutes=16 + 16)):
            assert fail(1) == [429]  # twice as long this time
        with clock.frozen(start + timedelta(minutes=16 + 31)):
            expected = 303 if login == "i@example.cn" else 422
            assert enter(client, login, PASSWORD).status_code == expected

    def test_control_four_failures_lock_nothing(self, client: Client):
        make_user(client.session, login="j@example.cn")
        for _ in range(4):
            assert enter(client, "j@example.cn", "不对的密码不对的密码").status_code == 422
        assert enter(client, "j@example.cn").status_code == 303

    def test_one_network_tries_twenty_times_in_five_minutes(self, client: Client):
        answers = [enter(client, f"k{number}@example.cn").status_code for number in range(21)]
        assert answers == [422] * 20 + [429]

    def test_a_disabled_account_is_out_at_once(self, client: Client):
        user = make_user(client.session, login="l@example.cn")
        sign_in(client, user)
        assert me(client)["signed_in"] is True
        queries.get_user(client.session, user.id).state = UserState.disabled
        assert me(client)["signed_in"] is False
        client.cookies.clear()
        assert enter(client, "l@example.cn").status_code == 422

    @pytest.mark.parametrize(
        ("role", "minutes", "alive"),
        [(None, 29, True), (None, 31, False), (Role.reviewer, 14, True), (Role.reviewer, 16, False)],
    )
    def test_an_idle_session_ends(self, client: Client, role: Role | None, minutes: int, alive: bool):
        roles = (role,) if role else ()
        sign_in(client, make_user(client.session, *roles))
        with clock.frozen(clock.now() + timedelta(minutes=minutes)):
            assert me(client)["signed_in"] is alive

    def test_a_busy_session_ends_after_twelve_hours(self, client: Client):
        sign_in(client, make_user(client.session))
        start = clock.now()
        for step in range(1, 48):
            with clock.frozen(start + timedelta(minutes=15 * step)):
                assert me(client)["signed_in"] is True, step
        with clock.frozen(start + timedelta(hours=12, minutes=1)):
            assert me(client)["signed_in"] is False

    @pytest.mark.parametrize(
        ("roles", "place"),
        [
            ((), "/workspace"),
            ((Role.reviewer,), "/desk"),
            ((Role.security_admin,), "/admin/users"),
            ((Role.auditor,), "/admin/audit"),
        ],
    )
    def test_everybody_lands_where_their_work_is(self, client: Client, roles: tuple[Role, ...], place: str):
        make_user(client.session, *roles, login="m@example.cn")
        assert enter(client, "m@example.cn").headers["location"] == place

    def test_next_leads_back_but_never_elsewhere(self, client: Client):
        make_user(client.session, login="n@example.cn")
        answer = client.submit("/sign-in?next=/search?q=x", {"login": "n@example.cn", "password": PASSWORD})
        assert answer.headers["location"] == "/search?q=x"
        client.cookies.clear()
        evil = {"login": "n@example.cn", "password": PASSWORD, "next": "//evil.example"}
        assert client.submit("/sign-in", evil).headers["location"] == "/workspace"


class TestForgery:
    """Every refusal beside its control: the same request, but honest."""

    def post(self, client: Client, token: str | None, **headers: str) -> int:
        data = {"csrf_token": token} if token is not None else {}
        return int(client.post("/account/sessions/end", data=data, headers=headers).status_code)

    def test_control_an_honest_post_passes(self, client: Client):
        sign_in(client, make_user(client.session))
        origin = str(client.base_url).rstrip("/")
        assert self.post(client, me(client)["csrf_token"]) == 303
        assert self.post(client, me(client)["csrf_token"], Origin=origin) == 303
        assert self.post(client, me(client)["csrf_token"], **{"Sec-Fetch-Site": "same-origin"}) == 303
        assert self.post(client, None, **{"X-CSRF-Token": me(client)["csrf_token"]}) == 303

    @pytest.mark.parametrize("token", [None, "", "0" * 64, "赋能汇"])
    def test_without_a_token_or_with_a_made_up_one(self, client: Client, token: str | None):
        sign_in(client, make_user(client.session))
        assert self.post(client, token) == 403

    def test_with_another_sessions_token(self, client: Client):
        user = make_user(client.session)
        sign_in(client, user)
        foreign = me(client)["csrf_token"]
        sign_in(client, user)
        assert foreign != me(client)["csrf_token"]
        assert self.post(client, foreign) == 403

    def test_with_a_visitors_token(self, client: Client):
        early = me(client)["csrf_token"]
        sign_in(client, make_user(client.session))
        assert self.post(client, early) == 403

    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ],
    )
    def test_from_another_site(self, client: Client, headers: dict[str, str]):
        sign_in(client, make_user(client.session))
        assert self.post(client, me(client)["csrf_token"], **headers) == 403

    def test_signing_in_and_registering_need_a_token_too(self, client: Client):
        make_user(client.session, login="o@example.cn")
        data = {"login": "o@example.cn", "password": PASSWORD}
        assert client.post("/sign-in", data=data).status_code == 403
        assert enter(client, "o@example.cn", headers={"Origin": "https://evil.example"}).status_code == 403
        assert enter(client, "o@example.cn").status_code == 303

    def test_a_session_that_ended_leads_to_signing_in(self, client: Client):
        """Not to 「页面已过期」: the script then asks for the password in place."""
        sign_in(client, make_user(client.session))
        token = me(client)["csrf_token"]
        with clock.frozen(clock.now() + timedelta(minutes=31)):
            plain = client.post("/account/sessions/end", data={"csrf_token": token})
            assert plain.headers["location"].startswith("/sign-in")
            fragment = client.post(
                "/account/sessions/end", data={"csrf_token": token}, headers={"HX-Request": "true"}
            )
            assert fragment.status_code == 401


@both
class TestFirstAdmin:
    def make_token(self, session: Session) -> str:
        for user in session.scalars(select(User)):
            session.delete(user)
        session.flush()
        token = service.make_first_admin_token(session)
        assert token is not None
        return token

    def use(self, client: Client, token: str, **more: str) -> Any:
        data = {"name": "示例管理员", "login": "admin@example.cn", "password": PASSWORD, **more}
        return client.submit(f"/first-admin?token={token}", data)

    def test_it_makes_a_security_admin_once(self, client: Client):
        token = self.make_token(client.session)
        assert self.use(client, token).headers["location"] == "/sign-in"
        user = queries.find_user_by_login(client.session, "admin@example.cn")
        assert user is not None
        assert queries.list_roles_held(client.session, user.id) == {Role.security_admin}
        again = self.use(client, token, login="second@example.cn")
        assert again.status_code == 422
        assert "无效或已用过" in again.text
        assert queries.find_user_by_login(client.session, "second@example.cn") is None

    def test_a_made_up_or_old_one_is_refused(self, client: Client):
        token = self.make_token(client.session)
        assert self.use(client, "made-up-made-up").status_code == 422
        with clock.frozen(clock.now() + timedelta(hours=25)):
            assert self.use(client, token).status_code == 422
        assert queries.find_user_by_login(client.session, "admin@example.cn") is None

    def test_a_weak_password_does_not_use_it_up(self, client: Client):
        token = self.make_token(client.session)
        assert "密码至少 12 位" in self.use(client, token, password="只有七个字的话").text
        assert self.use(client, token).status_code == 303

    def test_there_is_none_once_an_account_stands(self, client: Client):
        make_user(client.session)
        assert service.make_first_admin_token(client.session) is None


def test_a_denied_page_leaves_an_audit_row(client: Client):
    user = make_user(client.session)
    sign_in(client, user)
    assert client.get("/admin/audit").status_code == 403
    row = client.session.scalars(select(AuditEvent).where(AuditEvent.name == "accounts.access.denied")).one()
    assert (row.actor_user_id, row.object_id) == (user.id, "accounts:audit:read")


def test_what_is_over_is_forgotten(client: Client):
    user = make_user(client.session)
    enter(client, "ghost@example.cn", "不对的密码不对的密码")
    sign_in(client, user)

    def left() -> tuple[int, int]:
        client.session.flush()
        key = security.token_hash("ghost@example.cn")
        return len(queries.list_sessions(client.session, user.id)), int(
            queries.find_failure(client.session, key) is not None
        )

    sweeping.sweep(client.session)
    assert left() == (1, 1)
    with clock.frozen(clock.now() + timedelta(minutes=31)):
        sweeping.sweep(client.session)
        assert left() == (0, 1)
    with clock.frozen(clock.now() + timedelta(days=1, minutes=1)):
        sweeping.sweep(client.session)
        assert left() == (0, 0)


def test_what_was_proven_or_half_done_is_forgotten_too(client: Client):
    session = client.session
    user = make_user(session, login="p@example.cn")
    service.begin_step(session, user, method="password")
    service.issue_code(session, purpose="sign-in", number="13912345678")
    links.issue_link(session, purpose=links.RESET, user_id=user.id, address="p@example.cn")
    session.flush()

    def left() -> list[int]:
        session.flush()
        return [len(session.scalars(select(model)).all()) for model in (SignInStep, ProofCode, ProofLink)]

    for minutes, expected in (
        (9, [1, 1, 1]),
        (11, [0, 1, 1]),
        (24 * 60 + 29, [0, 0, 1]),
        (24 * 60 + 31, [0, 0, 0]),
    ):
        with clock.frozen(clock.now() + timedelta(minutes=minutes)):
            sweeping.sweep(session)
            assert left() == expected, minutes
