"""A forgotten password, by link and by code (RELIABILITY S5)."""

import re
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.accounts import queries, service
from app.accounts.models import ProofLink, User, UserState
from app.accounts.pages import sending
from app.accounts.service import links
from app.core import clock, security
from app.core.audit import AuditEvent
from app.core.permissions import Role
from tests.factories.accounts import PASSWORD, make_user, sign_in
from tests.factories.proofs import code_at, enrol, letters, mail_path, sms_code
from tests.services.client import Client

both = pytest.mark.parametrize("backend", ["sqlite", "postgres"])
NEW, MAIL, NUMBER = "新的3句话Ok不一样", "reset@example.cn", "13912345670"
ASK, BY_CODE, BY_LINK = "/reset-password", "/reset-password/code", "/reset-password/link"


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let several be asked for in one test; the limits have tests of their own."""
    monkeypatch.setattr(sending, "SMS", ("1000/minute",))
    monkeypatch.setattr(sending, "MAIL", ("1000/minute",))


def me(client: Client) -> dict[str, Any]:
    return dict(client.get("/api/v1/me").json())


def ask(client: Client, login: str = MAIL, **more: Any) -> Any:
    return client.submit(ASK, {"login": login}, **more)


def use_link(client: Client, path: str, password: str = NEW) -> Any:
    return client.submit(path, {"password": password})


def use_code(client: Client, code: str, password: str = NEW, number: str = NUMBER) -> Any:
    token = me(client)["csrf_token"]
    data = {"csrf_token": token, "login": number, "code": code, "password": password}
    return client.post(BY_CODE, data=data)


def enter(client: Client, login: str, password: str) -> int:
    client.cookies.clear()
    return int(client.submit("/sign-in", {"login": login, "password": password}).status_code)


def user_of(client: Client, login: str) -> User:
    found = queries.find_user_by_login(client.session, login)
    assert found is not None
    return found


@both
class TestByLink:
    def test_a_new_password_and_every_session_ends(self, client: Client):
        user = make_user(client.session, login=MAIL)
        session = sign_in(client, user)
        client.cookies.clear()
        assert "请查收邮件" in ask(client).text
        path = mail_path(client.session, MAIL)
        answer = use_link(client, path)
        assert answer.headers["location"] == "/sign-in"
        assert "funeng" not in client.cookies  # a new password is no sign-in
        assert queries.find_session(client.session, security.token_hash(session)) is None
        assert "密码刚刚改过" in letters(client.session, MAIL)[0]
        assert enter(client, MAIL, PASSWORD) == 422
        assert enter(client, MAIL, NEW) == 303
        names = client.session.scalars(
            select(AuditEvent.name).where(AuditEvent.actor_user_id == user.id)
        ).all()
        assert {"accounts.password.asked", "accounts.password.reset"} <= set(names)

    def test_the_token_is_long_stored_hashed_and_leads_to_our_own_address(self, client: Client, app: FastAPI):
        make_user(client.session, login=MAIL)
        ask(client)
        path = mail_path(client.session, MAIL)
        token = path.partition("token=")[2]
        assert len(token) >= 43  # 256 bits
        row = client.session.scalars(select(ProofLink)).one()
        assert row.token_hash == security.token_hash(token)
        assert token not in repr({name: getattr(row, name) for name in ("token_hash", "target", "purpose")})
        base = app.state.runtime.settings.public_url
        assert f"{base}{BY_LINK}?token={token}" in letters(client.session, MAIL)[0]

    @pytest.mark.parametrize(
        "headers",
        [
            {"Host": "evil.example"},
            {"X-Forwarded-Host": "evil.example"},
            {"X-Forwarded-Proto": "https", "X-Forwarded-Server": "evil.example"},
            {"Forwarded": "host=evil.example"},
            {"Host": "127.0.0.1:8000@evil.example"},
        ],
    )
    def test_no_header_puts_another_host_into_the_link(
        self, client: Client, app: FastAPI, headers: dict[str, str]
    ):
        make_user(client.session, login=MAIL)
        answer = ask(client, headers=headers)
        assert answer.status_code == 200
        assert "evil" not in letters(client.session, MAIL)[0]
        assert app.state.runtime.settings.public_url in letters(client.session, MAIL)[0]

    def test_it_works_once(self, client: Client):
        make_user(client.session, login=MAIL)
        ask(client)
        path = mail_path(client.session, MAIL)
        fields = {
            "csrf_token": me(client)["csrf_token"],
            "token": path.partition("token=")[2],
            "password": f"{NEW}2",
        }
        assert use_link(client, path).status_code == 303
        again = client.post(BY_LINK, data=fields)
        assert (again.status_code, "用过了" in again.text) == (422, True)
        assert client.get(path).status_code == 404
        assert enter(client, MAIL, NEW) == 303

    @pytest.mark.parametrize(("minutes", "status"), [(29, 303), (31, 422)])
    def test_for_half_an_hour(self, client: Client, minutes: int, status: int):
        make_user(client.session, login=MAIL)
        ask(client)
        path = mail_path(client.session, MAIL)
        with clock.frozen(clock.now() + timedelta(minutes=minutes)):
            data = {
                "csrf_token": me(client)["csrf_token"],
                "token": path.partition("token=")[2],
                "password": NEW,
            }
            assert client.post(BY_LINK, data=data).status_code == status

    def test_a_newer_one_ends_the_older(self, client: Client):
        make_user(client.session, login=MAIL)
        ask(client)
        old = mail_path(client.session, MAIL)
        with clock.frozen(clock.now() + timedelta(seconds=1)):
            ask(client)
            new = mail_path(client.session, MAIL)
            assert client.get(old).status_code == 404
            assert client.get(new).status_code == 200

    def test_changing_the_password_ends_it(self, client: Client):
        user = make_user(client.session, login=MAIL)
        ask(client)
        path = mail_path(client.session, MAIL)
        sign_in(client, user)
        changed = client.submit("/account/password", {"current": PASSWORD, "password": NEW})
        assert changed.status_code == 303
        assert client.get(path).status_code == 404

    def test_another_address_by_then_ends_it(self, client: Client):
        make_user(client.session, login=MAIL)
        ask(client)
        path = mail_path(client.session, MAIL)
        user_of(client, MAIL).email = "moved@example.cn"
        assert use_link(client, path).status_code == 422

    def test_a_link_that_proves_an_address_sets_no_password(self, client: Client):
        user = make_user(client.session, login=MAIL)
        links.issue_link(client.session, purpose=links.CONTACT, user_id=user.id, address=MAIL)
        token = mail_path(client.session, MAIL).partition("token=")[2]
        data = {"csrf_token": me(client)["csrf_token"], "token": token, "password": NEW}
        assert client.post(BY_LINK, data=data).status_code == 422

    def test_a_weak_password_does_not_use_it_up(self, client: Client):
        make_user(client.session, login=MAIL)
        ask(client)
        path = mail_path(client.session, MAIL)
        for weak in ("短", "password12345", "全是汉字的一句长话", PASSWORD):
            assert use_link(client, path, weak).status_code == 422
        assert use_link(client, path).status_code == 303

    def test_staff_set_a_longer_one(self, client: Client):
        make_user(client.session, Role.reviewer, login=MAIL)
        ask(client)
        assert "至少 12 位" in use_link(client, mail_path(client.session, MAIL), "10位Ok新话五六七").text

    def test_a_disabled_account_gets_no_letter(self, client: Client):
        make_user(client.session, login=MAIL).state = UserState.disabled
        assert "请查收邮件" in ask(client).text
        assert letters(client.session, MAIL) == []

    def test_the_second_factor_stays(self, client: Client):
        user = make_user(client.session, login=MAIL)
        enrol(client.session, user)
        ask(client)
        assert use_link(client, mail_path(client.session, MAIL)).status_code == 303
        client.cookies.clear()
        answer = client.submit("/sign-in", {"login": MAIL, "password": NEW})
        assert answer.headers["location"].startswith("/sign-in/second-factor")
        assert me(client)["signed_in"] is False
        assert client.submit("/sign-in/second-factor", {"code": code_at()}).status_code == 303


@both
class TestByCode:
    def test_a_new_password_and_every_session_ends(self, client: Client):
        user = make_user(client.session, login=NUMBER)
        session = sign_in(client, user)
        client.cookies.clear()
        ask(client, NUMBER)
        code = sms_code(client.session, NUMBER)
        assert use_code(client, code).headers["location"] == "/sign-in"
        assert "funeng" not in client.cookies
        assert queries.find_session(client.session, security.token_hash(session)) is None
        assert use_code(client, code, f"{NEW}2").status_code == 422  # once
        assert enter(client, NUMBER, NEW) == 303

    def test_five_tries_and_five_minutes(self, client: Client):
        make_user(client.session, login=NUMBER)
        ask(client, NUMBER)
        code = sms_code(client.session, NUMBER)
        wrong = f"{(int(code) + 1) % 1_000_000:06d}"
        assert [use_code(client, wrong).status_code for _ in range(5)] == [422] * 5
        assert use_code(client, code).status_code == 422
        ask(client, NUMBER)
        fresh = sms_code(client.session, NUMBER)
        with clock.frozen(clock.now() + timedelta(minutes=5, seconds=1)):
            assert use_code(client, fresh).status_code == 422
        assert use_code(client, fresh).status_code == 303

    def test_without_the_code_nothing_is_told_about_earlier_passwords(self, client: Client):
        """The present password as the new one: only whoever has the code hears that it was used before."""
        make_user(client.session, login=NUMBER)
        ask(client, NUMBER)
        code = sms_code(client.session, NUMBER)
        blind = use_code(client, f"{(int(code) + 1) % 1_000_000:06d}", PASSWORD)
        assert (blind.status_code, "这个密码用过" in blind.text) == (422, False)
        told = use_code(client, code, PASSWORD)
        assert (told.status_code, "这个密码用过" in told.text) == (422, True)  # control

    def test_a_person_without_a_password_sets_one(self, client: Client):
        make_user(client.session, login=NUMBER).password_hash = service.NO_PASSWORD
        ask(client, NUMBER)
        assert use_code(client, sms_code(client.session, NUMBER)).status_code == 303
        assert enter(client, NUMBER, NEW) == 303


@pytest.mark.parametrize(("known", "unknown"), [(MAIL, "ghost@example.cn"), (NUMBER, "13900000000")])
def test_the_answer_is_the_same_without_an_account(client: Client, known: str, unknown: str):
    make_user(client.session, login=known)
    pages = []
    for login in (known, unknown):
        answer = ask(client, login)
        assert answer.status_code == 200
        pages.append(re.sub(r'value="[0-9a-f]{64}"', "", answer.text.replace(login, "N")))
    assert pages[0] == pages[1]
    assert len(letters(client.session, known)) == 1
    assert letters(client.session, unknown) == []  # nobody is written to who has nothing here


def test_a_guess_for_a_number_without_an_account_reads_like_any_other(client: Client):
    ask(client, NUMBER)
    answer = use_code(client, "123456")
    assert (answer.status_code, "验证码不对或已过期" in answer.text) == (422, True)
