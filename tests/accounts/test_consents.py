"""Consent: to which version, for what, withdrawn when, and asked again when the text is new."""

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from app.accounts import queries, service
from app.accounts.models import Consent
from app.accounts.service import consents
from app.core.audit import AuditEvent
from app.core.errors import Conflict, Forbidden, NotFound
from tests.factories.accounts import PASSWORD, actor_of, make_user, sign_in
from tests.services.client import Client

CONTACTS = "accounts.test_contacts"
consents.declare_purpose(CONTACTS, title="示例：向对方提供联系方式", version="1", end="撤回后对方马上看不到")


def test_a_consent_is_kept_once_per_version_and_object(session: Session):
    actor = actor_of(make_user(session))
    assert actor.user_id is not None
    first = service.record_consent(session, actor, purpose=CONTACTS, text_version="1", object_id="a")
    again = service.record_consent(session, actor, purpose=CONTACTS, text_version="1", object_id="a")
    assert again.id == first.id
    for version, about in (("2", "a"), ("1", "b")):
        row = service.record_consent(session, actor, purpose=CONTACTS, text_version=version, object_id=about)
        assert row.id != first.id
    assert len(queries.list_standing_consents(session, purpose=CONTACTS, object_id="a")) == 2
    names = [row.name for row in session.query(AuditEvent)]
    assert names.count("accounts.consent.given") == 3


def test_a_withdrawn_one_is_found_no_more_and_stays_on_record(session: Session):
    actor = actor_of(make_user(session))
    assert actor.user_id is not None
    row = service.record_consent(session, actor, purpose=CONTACTS, text_version="1")
    service.withdraw_consent(session, actor, consent_id=row.id)
    assert queries.find_consent(session, user_id=actor.user_id, purpose=CONTACTS) is None
    assert row.withdrawn_at is not None
    assert row in queries.list_consents(session, actor.user_id)
    anew = service.record_consent(session, actor, purpose=CONTACTS, text_version="1")
    assert anew.id != row.id


def test_nobody_agrees_or_withdraws_for_another(session: Session):
    actor, other = actor_of(make_user(session)), actor_of(make_user(session))
    row = service.record_consent(session, actor, purpose=CONTACTS, text_version="1")
    with pytest.raises(NotFound):
        service.withdraw_consent(session, other, consent_id=row.id)
    with pytest.raises(Forbidden, match="代办时不能"):
        service.withdraw_consent(session, replace(actor, on_behalf=True), consent_id=row.id)
    assert row.withdrawn_at is None


def test_the_terms_go_with_the_account_only(session: Session):
    actor = actor_of(make_user(session, agreed=False))
    row = service.record_consent(session, actor, purpose=service.TERMS, text_version=service.TERMS_VERSION)
    with pytest.raises(Conflict, match="注销账号"):
        service.withdraw_consent(session, actor, consent_id=row.id)


def test_an_undeclared_purpose_is_a_mistake_of_ours(session: Session):
    with pytest.raises(RuntimeError):
        service.record_consent(session, actor_of(make_user(session)), purpose="x.y", text_version="1")


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
class TestPages:
    def test_registering_records_the_consent(self, client: Client):
        answer = client.submit(
            "/register",
            {"name": "示例新", "login": "13688880000", "password": PASSWORD, "agree": "true"},
        )
        assert answer.status_code == 303
        user = queries.find_user_by_login(client.session, "13688880000")
        assert user is not None
        row = queries.list_consents(client.session, user.id)[0]
        assert (row.purpose, row.text_version) == (service.TERMS, service.TERMS_VERSION)
        assert client.get("/account").status_code == 200

    def test_a_new_text_is_asked_for_at_the_next_sign_in(self, client: Client):
        user = make_user(client.session)
        sign_in(client, user)
        assert client.get("/account").status_code == 200
        for row in client.session.query(Consent):
            row.text_version = "2020-01-01"
        assert client.get("/account").status_code == 200  # not in the middle of the work
        sign_in(client, user)
        asked = client.get("/account?a=1")
        assert asked.headers["location"] == "/account/agree?next=/account%3Fa%3D1"
        assert client.get("/api/v1/needs").json()["error"]["code"] == "consent_required"
        for open_page in ("/terms", "/privacy"):
            assert client.get(open_page).status_code == 200
        refused = client.submit("/account/agree")
        assert refused.status_code == 422
        page = "/account/agree?next=/account"
        agreed = client.submit(page, {"agree": "true"})
        assert agreed.headers["location"] == "/account"
        assert client.get("/account").status_code == 200
        shown = client.get("/account/consents").text
        assert service.TERMS_VERSION in shown
        assert "2020-01-01" in shown

    def test_withdrawing_on_the_page(self, client: Client):
        user = make_user(client.session)
        row = service.record_consent(
            client.session, actor_of(user), purpose=CONTACTS, text_version="1", object_id="a"
        )
        sign_in(client, user)
        page = client.get("/account/consents").text
        assert "示例：向对方提供联系方式" in page
        done = client.submit("/account/consents", action=f"/account/consents/{row.id}/withdraw")
        assert done.status_code == 303
        assert queries.find_consent(client.session, user_id=user.id, purpose=CONTACTS, object_id="a") is None
        sign_in(client, make_user(client.session))
        token = client.get("/api/v1/me").json()["csrf_token"]
        foreign = client.post(f"/account/consents/{row.id}/withdraw", data={"csrf_token": token})
        assert foreign.status_code == 404
