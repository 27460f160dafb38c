"""Suspension: what it does is said first, lifting restores, and an appeal is another reviewer's."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.core.errors import Conflict, Forbidden
from app.core.messages import Message
from app.core.permissions import ANONYMOUS, Actor, Role
from app.organisations import news, queries, service
from app.organisations.models import AppealState, Decision, Organisation, OrganisationState
from app.organisations.schemas.standing import AppealDecision, AppealForm
from tests.factories.accounts import actor_of, make_staff, sign_in
from tests.factories.offerings import make_offering
from tests.factories.organisations import acting_for, add_member, make_organisation
from tests.organisations.forms import told
from tests.services.client import Client

both = pytest.mark.parametrize("backend", ["sqlite", "postgres"])
WHY = AppealForm(statement="失信名单里的是同名的另一家，见信用中国截图")


def reviewer(session: Session) -> Actor:
    return actor_of(make_staff(session), Role.reviewer)


def suspended(session: Session) -> tuple[Organisation, Actor, Actor]:
    row = make_organisation(session)
    admin, staff = acting_for(add_member(session, row), row), reviewer(session)
    service.suspend_organisation(session, staff, organisation_id=row.id, reason="列入失信名单")
    return row, admin, staff


def decide(uphold: bool) -> AppealDecision:
    return AppealDecision(uphold=uphold, reason="核对过信用代码，写明原因")


class TestLifting:
    @both
    def test_one_verified_before_is_so_again_at_once(self, session: Session):
        row, _admin, staff = suspended(session)
        service.lift_suspension(session, staff, organisation_id=row.id, reason="查明是同名企业")
        assert row.state is OrganisationState.verified
        assert str(row.id) in told(session, news.VERIFIED)
        rounds = queries.list_verifications(session, row.id)
        assert {item.decision for item in rounds} == {Decision.suspended, Decision.verified}
        names = set(session.scalars(select(Message.name).where(Message.organisation_id == row.id)))
        assert {"organisations.suspended", "organisations.lifted"} <= names
        with pytest.raises(Conflict, match="没有暂停"):
            service.lift_suspension(session, staff, organisation_id=row.id, reason="再来一次")

    def test_one_never_verified_waits_in_the_queue(self, session: Session):
        row = make_organisation(session, state=OrganisationState.unverified)
        staff = reviewer(session)
        service.suspend_organisation(session, staff, organisation_id=row.id, reason="查无此地址")
        service.lift_suspension(session, staff, organisation_id=row.id, reason="地址已补")
        assert row.state is OrganisationState.unverified
        assert queries.find_open_verification(session, row.id) is not None


class TestAppealing:
    @both
    def test_another_reviewer_upholds_and_it_is_back(self, session: Session):
        row, admin, first = suspended(session)
        appeal = service.appeal_suspension(session, admin, data=WHY, received=None)
        session.flush()
        with pytest.raises(Forbidden, match="另一位审核员"):
            service.decide_appeal(session, first, appeal_id=appeal.id, data=decide(uphold=True))
        assert row.state is OrganisationState.suspended
        service.decide_appeal(session, reviewer(session), appeal_id=appeal.id, data=decide(uphold=True))
        assert row.state is OrganisationState.verified
        assert appeal.state is AppealState.upheld
        queries.get_organisation(session, ANONYMOUS, row.id)

    def test_a_refused_one_leaves_it_and_there_is_no_second(self, session: Session):
        row, admin, _first = suspended(session)
        appeal = service.appeal_suspension(session, admin, data=WHY, received=None)
        service.decide_appeal(session, reviewer(session), appeal_id=appeal.id, data=decide(uphold=False))
        assert row.state is OrganisationState.suspended
        with pytest.raises(Conflict, match="只能申诉一次"):
            service.appeal_suspension(session, admin, data=WHY, received=None)

    def test_there_must_be_something_to_appeal_against(self, session: Session):
        row = make_organisation(session)
        with pytest.raises(Conflict, match="没有被暂停"):
            service.appeal_suspension(
                session, acting_for(add_member(session, row), row), data=WHY, received=None
            )


class TestPages:
    def test_the_consequences_stand_before_the_button(self, client: Client):
        row = make_organisation(client.session)
        add_member(client.session, row)
        make_offering(client.session, row, title="示例监测")
        path = f"/desk/organisations/{row.id}"
        sign_in(client, make_staff(client.session))
        assert f'href="{path}/suspend"' in client.get(path).text
        page = client.get(f"{path}/suspend").text
        for words in ("1 条供给", "1 位成员都会收到消息", "提出申诉"):
            assert words in page

    def test_the_own_page_leads_to_the_appeal_and_staff_see_it(self, client: Client):
        row, admin, first = suspended(client.session)
        del row
        client.session.flush()
        assert admin.user_id is not None
        assert first.user_id is not None
        sign_in(client, people.get_user(client.session, admin.user_id))
        assert 'href="/organisations/mine/appeal"' in client.get("/organisations/mine").text
        sent = client.submit(
            "/organisations/mine/appeal",
            {"statement": WHY.statement},
            action="/organisations/mine/appeal/uploads",
        )
        assert sent.status_code == 303
        assert "办理中" in client.get("/organisations/mine/appeal").text
        sign_in(client, people.get_user(client.session, first.user_id))
        shown = client.get("/desk/appeals").text
        assert WHY.statement in shown
        assert "要由另一位审核员办" in shown
        sign_in(client, make_staff(client.session))
        page = client.get("/desk/appeals").text
        action = page.split("data-decide")[0].rsplit('action="', 1)[1].split('"')[0]
        path = action.removesuffix("/decision")
        done = client.submit(path, {"uphold": "true", "reason": "查明是同名企业"}, action=action)
        assert done.status_code == 303
        assert "申诉 0 件" in client.get("/desk/appeals").text
