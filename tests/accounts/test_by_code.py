"""Signing in and registering with a code sent to the mobile number; every limit of the sending."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries, service
from app.accounts.models import ProofCode, UserState
from app.accounts.pages import sending
from app.core import after, clock, outgoing
from app.core.db import Database
from app.core.errors import Invalid
from tests.factories.accounts import make_user, sign_in
from tests.factories.organisations import add_member, make_organisation
from tests.factories.proofs import code_at, enrol, letters, sms_code
from tests.services.client import Client, find_forms

both = pytest.mark.parametrize("backend", ["sqlite", "postgres"])
NUMBER, OTHER = "13912345678", "13912345679"
ASK, SEND, ENTER = "/sign-in/code", "/sign-in/code/send", "/sign-in/code"


def me(client: Client) -> dict[str, Any]:
    return dict(client.get("/api/v1/me").json())


def ask(client: Client, number: str = NUMBER, *, place: str = "") -> Any:
    return client.submit(ASK, {"login": number, "next": place}, action=SEND)


def give(client: Client, code: str, number: str = NUMBER, *, place: str = "") -> Any:
    data = {"csrf_token": me(client)["csrf_token"], "login": number, "code": code, "next": place}
    return client.post(ENTER, data=data)


def another(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


@both
class TestSigningIn:
    def test_a_code_opens_the_account_and_proves_the_number(self, client: Client):
        user = make_user(client.session, login=NUMBER)
        page = ask(client, " 139 1234-5678 ", place="/search?q=x")
        assert page.status_code == 200
        fields = next(form.fields for form in find_forms(page.text) if form.action == ENTER)
        code = sms_code(client.session, NUMBER)
        assert re.fullmatch(r"\d{6}", code)
        answer = client.post(ENTER, data={**fields, "code": f"{code[:3]} {code[3:]}"})
        assert answer.headers["location"] == "/search?q=x"
        assert me(client)["id"] == str(user.id)
        assert queries.get_user(client.session, user.id).mobile_verified_at is not None

    def test_who_registered_an_unproven_number_beforehand_is_shut_out(self, client: Client):
        stranger = make_user(client.session, login=NUMBER)
        sign_in(client, stranger)
        cookie = dict(client.cookies)
        client.cookies.clear()
        ask(client)
        assert give(client, sms_code(client.session, NUMBER)).status_code == 303
        assert me(client)["id"] == str(stranger.id)
        user = queries.get_user(client.session, stranger.id)
        assert user.password_hash == service.NO_PASSWORD
        client.cookies.clear()
        client.cookies.update(cookie)
        assert me(client)["signed_in"] is False

    def test_who_acts_for_an_organisation_keeps_the_password(self, client: Client):
        user = add_member(
            client.session, make_organisation(client.session), make_user(client.session, login=NUMBER)
        )
        before = user.password_hash
        ask(client)
        assert give(client, sms_code(client.session, NUMBER)).status_code == 303
        assert queries.get_user(client.session, user.id).password_hash == before

    def test_only_a_keyed_hash_is_stored_and_the_letter_is_sealed(self, client: Client):
        ask(client)
        code = sms_code(client.session, NUMBER)
        row = client.session.scalars(select(ProofCode)).one()
        assert code not in f"{row.key}{row.code_mac}"
        letter = outgoing.list_latest(client.session, to=NUMBER)[0]
        assert code not in letter.text
        assert letter.expires_at is not None

    def test_a_code_works_once(self, client: Client):
        make_user(client.session, login=NUMBER)
        ask(client)
        code = sms_code(client.session, NUMBER)
        assert give(client, code).status_code == 303
        client.cookies.clear()
        assert give(client, code).status_code == 422
        assert me(client)["signed_in"] is False

    @pytest.mark.parametrize(("seconds", "status"), [(299, 303), (301, 422)])
    def test_for_five_minutes(self, client: Client, seconds: int, status: int):
        make_user(client.session, login=NUMBER)
        start = clock.now()
        with clock.frozen(start):
            ask(client)
        with clock.frozen(start + timedelta(seconds=seconds)):
            assert give(client, sms_code(client.session, NUMBER)).status_code == status

    @pytest.mark.parametrize(("wrong", "status"), [(4, 303), (5, 422)])
    def test_five_tries(self, client: Client, wrong: int, status: int):
        make_user(client.session, login=NUMBER)
        ask(client)
        code = sms_code(client.session, NUMBER)
        assert [give(client, another(code)).status_code for _ in range(wrong)] == [422] * wrong
        assert give(client, code).status_code == status

    def test_another_numbers_code_is_worth_nothing(self, client: Client):
        make_user(client.session, login=NUMBER)
        ask(client, OTHER)
        assert give(client, sms_code(client.session, OTHER)).status_code == 422

    def test_a_code_for_something_else_is_worth_nothing(self, client: Client):
        make_user(client.session, login=NUMBER)
        service.issue_code(client.session, purpose="reset", number=NUMBER)
        assert give(client, sms_code(client.session, NUMBER)).status_code == 422

    def test_a_new_code_ends_the_old(self, client: Client):
        make_user(client.session, login=NUMBER)
        start = clock.now()
        ask(client)
        old = sms_code(client.session, NUMBER)
        with clock.frozen(start + timedelta(seconds=61)):
            service.issue_code(client.session, purpose="sign-in", number=NUMBER)
            new = sms_code(client.session, NUMBER)
            if old != new:
                assert give(client, old).status_code == 422
            assert give(client, new).status_code == 303

    def test_whoever_has_a_second_factor_gives_it_too(self, client: Client):
        user = make_user(client.session, login=NUMBER)
        enrol(client.session, user)
        ask(client)
        answer = give(client, sms_code(client.session, NUMBER))
        assert answer.headers["location"].startswith("/sign-in/second-factor")
        assert me(client)["signed_in"] is False
        assert client.submit("/sign-in/second-factor", {"code": code_at()}).status_code == 303

    def test_a_disabled_account_stays_out(self, client: Client):
        make_user(client.session, login=NUMBER).state = UserState.disabled
        ask(client)
        answer = give(client, sms_code(client.session, NUMBER))
        assert (answer.status_code, "已停用" in answer.text) == (422, True)

    @pytest.mark.parametrize("login", ["not a number", "a@example.cn", "1391234567", ""])
    def test_what_is_no_mobile_number_gets_nothing(self, client: Client, login: str):
        assert ask(client, login).status_code == 422
        assert client.session.scalars(select(ProofCode)).all() == []


class TestRegistering:
    def to_the_form(self, client: Client) -> dict[str, Any]:
        ask(client, place="/needs/new")
        page = give(client, sms_code(client.session, NUMBER), place="/needs/new")
        assert page.status_code == 200
        assert "还没有账号" in page.text
        return next(form.fields for form in find_forms(page.text) if form.action == "/register/number")

    def test_an_unknown_number_registers_with_a_name(self, client: Client):
        fields = self.to_the_form(client)
        assert me(client)["signed_in"] is False
        answer = client.post("/register/number", data={**fields, "name": "示例甲", "agree": "true"})
        assert answer.headers["location"] == "/needs/new"
        user = queries.find_user_by_login(client.session, NUMBER)
        assert user is not None
        assert user.mobile_verified_at is not None
        assert client.get("/workspace").status_code == 200  # what was agreed to counts
        client.cookies.clear()
        guess = client.submit("/sign-in", {"login": NUMBER, "password": service.NO_PASSWORD})
        assert guess.status_code == 422  # there is no password at all

    def test_the_terms_and_the_name_are_asked_for(self, client: Client):
        fields = self.to_the_form(client)
        answer = client.post("/register/number", data={**fields, "name": " "})
        assert answer.status_code == 422
        assert "请填写您的姓名" in answer.text
        assert "请先阅读并同意" in answer.text
        again = next(form.fields for form in find_forms(answer.text) if form.action == "/register/number")
        assert (
            client.post("/register/number", data={**again, "name": "示例甲", "agree": "true"}).status_code
            == 303
        )

    def test_the_proof_lasts_a_quarter_of_an_hour_and_is_ours(self, client: Client):
        fields = {**self.to_the_form(client), "name": "示例甲", "agree": "true"}
        forged = client.post("/register/number", data={**fields, "proof": fields["proof"][:-4] + "AAAA"})
        assert forged.status_code == 422
        with clock.frozen(clock.now() + timedelta(minutes=15, seconds=2)):
            assert client.post("/register/number", data=fields).status_code == 422
        assert queries.find_user_by_login(client.session, NUMBER) is None

    def test_twice_makes_one_account(self, client: Client):
        fields = {**self.to_the_form(client), "name": "示例甲", "agree": "true"}
        assert client.post("/register/number", data=fields).status_code == 303
        client.cookies.clear()
        client.get("/sign-in")
        fields["csrf_token"] = me(client)["csrf_token"]
        answer = client.post("/register/number", data=fields)
        assert (answer.status_code, "已经注册过" in answer.text) == (422, True)


def test_the_answer_is_the_same_with_and_without_an_account(client: Client):
    make_user(client.session, login=NUMBER)
    pages = []
    for number in (NUMBER, OTHER):
        text = ask(client, number).text.replace(number, "N")
        pages.append(re.sub(r'value="[0-9a-f]{64}"', "", text))
        assert len(letters(client.session, number)) == 1
    assert pages[0] == pages[1]


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set the four limits of sending; those not named are out of reach."""

    def put(*, number: str = "1000/minute", address: str = "1000/minute", overall: str = "1000/hour") -> None:
        monkeypatch.setattr(sending, "SMS", (number,))
        monkeypatch.setattr(sending, "PER_ADDRESS", (address,))
        monkeypatch.setattr(sending, "OVERALL", overall)

    return put


@pytest.fixture
def elsewhere(app: FastAPI, session: Session) -> Iterator[Client]:
    """The same application asked from another address."""
    with Client(app, session=session, client=("203.0.113.9", 50000)) as opened:
        yield opened


class TestLimits:
    """Each limit by itself, the others out of reach: all of them must allow."""

    def test_one_number(self, client: Client, elsewhere: Client, limited: Callable[..., None]):
        limited(number="2/minute")
        assert [ask(client).status_code for _ in range(3)] == [200, 200, 429]
        assert ask(elsewhere).status_code == 429
        assert ask(client, OTHER).status_code == 200

    def test_one_address(self, client: Client, elsewhere: Client, limited: Callable[..., None]):
        limited(address="2/minute")
        numbers = [f"1391234560{n}" for n in range(4)]
        assert [ask(client, number).status_code for number in numbers[:3]] == [200, 200, 429]
        assert ask(elsewhere, numbers[3]).status_code == 200

    def test_all_together(self, client: Client, elsewhere: Client, limited: Callable[..., None]):
        limited(overall="3/hour")
        numbers = [f"1391234560{n}" for n in range(4)]
        assert [ask(client, number).status_code for number in numbers[:2]] == [200, 200]
        assert [ask(elsewhere, number).status_code for number in numbers[2:]] == [200, 429]

    def test_a_refused_one_counts_on_none(self, client: Client, limited: Callable[..., None]):
        limited(number="1/minute", address="2/minute")
        assert [ask(client).status_code for _ in range(5)] == [200, 429, 429, 429, 429]
        assert ask(client, OTHER).status_code == 200

    def test_the_figures(self, client: Client):
        start = clock.now()
        assert ask(client).status_code == 200
        again = ask(client)
        assert again.status_code == 429
        assert 0 < int(again.headers["retry-after"]) <= sending.AGAIN_S
        assert "验证码或邮件发得太频繁" in again.text
        assert sending.SMS == ("1/minute", "5/hour", "10/day")
        assert clock.now() - start < timedelta(seconds=30)

    def test_the_page_says_when_another_may_go_out(self, client: Client):
        page = ask(client).text
        assert f'data-again="{sending.AGAIN_S}"' in page
        assert 'src="/static/again' in page
        forms = [form for form in find_forms(page) if form.action == SEND]
        assert forms[0].fields["login"] == NUMBER  # a plain form: it works without script

    def test_guesses_count_as_sign_ins_of_the_address(self, client: Client):
        answers = [give(client, "000000", f"139123456{n:02d}").status_code for n in range(21)]
        assert answers == [422] * 20 + [429]


@pytest.mark.committed
class TestRaces:
    def issue(self, database: Database) -> str:
        with database.writing() as session:
            service.issue_code(session, purpose="sign-in", number=NUMBER)
            session.flush()
            return sms_code(session, NUMBER)

    def guess(self, database: Database, typed: str, *, counted: bool = True) -> bool:
        guess = service.Guess(purpose="sign-in", number=NUMBER, typed=typed)
        if counted:
            after.run(database, [guess.count])
        try:
            with database.writing() as session:
                if not counted:  # the control: the try and its use in one transaction that rolls back
                    guess.count(session)
                guess.use(session)
        except Invalid:
            return False
        return True

    def test_the_right_code_in_the_same_moment_works_once(self, database: Database):
        code = self.issue(database)
        with ThreadPoolExecutor(5) as pool:
            assert sum(pool.map(lambda _: self.guess(database, code), range(5))) == 1

    def test_guesses_side_by_side_are_five_at_most(self, database: Database):
        code = self.issue(database)
        typed = [another(code)] * 12
        with ThreadPoolExecutor(12) as pool:
            assert not any(pool.map(lambda text: self.guess(database, text), typed))
        with database.reading() as session:
            assert session.scalars(select(ProofCode.tries)).one() == 5
        assert not self.guess(database, code)

    def test_control_counted_in_the_refused_transaction_tries_are_free(self, database: Database):
        code = self.issue(database)
        for _ in range(12):
            assert not self.guess(database, another(code), counted=False)
        assert self.guess(database, code)
