"""Staff acting for an organisation: a plain member for an hour, marked everywhere."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.accounts import queries, service
from app.accounts.models import Behalf, User, UserSession
from app.core import clock
from app.core.audit import AuditEvent
from app.core.errors import Forbidden, Invalid, NotFound
from app.core.messages import Message
from app.core.permissions import Role
from app.core.scopes import Scope
from app.organisations.models import Organisation
from tests.factories.accounts import actor_of, make_user, sign_in
from tests.factories.needs import PROBLEM, make_published
from tests.factories.organisations import acting_for, add_member, make_organisation
from tests.services.client import Client

REASON = "示例：电话要求代填需求"


def start(client: Client, organisation: Organisation, **more: str):
    path = f"/desk/act-for?q={organisation.credit_code}"
    place = f"/desk/act-for/{organisation.id}"
    return client.submit(path, {"reason": REASON, "minutes": "30", **more}, action=place)


def acting(client: Client) -> tuple[User, Organisation]:
    """An operator who acts for an organisation with an admin."""
    organisation = make_organisation(client.session, name="示例代办机械有限公司")
    add_member(client.session, organisation)
    user = make_user(client.session, Role.operator, name="示例运营员")
    sign_in(client, user)
    assert start(client, organisation).status_code == 303
    return user, organisation


def names(session: Session) -> list[tuple[str, bool]]:
    rows = session.query(AuditEvent).order_by(AuditEvent.id)
    return [(row.name, bool(row.data.get("on_behalf"))) for row in rows]


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
class TestActing:
    def test_the_operator_becomes_a_plain_member_and_ends_it(self, client: Client):
        user, organisation = acting(client)
        me = client.get("/api/v1/me").json()
        assert me["roles"] == ["member"]
        assert me["organisation"]["id"] == str(organisation.id)
        assert client.get("/desk").status_code == 403
        page = client.get("/workspace").text
        assert "您正在代<b>示例代办机械有限公司</b>办事" in page
        assert client.submit("/workspace", action="/desk/act-for/end").status_code == 303
        assert client.get("/api/v1/me").json()["roles"] == ["operator"]
        assert "您正在代" not in client.get("/").text
        row = client.session.query(Behalf).one()
        assert (row.user_id, row.reason) == (user.id, REASON)
        assert row.ended_at is not None

    def test_every_audit_row_inside_is_marked_and_none_outside(self, client: Client):
        acting(client)
        token = client.get("/api/v1/me").json()["csrf_token"]
        made = client.post("/api/v1/needs", json={"problem": PROBLEM}, headers={"x-csrf-token": token})
        assert made.status_code == 201
        client.submit("/workspace", action="/desk/act-for/end")
        marks = dict(names(client.session))
        assert marks["needs.need.started"] is True
        assert marks["accounts.behalf.started"] is False
        assert marks["accounts.behalf.ended"] is True

    def test_the_admins_are_told_and_see_the_reason(self, client: Client):
        _user, organisation = acting(client)
        posted = client.session.query(Message).filter(Message.organisation_id == organisation.id).all()
        assert [row.name for row in posted] == ["accounts.behalf.started"]
        assert REASON not in repr(posted[0].payload)
        admin = queries.list_memberships(client.session, organisation.id)[0].user
        sign_in(client, admin)
        page = client.get("/organisations/mine/members").text
        assert REASON in page
        assert "正在代办" in page

    def test_the_hour_ends_by_itself(self, client: Client):
        acting(client)
        with clock.frozen(clock.now() + timedelta(minutes=30)):
            row = client.session.query(UserSession).one()
            row.last_seen_at = clock.now()
            assert client.get("/api/v1/me").json()["roles"] == ["operator"]
            assert service.end_overdue(client.session) == 1
            assert service.end_overdue(client.session) == 0
        assert names(client.session)[-1] == ("accounts.behalf.ended", False)

    def test_losing_the_role_ends_it_at_the_next_request(self, client: Client):
        user, _organisation = acting(client)
        for grant in queries.list_grants(client.session, user.id):
            client.session.delete(grant)
        me = client.get("/api/v1/me").json()
        assert me["roles"] == []
        assert me["organisation"] is None

    def test_signing_out_ends_it(self, client: Client):
        acting(client)
        token = client.get("/api/v1/me").json()["csrf_token"]
        assert client.post("/sign-out", data={"csrf_token": token}).status_code == 303
        assert client.session.query(Behalf).one().ended_at is not None

    @pytest.mark.parametrize(
        ("data", "words"),
        [({"reason": " 试 "}, "请写明事由"), ({"minutes": "61"}, "不能大于"), ({"minutes": "0"}, "不能小于")],
    )
    def test_without_a_reason_or_for_longer_it_does_not_start(
        self, client: Client, data: dict[str, str], words: str
    ):
        organisation = make_organisation(client.session)
        sign_in(client, make_user(client.session, Role.operator))
        answer = start(client, organisation, **data)
        assert answer.status_code == 422
        assert words in answer.text
        assert client.session.query(Behalf).count() == 0

    @pytest.mark.parametrize("role", [Role.reviewer, Role.system_admin, Role.district_officer])
    def test_only_operators_may(self, client: Client, role: Role):
        organisation = make_organisation(client.session)
        user = make_user(client.session, role)
        sign_in(client, user)
        assert client.get("/desk/act-for").status_code == 403
        with pytest.raises(Forbidden):
            service.start_behalf(
                client.session,
                actor_of(user, role),
                organisation_id=organisation.id,
                reason=REASON,
                minutes=5,
            )

    @pytest.mark.parametrize(
        ("path", "data"),
        [
            ("/organisations/mine/invitations", {"login": "13800001111", "role": "member"}),
            ("/organisations/mine/leave", {}),
            ("/account/tokens", {"name": "示例", "scopes[]": ["needs:read"], "days": "30"}),
            ("/account/data/exports", {}),
            ("/account/data/erasure/cancel", {}),
            (f"/account/consents/{uuid.UUID(int=5)}/withdraw", {}),
            ("/account/agree", {"agree": "true"}),
        ],
    )
    def test_what_is_the_organisations_own_is_refused_with_a_reason(
        self, client: Client, path: str, data: dict[str, str]
    ):
        acting(client)
        token = client.get("/api/v1/me").json()["csrf_token"]
        answer = client.post(path, data={**data, "csrf_token": token, "idempotency_key": "k"})
        assert answer.status_code == 403
        assert "代办时不能" in answer.text


def test_members_tokens_and_consents_are_refused_in_the_commands(session: Session):
    organisation = make_organisation(session)
    user = add_member(session, organisation)
    actor = replace(acting_for(user, organisation), on_behalf=True)
    with pytest.raises(Forbidden):
        service.make_invitation(
            session, actor, organisation_id=organisation.id, login="13800001111", role=Role.member
        )
    with pytest.raises(Forbidden):
        service.make_token(session, actor, name="示例", scopes=[Scope.needs_read], days=1)
    with pytest.raises(Forbidden):
        service.record_consent(session, actor, purpose=service.TERMS, text_version="1")
    need = make_published(session, acting_for(user, organisation))
    assert need.created_by == user.id


def test_an_organisation_that_is_not_there(session: Session):
    user = make_user(session, Role.operator)
    with pytest.raises(NotFound):
        service.start_behalf(
            session, actor_of(user, Role.operator), organisation_id=uuid.uuid4(), reason=REASON, minutes=5
        )
    with pytest.raises(Invalid):
        service.start_behalf(
            session, actor_of(user, Role.operator), organisation_id=uuid.uuid4(), reason="短", minutes=5
        )
