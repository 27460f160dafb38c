"""Personal API tokens: what they open, and everything they do not."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.accounts import queries, service
from app.accounts.deps import load_program
from app.accounts.models import ApiToken, MembershipState, User, UserState
from app.core import clock, security
from app.core.db import Database
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.idempotency import IdempotencyRow
from app.core.permissions import Actor, Role
from app.core.scopes import SCOPE_LABELS, Scope
from app.organisations.models import Organisation
from app.web.policy import scope_of, walk_routes
from tests.factories.accounts import actor_of, make_user, sign_in
from tests.factories.needs import PROBLEM, make_draft
from tests.factories.organisations import acting_for, add_member, make_organisation
from tests.services.client import Client

ALL = tuple(SCOPE_LABELS)


def member(session: Session, role: Role = Role.organisation_admin) -> tuple[User, Organisation, Actor]:
    organisation = make_organisation(session)
    user = add_member(session, organisation, role=role)
    return user, organisation, acting_for(user, organisation, role)


def token_of(session: Session, actor: Actor, *scopes: Scope, days: int = 30) -> str:
    _row, text = service.make_token(session, actor, name="示例看板", scopes=scopes or ALL, days=days)
    session.flush()
    return text


def bearer(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}


def test_only_the_hash_is_stored_and_the_text_has_256_bits(session: Session):
    _user, _organisation, actor = member(session)
    row, text = service.make_token(session, actor, name="示例", scopes=[Scope.needs_read], days=30)
    assert text.startswith("fn_")
    assert len(text) == 3 + 43
    assert row.token_hash == security.token_hash(text)
    assert text not in repr([getattr(row, column.key) for column in ApiToken.__table__.columns])


@pytest.mark.parametrize(
    ("scopes", "days"),
    [([], 30), ([Scope.open], 30), ([Scope.needs_read], 0), ([Scope.needs_read], 366)],
)
def test_a_token_needs_a_scope_and_at_most_a_year(session: Session, scopes: list[Scope], days: int):
    _user, _organisation, actor = member(session)
    with pytest.raises(Invalid):
        service.make_token(session, actor, name="示例", scopes=scopes, days=days)


def test_who_acts_for_nobody_or_on_behalf_gets_none(session: Session):
    user, _organisation, actor = member(session)
    with pytest.raises(Conflict, match="代表一家机构"):
        service.make_token(session, actor_of(user), name="示例", scopes=ALL, days=30)
    with pytest.raises(Forbidden, match="代办时不能"):
        service.make_token(session, replace(actor, on_behalf=True), name="示例", scopes=ALL, days=30)


def test_another_persons_token_cannot_be_revoked(session: Session):
    _user, _organisation, actor = member(session)
    row, _text = service.make_token(session, actor, name="示例", scopes=ALL, days=30)
    session.flush()
    _other, _house, stranger = member(session)
    with pytest.raises(NotFound):
        service.revoke_token(session, stranger, token_id=row.id)
    assert row.revoked_at is None


def test_twenty_live_tokens_are_enough(session: Session):
    _user, _organisation, actor = member(session)
    for _ in range(20):
        token_of(session, actor)
    with pytest.raises(Conflict, match="20"):
        token_of(session, actor)


def test_every_api_route_names_its_scope(client: Client):
    routes = [route for route in walk_routes(client.app.routes) if route.path.startswith("/api/v1")]
    assert len(routes) > 15
    assert [f"{route.method} {route.path}" for route in routes if scope_of(route.endpoint) is None] == []


def test_a_writing_route_asks_for_a_writing_scope(client: Client):
    harmless = {"/api/v1/match/preview"}  # reads a sentence and stores nothing
    for route in walk_routes(client.app.routes):
        if route.path.startswith("/api/v1") and route.method != "GET" and route.path not in harmless:
            scope = scope_of(route.endpoint)
            assert scope is not None
            assert scope.value.endswith(":write"), route.path


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
class TestRequests:
    def test_a_token_writes_without_cookie_and_csrf(self, client: Client):
        _user, organisation, actor = member(client.session)
        text = token_of(client.session, actor, Scope.needs_write, Scope.needs_read)
        made = client.post("/api/v1/needs", json={"problem": PROBLEM}, headers=bearer(text))
        assert made.status_code == 201
        read = client.get(f"/api/v1/needs/{made.json()['case_number']}", headers=bearer(text))
        assert read.json()["state"] == "draft"
        me = client.get("/api/v1/me", headers=bearer(text)).json()
        assert me["organisation"]["id"] == str(organisation.id)
        row = queries.find_api_token(client.session, security.token_hash(text))
        assert row is not None
        assert row.last_used_at is not None

    def test_a_scope_that_was_not_given_is_refused(self, client: Client):
        _user, _organisation, actor = member(client.session)
        draft = make_draft(client.session, actor).case_number
        text = token_of(client.session, actor, Scope.offerings_read)
        for answer in (
            client.get(f"/api/v1/needs/{draft}", headers=bearer(text)),
            client.get("/api/v1/needs", headers=bearer(text)),
            client.post("/api/v1/needs", json={"problem": PROBLEM}, headers=bearer(text)),
        ):
            assert answer.status_code == 403
            assert answer.json()["error"]["code"] == "scope_missing"
        assert client.get("/api/v1/offerings", headers=bearer(text)).status_code == 200
        assert client.get("/api/v1/districts", headers=bearer(text)).status_code == 200

    def test_wrong_expired_and_revoked_tokens_get_401_in_json(self, client: Client):
        _user, _organisation, actor = member(client.session)
        expired, revoked = token_of(client.session, actor), token_of(client.session, actor)
        for text, change in ((expired, "expires_at"), (revoked, "revoked_at")):
            row = queries.find_api_token(client.session, security.token_hash(text))
            assert row is not None
            setattr(row, change, clock.now() - timedelta(seconds=1))
        for text in ("fn_nonsense", "", "x" * 500, expired, revoked):
            answer = client.get("/api/v1/districts", headers=bearer(text))
            assert answer.status_code == 401, text
            assert answer.json()["error"]["code"] == "token_refused"
            assert answer.headers["www-authenticate"].startswith("Bearer")

    @pytest.mark.parametrize("how", ["disabled", "left", "demoted"])
    def test_a_token_never_does_more_than_its_owner_now(self, client: Client, how: str):
        user, organisation, actor = member(client.session)
        text = token_of(client.session, actor)
        assert client.get("/api/v1/me", headers=bearer(text)).status_code == 200
        person = queries.get_user(client.session, user.id)
        membership = queries.find_membership(client.session, user.id, organisation.id)
        assert membership is not None
        if how == "disabled":
            person.state = UserState.disabled
        elif how == "left":
            membership.state = MembershipState.ended
        else:
            membership.role = Role.member
        answer = client.get("/api/v1/me", headers=bearer(text))
        if how == "demoted":
            assert answer.json()["roles"] == ["member"]
        else:
            assert answer.status_code == 401

    def test_a_token_opens_no_page(self, client: Client):
        _user, _organisation, actor = member(client.session)
        text = token_of(client.session, actor)
        for path in ("/", "/workspace", "/account"):
            assert client.get(path, headers=bearer(text)).status_code == 403

    def test_a_wrong_token_is_not_rescued_by_a_cookie(self, client: Client):
        user, _organisation, _actor = member(client.session)
        sign_in(client, user)
        assert client.get("/api/v1/me").json()["signed_in"] is True
        assert client.get("/api/v1/me", headers=bearer("fn_wrong")).status_code == 401

    def test_the_cookie_still_needs_its_csrf_token(self, client: Client):
        user, _organisation, _actor = member(client.session)
        sign_in(client, user)
        refused = client.post("/api/v1/needs", json={"problem": PROBLEM})
        assert refused.status_code == 403
        token = client.get("/api/v1/me").json()["csrf_token"]
        assert (
            client.post(
                "/api/v1/needs", json={"problem": PROBLEM}, headers={"x-csrf-token": token}
            ).status_code
            == 201
        )

    def test_guessing_is_throttled(self, client: Client):
        codes = [client.get("/api/v1/me", headers=bearer(f"fn_{n}")).status_code for n in range(31)]
        assert codes == [401] * 30 + [429]

    def test_the_page_shows_the_text_once_and_stores_it_nowhere(self, client: Client):
        user, _organisation, _actor = member(client.session)
        sign_in(client, user)
        answer = client.submit(
            "/account/tokens", {"name": "示例看板", "scopes[]": ["needs:read"], "days": "30"}
        )
        assert answer.status_code == 303
        first = client.get("/account/tokens").text
        row = queries.list_api_tokens(client.session, user.id)[0]
        start = first.index("fn_", first.index('class="token"'))
        text = first[start : start + 46]
        assert row.token_hash == security.token_hash(text)
        assert text not in client.get("/account/tokens").text
        kept = client.session.query(IdempotencyRow).all()
        assert kept
        assert all(text.encode() not in item.body and text not in repr(item.headers) for item in kept)
        assert client.get("/api/v1/needs", headers=bearer(text)).status_code == 200
        revoked = client.submit("/account/tokens", action=f"/account/tokens/{row.id}/revoke")
        assert revoked.status_code == 303
        assert client.get("/api/v1/needs", headers=bearer(text)).status_code == 401
        gone = client.post(f"/account/tokens/{uuid.uuid4()}/revoke", data={})
        assert gone.status_code in {403, 404}

    def test_platform_people_get_no_token(self, client: Client):
        sign_in(client, make_user(client.session, Role.operator))
        page = client.get("/account/tokens")
        assert page.status_code == 200
        assert "fn_…" not in page.text
        assert "/organisations/new" in page.text


@pytest.mark.committed
def test_a_program_is_read_whole_before_its_transaction_ends(database: Database):
    """With a connection of its own, as in a server: nothing is loaded after the rollback."""
    with database.writing() as session:
        _user, organisation, actor = member(session)
        text = token_of(session, actor, Scope.needs_read)
    with database.reading() as session:
        found = load_program(session, text, "r1")
    assert found is not None
    assert (found.actor.organisation_id, found.scopes) == (organisation.id, {"needs:read"})
    assert found.touch
    with database.reading() as session:
        assert load_program(session, text[:-1], "r1") is None
