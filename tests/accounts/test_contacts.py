"""The own e-mail address and mobile number: proving and changing them."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.accounts import queries, service
from app.accounts.models import User
from app.accounts.pages import sending
from app.core import clock
from app.core.audit import AuditEvent
from tests.factories.accounts import PASSWORD, make_user, sign_in
from tests.factories.proofs import letters, mail_path, sms_code
from tests.services.client import Client, find_forms

both = pytest.mark.parametrize("backend", ["sqlite", "postgres"])
MAIL, NUMBER, NEW_MAIL, NEW_NUMBER = "c@example.cn", "13912345671", "new@example.cn", "13912345672"
PAGE, CODE = "/account/contacts", "/account/contacts/code"


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "SMS", ("1000/minute",))
    monkeypatch.setattr(sending, "MAIL", ("1000/minute",))


def token(client: Client) -> str:
    return str(client.get("/api/v1/me").json()["csrf_token"])


def ask(client: Client, value: str, password: str = PASSWORD) -> Any:
    return client.post(PAGE, data={"csrf_token": token(client), "value": value, "password": password})


def again(client: Client, user: User) -> User:
    return queries.get_user(client.session, user.id)


@both
class TestAddress:
    def test_the_link_proves_the_present_one(self, client: Client):
        user = make_user(client.session, login=MAIL)
        sign_in(client, user)
        assert "未验证" in client.get("/account").text
        assert "发验证链接" in client.get(PAGE).text
        assert ask(client, MAIL, "").status_code == 303  # the password is for a change
        path = mail_path(client.session, MAIL)
        assert again(client, user).email_verified_at is None  # asking proves nothing
        client.cookies.clear()  # opened on another device
        page = client.get(path)
        assert again(client, user).email_verified_at is None  # nor does a mail program's own look
        fields = next(form.fields for form in find_forms(page.text) if form.action == "/confirm-email")
        assert client.post("/confirm-email", data=fields).headers["location"] == "/sign-in"
        assert again(client, user).email_verified_at is not None
        assert client.post("/confirm-email", data=fields).status_code == 422  # once
        assert client.get(path).status_code == 404

    def test_a_new_one_replaces_the_old_once_proven_and_the_old_is_told(self, client: Client):
        user = make_user(client.session, login=MAIL)
        sign_in(client, user)
        assert ask(client, f" {NEW_MAIL.upper()} ").status_code == 303
        assert again(client, user).email == MAIL
        assert client.submit(mail_path(client.session, NEW_MAIL)).headers["location"] == PAGE
        changed = again(client, user)
        assert (changed.email, changed.email_verified_at is not None) == (NEW_MAIL, True)
        assert "已经换成另一个" in letters(client.session, MAIL)[0]
        assert NEW_MAIL not in letters(client.session, MAIL)[0]
        rows = client.session.scalars(select(AuditEvent).where(AuditEvent.name == "accounts.contact.changed"))
        assert [row.data for row in rows] == [{"kind": "email"}]

    def test_a_link_lasts_half_an_hour(self, client: Client):
        user = make_user(client.session, login=MAIL)
        sign_in(client, user)
        ask(client, NEW_MAIL)
        value = mail_path(client.session, NEW_MAIL).partition("token=")[2]
        with clock.frozen(clock.now() + timedelta(minutes=30, seconds=1)):
            client.cookies.clear()
            late = client.post("/confirm-email", data={"csrf_token": token(client), "token": value})
            assert late.status_code == 422
        assert again(client, user).email == MAIL

    def test_taken_meanwhile_stays_with_who_has_it(self, client: Client):
        user = make_user(client.session, login=MAIL)
        sign_in(client, user)
        ask(client, NEW_MAIL)
        make_user(client.session, login=NEW_MAIL)
        answer = client.submit(mail_path(client.session, NEW_MAIL))
        assert (answer.status_code, "属于另一个账号" in answer.text) == (422, True)
        assert again(client, user).email == MAIL


@both
class TestNumber:
    def test_the_code_adds_a_number(self, client: Client):
        user = make_user(client.session, login=MAIL)
        sign_in(client, user)
        page = ask(client, NEW_NUMBER)
        fields = next(form.fields for form in find_forms(page.text) if form.action == CODE)
        code = sms_code(client.session, NEW_NUMBER)
        wrong = f"{(int(code) + 1) % 1_000_000:06d}"
        assert client.post(CODE, data={**fields, "code": wrong}).status_code == 422
        assert again(client, user).mobile is None
        assert client.post(CODE, data={**fields, "code": code}).headers["location"] == PAGE
        changed = again(client, user)
        assert (changed.mobile, changed.mobile_verified_at is not None) == (NEW_NUMBER, True)
        assert client.post(CODE, data={**fields, "code": code}).status_code == 422

    def test_a_change_is_told_to_the_old_number(self, client: Client):
        user = make_user(client.session, login=NUMBER)
        sign_in(client, user)
        ask(client, NEW_NUMBER)
        data = {
            "csrf_token": token(client),
            "value": NEW_NUMBER,
            "code": sms_code(client.session, NEW_NUMBER),
        }
        assert client.post(CODE, data=data).status_code == 303
        assert "已经换成另一个" in letters(client.session, NUMBER)[0]

    def test_another_persons_code_is_worth_nothing(self, client: Client):
        first, second = make_user(client.session, login=MAIL), make_user(client.session, login=NUMBER)
        sign_in(client, first)
        ask(client, NEW_NUMBER)
        code = sms_code(client.session, NEW_NUMBER)
        sign_in(client, second)
        data = {"csrf_token": token(client), "value": NEW_NUMBER, "code": code}
        assert client.post(CODE, data=data).status_code == 422
        assert again(client, second).mobile == NUMBER


def test_a_new_one_wants_the_password(client: Client):
    sign_in(client, make_user(client.session, login=MAIL))
    for password in ("", "不是这个密码不是"):
        answer = ask(client, NEW_MAIL, password)
        assert (answer.status_code, "密码不对" in answer.text) == (422, True)
    assert letters(client.session, NEW_MAIL) == []


def test_one_that_belongs_to_somebody_is_refused(client: Client):
    make_user(client.session, login=NEW_MAIL)
    sign_in(client, make_user(client.session, login=MAIL))
    answer = ask(client, NEW_MAIL)
    assert (answer.status_code, "属于另一个账号" in answer.text) == (422, True)
    assert letters(client.session, NEW_MAIL) == []


def test_without_a_password_there_is_none_to_ask_for(client: Client):
    user = make_user(client.session, login=NUMBER)
    user.password_hash = service.NO_PASSWORD
    sign_in(client, user)
    assert "登录密码" not in client.get(PAGE).text
    assert ask(client, NEW_MAIL, "").status_code == 303
    assert "用验证码设新密码" in client.get("/account/password").text
