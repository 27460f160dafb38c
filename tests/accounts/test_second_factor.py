"""The second factor at the door and in the account; who must have one does nothing without it (RELIABILITY S4)."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries, service
from app.accounts.models import RecoveryCode, TotpKey, UserSession, UserState
from app.accounts.service import second_factor
from app.core import clock, messages, parameters, security
from app.core.audit import AuditEvent
from app.core.db import Database, settings_of
from app.core.errors import Conflict, Forbidden, Invalid, SecondFactorRequired
from app.core.permissions import PLATFORM_ROLES, Role
from app.web.policy import policy_of, walk_routes
from tests.factories.accounts import PASSWORD, actor_of, make_user, sign_in
from tests.factories.organisations import add_member, make_organisation
from tests.factories.proofs import SECRET, code_at, enrol, has_second_factor, letters, wrong_code
from tests.services.client import Client, find_forms

both = pytest.mark.parametrize("backend", ["sqlite", "postgres"])
PLACE, DOOR = "/account/second-factor", "/sign-in/second-factor"


@pytest.fixture(autouse=True)
def _steady() -> Iterator[None]:
    """Stop the clock in the middle of a step: a code is then the same for the whole test."""
    moment = clock.now().replace(second=15, microsecond=0)
    with clock.frozen(moment):
        yield


def me(client: Client) -> dict[str, Any]:
    return dict(client.get("/api/v1/me").json())


def knock(client: Client, login: str, *, place: str = "") -> Any:
    """Give login and password."""
    return client.submit("/sign-in", {"login": login, "password": PASSWORD, "next": place})


def give(client: Client, code: str) -> Any:
    return client.submit(DOOR, {"code": code})


def refused(call: Any) -> bool:
    try:
        call()
    except Invalid:
        return True
    return False


@both
class TestSettingUp:
    def form(self, client: Client) -> tuple[str, dict[str, Any]]:
        """The secret that the page shows and the fields of its form."""
        page = client.get(PLACE)
        assert page.status_code == 200
        assert (
            'src="data:image/svg+xml' in page.text
        )  # the only kind of foreign picture that our policy allows
        shown = re.search(r"密钥：<code[^>]*>([A-Z2-7 ]+)</code>", page.text)
        assert shown is not None
        fields = next(form.fields for form in find_forms(page.text) if form.action == PLACE)
        return shown.group(1).replace(" ", ""), fields

    def test_from_the_qr_code_to_the_recovery_codes(self, client: Client):
        user = make_user(client.session, Role.reviewer)
        old = sign_in(client, user, second_factor=False)
        sent = client.get("/desk")
        assert sent.headers["location"] == f"{PLACE}?next=/desk"
        secret, fields = self.form(client)
        answer = client.post(PLACE, data={**fields, "code": code_at(secret=secret), "next": "/desk"})
        assert answer.headers["location"] == f"{PLACE}/codes?next=/desk"
        assert client.cookies["funeng"] != old  # the session's token is a new one
        assert queries.find_session(client.session, security.token_hash(old)) is None
        shown = client.get(answer.headers["location"])
        codes = re.findall(r"<code>([0-9a-z]{5}-[0-9a-z]{5})</code>", shown.text)
        assert len(set(codes)) == 10
        assert 'href="/desk"' in shown.text
        assert client.get(f"{PLACE}/codes").headers["location"] == PLACE  # shown once
        assert client.get("/desk").status_code == 200
        stored = client.session.scalars(select(RecoveryCode.code_hash)).all()
        assert len(stored) == 10
        assert not set(stored) & {code.replace("-", "") for code in codes}
        sealed = client.session.scalars(select(TotpKey.sealed)).one()
        assert secret not in sealed
        assert second_factor.open_secret(client.session, user.id, sealed) == secret

    def test_a_wrong_code_shows_the_same_qr_code_again(self, client: Client):
        sign_in(client, make_user(client.session))
        secret, fields = self.form(client)
        answer = client.post(PLACE, data={**fields, "code": "000000"})
        assert answer.status_code == 422
        assert "动态码不对" in answer.text
        assert secret[:4] in answer.text
        assert client.session.scalars(select(TotpKey)).all() == []

    def test_another_persons_secret_is_not_taken(self, client: Client):
        sign_in(client, make_user(client.session))
        secret, fields = self.form(client)
        other = make_user(client.session)
        sign_in(client, other)
        _, mine = self.form(client)
        answer = client.post(PLACE, data={**mine, "sealed": fields["sealed"], "code": code_at(secret=secret)})
        assert answer.status_code == 422
        assert "已经失效" in answer.text
        assert not has_second_factor(client.session, other.id)

    def test_setting_up_ends_the_other_sessions(self, client: Client):
        user = make_user(client.session)
        other = sign_in(client, user)
        sign_in(client, user)
        secret, fields = self.form(client)
        assert client.post(PLACE, data={**fields, "code": code_at(secret=secret)}).status_code == 303
        assert queries.find_session(client.session, security.token_hash(other)) is None
        assert me(client)["signed_in"] is True


@both
class TestAtTheDoor:
    def test_the_password_alone_opens_nothing(self, client: Client):
        user = make_user(client.session, login="a@example.cn")
        enrol(client.session, user)
        answer = knock(client, "a@example.cn", place="/search?q=x")
        assert answer.headers["location"] == f"{DOOR}?next=/search%3Fq%3Dx"
        assert "funeng" not in client.cookies
        assert me(client)["signed_in"] is False
        client.cookies.set("funeng", client.cookies["funeng_step"])  # the step's token is no session's
        assert me(client)["signed_in"] is False
        assert queries.list_sessions(client.session, user.id) == []

    def test_the_code_opens_and_leads_on(self, client: Client):
        user = make_user(client.session, Role.operator, login="b@example.cn")
        enrol(client.session, user)
        answer = client.submit(
            knock(client, "b@example.cn", place="/search?q=x").headers["location"], {"code": code_at()}
        )
        assert answer.headers["location"] == "/search?q=x"
        row = queries.list_sessions(client.session, user.id)[0]
        assert row.second_factor_at is not None
        assert client.get("/desk").status_code == 200
        assert "funeng_step" not in client.cookies
        assert client.get(DOOR).headers["location"] == "/sign-in"  # the step is used up

    def test_spaces_in_the_code_do_not_matter(self, client: Client):
        enrol(client.session, make_user(client.session, login="c@example.cn"))
        knock(client, "c@example.cn")
        code = code_at()
        assert give(client, f" {code[:3]} {code[3:]} ").status_code == 303

    def test_the_step_lasts_ten_minutes(self, client: Client):
        enrol(client.session, make_user(client.session, login="d@example.cn"))
        knock(client, "d@example.cn")
        with clock.frozen(clock.now() + timedelta(minutes=10, seconds=1)):
            assert client.get(DOOR).headers["location"] == "/sign-in"
            token = me(client)["csrf_token"]
            late = client.post(DOOR, data={"csrf_token": token, "code": code_at()})
            assert late.headers["location"] == "/sign-in"
        assert me(client)["signed_in"] is False

    def test_without_the_step_there_is_no_door(self, client: Client):
        assert client.get(DOOR).headers["location"] == "/sign-in"

    def test_a_disabled_account_stays_out(self, client: Client):
        user = make_user(client.session, login="e@example.cn")
        enrol(client.session, user)
        knock(client, "e@example.cn")
        queries.get_user(client.session, user.id).state = UserState.disabled
        assert client.get(DOOR).headers["location"] == "/sign-in"

    def test_five_wrong_codes_lock_for_five_minutes(self, client: Client, app: FastAPI):
        enrol(client.session, make_user(client.session, login="f@example.cn"))
        knock(client, "f@example.cn")
        start = clock.now()
        app.state.runtime.throttle._factor = 100  # the count in the database holds by itself
        assert [give(client, wrong_code()).status_code for _ in range(5)] == [422] * 5
        assert give(client, code_at()).status_code == 429  # the right one does not help either
        with clock.frozen(start + timedelta(minutes=5, seconds=1)):
            assert give(client, code_at()).status_code == 303

    def test_control_four_wrong_codes_lock_nothing(self, client: Client):
        enrol(client.session, make_user(client.session, login="g@example.cn"))
        knock(client, "g@example.cn")
        assert [give(client, wrong_code()).status_code for _ in range(4)] == [422] * 4
        assert give(client, code_at()).status_code == 303

    def test_five_tries_in_five_minutes_whatever_they_are(self, client: Client):
        enrol(client.session, make_user(client.session, login="h@example.cn"))
        knock(client, "h@example.cn")
        assert [give(client, wrong_code()).status_code for _ in range(6)] == [422] * 5 + [429]


class TestCodes:
    """On the service, with the person's key in the database."""

    def person(self, session: Session, **more: Any) -> Any:
        user = make_user(session)
        codes = enrol(session, user, **more)
        return (user, codes) if more else user

    @pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
    def test_one_step_to_either_side(self, session: Session, steps: int, good: bool):
        user = self.person(session)
        assert refused(lambda: service.second_factor.prove(session, user.id, code=code_at(steps))) is not good

    def test_each_code_once_and_none_before_it(self, session: Session):
        user = self.person(session)
        service.second_factor.prove(session, user.id, code=code_at())
        for steps in (0, -1):
            assert refused(
                lambda steps=steps: service.second_factor.prove(session, user.id, code=code_at(steps))
            )
        service.second_factor.prove(session, user.id, code=code_at(1))

    def test_a_recovery_code_works_once_and_only_at_the_door(self, session: Session):
        user, codes = self.person(session, codes=10)
        with pytest.raises(Invalid):
            service.second_factor.prove(session, user.id, code=codes[0], recovery=False)
        service.second_factor.prove(session, user.id, code=codes[0].upper().replace("-", " "))
        assert refused(lambda: service.second_factor.prove(session, user.id, code=codes[0]))
        assert queries.count_recovery_codes(session, user.id) == 9
        assert session.scalars(
            select(AuditEvent).where(AuditEvent.name == "accounts.recovery_code.used")
        ).one()

    def test_new_recovery_codes_end_the_old(self, session: Session):
        user, codes = self.person(session, codes=10)
        fresh = service.renew_recovery_codes(session, actor_of(user), code=code_at())
        assert not set(fresh) & set(codes)
        assert refused(lambda: service.second_factor.prove(session, user.id, code=codes[0]))
        service.second_factor.prove(session, user.id, code=fresh[0])

    def test_it_is_taken_off_with_a_code_and_never_by_whoever_must_have_it(self, session: Session):
        user, codes = self.person(session, codes=1)
        with pytest.raises(Conflict, match="必须使用两步验证"):
            service.remove_second_factor(session, actor_of(user), code=code_at(), obliged=True)
        for code in (wrong_code(), codes[0]):
            with pytest.raises(Invalid):
                service.remove_second_factor(session, actor_of(user), code=code, obliged=False)
        service.remove_second_factor(session, actor_of(user), code=code_at(), obliged=False)
        assert not has_second_factor(session, user.id)
        assert queries.list_recovery_codes(session, user.id) == []

    def test_keys_rotate(self, session: Session):
        """What the old key sealed opens while that key is kept, and is sealed anew by the next use."""
        user = self.person(session)
        settings = settings_of(session)
        fresh = settings.model_copy(
            update={
                "secret_key": SecretStr("n" * 20 + "ew key of 32 letters"),
                "old_secret_keys": [SecretStr(key) for key in settings.signing_keys()],
            }
        )
        forgotten = fresh.model_copy(update={"old_secret_keys": []})
        sealed = session.scalars(select(TotpKey.sealed)).one()
        info = session.info
        name = next(key for key, value in info.items() if value is settings)
        try:
            info[name] = forgotten
            assert second_factor.open_secret(session, user.id, sealed) is None
            info[name] = fresh
            service.second_factor.prove(session, user.id, code=code_at())
            info[name] = forgotten
            key = queries.find_totp(session, user.id)
            assert key is not None
            assert second_factor.open_secret(session, user.id, key.sealed) == SECRET
        finally:
            info[name] = settings


class TestObligation:
    @pytest.mark.parametrize("role", sorted(PLATFORM_ROLES))
    def test_every_platform_role_is_led_to_it(self, client: Client, role: Role):
        user = make_user(client.session, role)
        sign_in(client, user, second_factor=False)
        page = client.get("/search?q=x")
        assert (page.status_code, page.headers["location"]) == (303, f"{PLACE}?next=/search%3Fq%3Dx")
        answer = client.get("/api/v1/search?q=x")
        assert answer.status_code == 403
        assert answer.json()["error"]["code"] == "second_factor_required"
        assert PLACE in answer.json()["error"]["hint"]
        fragment = client.get("/search?q=x", headers={"HX-Request": "true"})
        assert (fragment.status_code, fragment.headers["hx-redirect"]) == (
            403,
            f"{PLACE}?next=/search%3Fq%3Dx",
        )
        sign_in(client, user)
        assert client.get("/search?q=x").status_code == 200  # control: with it nothing stands in the way

    def test_no_gated_route_answers(self, client: Client, app: FastAPI):
        """Every route but those that are declared to come before: not one does its work."""
        sign_in(client, make_user(client.session, Role.reviewer), second_factor=False)
        token = me(client)["csrf_token"]
        seen = 0
        for route in walk_routes(app.routes):
            if not policy_of(route.endpoint).gated:
                continue
            seen += 1
            path = route.path.replace("{", "0").replace("}", "0")
            answer = client.request(route.method, path, headers={"x-csrf-token": token})
            to_the_step = answer.status_code == 303 and answer.headers["location"].startswith(PLACE)
            assert to_the_step or answer.status_code == 403, f"{route.method} {path}: {answer.status_code}"
        assert seen > 100

    def test_what_comes_before_is_a_short_list(self, app: FastAPI):
        """Whoever adds to it thinks about it: these work for staff without a second factor."""
        found = {route.path for route in walk_routes(app.routes) if not policy_of(route.endpoint).gated}
        own = re.compile(
            r"/(healthz|readyz|metrics|terms|privacy|sign-out|confirm-email|api/v1/me|dev/\w+"
            r"|(sign-in|register|reset-password|account/password|account/agree|account/second-factor)(/.*)?)$"
        )
        assert [path for path in sorted(found) if not own.match(path)] == []

    def test_a_member_is_not_asked(self, client: Client):
        sign_in(client, make_user(client.session), second_factor=False)
        assert client.get("/workspace").status_code == 200

    def test_an_organisations_admin_from_the_centres_day_on(self, client: Client):
        own = make_organisation(client.session)
        admin = add_member(client.session, own)
        member = add_member(client.session, own, role=Role.member)
        sign_in(client, admin, second_factor=False)
        assert client.get("/workspace").status_code == 200
        session = client.session
        today = clock.today()
        session.add(parameters.ParameterRow(key=service.ADMINS_TOO, valid_from=today, value=True))
        assert client.get("/workspace").headers["location"] == f"{PLACE}?next=/workspace"
        assert "先设置两步验证" in client.get(PLACE).text
        with clock.frozen(clock.now() - timedelta(days=1)):
            sign_in(client, admin, second_factor=False)
            assert client.get("/workspace").status_code == 200  # the day before it is not asked for
        sign_in(client, member, second_factor=False)
        assert client.get("/workspace").status_code == 200

    def test_the_first_contract_step_asks_an_admin(self, client: Client):
        session = client.session
        own = make_organisation(session)
        people = {
            Role.organisation_admin: add_member(session, own),
            Role.member: add_member(session, own, role=Role.member),
        }
        for role, user in people.items():
            for proved in (False, True):
                token = sign_in(client, user, second_factor=proved)
                row = queries.find_session(session, security.token_hash(token))
                assert row is not None
                actor = actor_of(user, role, organisation_id=own.id)
                object.__setattr__(actor, "session_id", row.id)
                if role is Role.organisation_admin and not proved:
                    with pytest.raises(SecondFactorRequired):
                        service.require_second_factor(session, actor)
                else:
                    service.require_second_factor(session, actor)

    def test_a_session_from_before_gives_the_second_proof_inside(self, client: Client):
        user = make_user(client.session, Role.reviewer)
        old = sign_in(client, user, second_factor=False)
        enrol(client.session, user)
        assert client.get("/desk").status_code == 303
        answer = client.submit(f"{PLACE}?next=/desk", {"code": code_at()}, action=f"{PLACE}/pass")
        assert answer.headers["location"] == "/desk"
        assert client.cookies["funeng"] != old
        assert client.get("/desk").status_code == 200


@both
class TestReset:
    def test_the_security_admin_resets_and_the_person_is_told(self, client: Client):
        session = client.session
        user = make_user(session, Role.reviewer, login="r@example.cn")
        enrol(session, user, codes=10)
        theirs = sign_in(client, user)
        sign_in(client, make_user(session, Role.security_admin))
        page = f"/admin/users/{user.id}"
        assert "重置两步验证" in client.get(page).text
        answer = client.submit(page, action=f"{page}/second-factor/reset")
        assert answer.headers["location"] == page
        assert not has_second_factor(session, user.id)
        assert queries.list_recovery_codes(session, user.id) == []
        assert queries.find_session(session, security.token_hash(theirs)) is None
        assert "重置了您的两步验证" in letters(session, "r@example.cn")[0]
        told = session.scalars(select(messages.Message).where(messages.Message.user_id == user.id)).all()
        assert [row.name for row in told] == ["accounts.second_factor.reset"]
        rows = session.scalars(
            select(AuditEvent).where(AuditEvent.name == "accounts.second_factor.reset")
        ).all()
        assert [row.object_id for row in rows] == [str(user.id)]
        assert "没有开" in client.get(page).text

    @pytest.mark.parametrize("role", sorted(PLATFORM_ROLES - {Role.security_admin}))
    def test_nobody_else_does(self, client: Client, role: Role):
        user = make_user(client.session)
        enrol(client.session, user)
        sign_in(client, make_user(client.session, role))
        path = f"/admin/users/{user.id}/second-factor/reset"
        assert client.post(path, data={"csrf_token": me(client)["csrf_token"]}).status_code == 403
        assert has_second_factor(client.session, user.id)

    def test_not_even_the_security_admin_their_own(self, session: Session):
        user = make_user(session, Role.security_admin)
        enrol(session, user)
        with pytest.raises(Forbidden):
            service.reset_second_factor(session, actor_of(user, Role.security_admin), user_id=user.id)


@pytest.mark.committed
class TestRaces:
    def passes(self, database: Database, code: str, times: int = 8) -> int:
        with database.writing() as session:
            user = make_user(session)
            recovery = enrol(session, user, codes=1)[0]
            user_id = user.id
        moment = clock.now()

        def once(_: int) -> bool:
            with clock.frozen(moment), database.writing() as session:
                return not refused(
                    lambda: service.second_factor.prove(session, user_id, code=code or recovery)
                )

        with ThreadPoolExecutor(times) as pool:
            return sum(pool.map(once, range(times)))

    def test_a_code_in_the_same_moment_counts_once(self, database: Database):
        assert self.passes(database, code_at()) == 1

    def test_a_recovery_code_too(self, database: Database):
        assert self.passes(database, "") == 1

    def test_control_without_the_last_step_it_counts_again_and_again(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ):
        plain = second_factor.matching_step
        monkeypatch.setattr(
            second_factor, "matching_step", lambda secret, code, **_: plain(secret, code, after_step=0)
        )
        assert self.passes(database, code_at()) > 1


def test_a_session_knows_when_the_second_proof_was_given(session: Session):
    user = make_user(session)
    for second in (None, clock.now()):
        token = service.start_session(
            session, queries.get_user(session, user.id), ip="", agent="", second_factor_at=second
        )
        session.flush()
        row = session.scalars(
            select(UserSession).where(UserSession.token_hash == security.token_hash(token))
        ).one()
        assert row.second_factor_at == second
