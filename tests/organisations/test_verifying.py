"""Verification by the centre, suspension, joining and members."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.accounts.models import MembershipState
from app.core.audit import AuditEvent
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.jobs import Job
from app.core.messages import Message
from app.core.permissions import Role
from app.organisations import news, queries, service
from app.organisations.models import Decision, OrganisationState
from app.organisations.schemas import DecisionForm
from app.organisations.verification import CHECKS, letter
from tests.factories.accounts import actor_of, make_staff, make_user
from tests.factories.organisations import acting_for, add_member, make_organisation, new_code
from tests.organisations.forms import decided, edited, load, told

both = pytest.mark.parametrize("backend", ["sqlite", "postgres"])


class TestVerifying:
    @both
    def test_a_verification_is_told_to_all_who_wait(self, session: Session):
        row = make_organisation(session, state=OrganisationState.unverified)
        reviewer = make_staff(session)
        service.decide_verification(
            session,
            actor_of(reviewer, Role.reviewer),
            organisation_id=row.id,
            data=decided(row, Decision.verified),
        )
        after = load(session, row)
        assert (after.state, after.verified_by) == (OrganisationState.verified, reviewer.id)
        assert after.verified_at is not None
        assert told(session, news.VERIFIED) == [str(row.id)]
        assert told(session, news.CHANGED) == [str(row.id)]
        message = session.scalars(select(Message).where(Message.organisation_id == row.id)).one()
        assert message.name == "organisations.verified"
        event = session.scalars(
            select(AuditEvent).where(AuditEvent.name == "organisations.organisation.verified")
        ).one()
        assert set(event.data["checklist"].values()) == {"ok"}

    def test_a_return_says_every_fault_in_the_lists_order(self, session: Session):
        row = make_organisation(session, state=OrganisationState.unverified)
        service.decide_verification(
            session,
            actor_of(make_staff(session), Role.reviewer),
            organisation_id=row.id,
            data=decided(row, Decision.returned, faults=["contact", "licence"], reason="另见电话记录"),
        )
        after = load(session, row)
        assert after.state is OrganisationState.returned
        reason = after.decision_reason
        assert reason.index("逐字填写") < reason.index("没有打通") < reason.index("另见电话记录")
        assert reason.startswith("1. ")
        assert told(session, news.VERIFIED) == []

    @pytest.mark.parametrize(
        ("data", "field"),
        [
            ({"decision": "verified", "checks": ["licence"]}, "checks"),
            ({"decision": "verified", "faults": ["licence"]}, "faults"),
            ({"decision": "returned"}, "reason"),
            ({"decision": "suspended", "reason": "？"}, "reason"),
        ],
    )
    def test_no_decision_without_its_grounds(self, session: Session, data: dict[str, Any], field: str):
        row = make_organisation(session, state=OrganisationState.unverified)
        form = DecisionForm.model_validate({"version": 1, "checks": list(CHECKS), **data})
        with pytest.raises(Invalid) as caught:
            service.decide_verification(
                session, actor_of(make_staff(session), Role.reviewer), organisation_id=row.id, data=form
            )
        assert set(caught.value.fields) == {field}

    def test_it_is_decided_once_and_on_what_was_seen(self, session: Session):
        row = make_organisation(session, state=OrganisationState.unverified)
        reviewer = actor_of(make_staff(session), Role.reviewer)
        seen = decided(row, Decision.verified)
        service.edit_organisation(
            session,
            acting_for(add_member(session, row), row),
            organisation_id=row.id,
            data=edited(row, name="示例换了名字"),
        )
        with pytest.raises(Conflict, match="机构改了资料"):
            service.decide_verification(session, reviewer, organisation_id=row.id, data=seen)
        now = load(session, row)
        fresh = decided(now, Decision.verified)
        service.decide_verification(session, reviewer, organisation_id=row.id, data=fresh)
        with pytest.raises(Conflict, match="已经有人办过"):
            service.decide_verification(session, reviewer, organisation_id=row.id, data=fresh)

    @pytest.mark.parametrize("role", [role for role in Role if role is not Role.reviewer])
    def test_only_reviewers_decide(self, session: Session, role: Role):
        row = make_organisation(session)
        with pytest.raises(Forbidden):
            service.suspend_organisation(
                session, actor_of(make_user(session), role), organisation_id=row.id, reason="试一试"
            )

    def test_a_suspension_is_lifted_through_the_queue(self, session: Session):
        row = make_organisation(session)
        reviewer = actor_of(make_staff(session), Role.reviewer)
        service.suspend_organisation(session, reviewer, organisation_id=row.id, reason="列入失信名单")
        assert told(session, news.CHANGED) == [str(row.id)]
        with pytest.raises(Conflict, match="已经暂停"):
            service.suspend_organisation(session, reviewer, organisation_id=row.id, reason="再来一次")
        for job in session.scalars(select(Job)):
            session.delete(job)
        service.reopen_verification(session, reviewer, organisation_id=row.id)
        assert told(session, news.CHANGED) == [str(row.id)]  # what it listed is to be found again
        after = load(session, row)
        assert after.state is OrganisationState.unverified
        assert queries.find_open_verification(session, row.id) is not None
        with pytest.raises(Conflict, match="只有暂停"):
            service.reopen_verification(session, reviewer, organisation_id=row.id)

    @pytest.mark.parametrize(
        ("state", "words"),
        [
            (OrganisationState.unverified, "已经在等"),
            (OrganisationState.verified, "已经核验通过"),
            (OrganisationState.suspended, "打中心电话"),
        ],
    )
    def test_only_a_returned_one_is_submitted_again(
        self, session: Session, state: OrganisationState, words: str
    ):
        row = make_organisation(session, state=state)
        actor = acting_for(add_member(session, row), row)
        with pytest.raises(Conflict, match=words):
            service.submit_for_verification(session, actor, organisation_id=row.id)


class TestJoining:
    @both
    def test_from_the_request_to_acting_for_it(self, session: Session):
        row = make_organisation(session)
        admin = acting_for(add_member(session, row), row)
        applicant = make_user(session, name="示例小李")
        asked = service.request_membership(
            session, actor_of(applicant), credit_code=row.credit_code, note="设备科"
        )
        assert asked.state is MembershipState.requested
        session.flush()
        assert [item.id for item in queries.list_asked(session, actor_of(applicant))] == [row.id]
        service.decide_request(session, admin, membership_id=asked.id, accept=True)
        session.flush()
        assert [item.id for item in queries.list_own(session, actor_of(applicant))] == [row.id]
        with pytest.raises(Conflict, match="已经处理过"):
            service.decide_request(session, admin, membership_id=asked.id, accept=False)
        names = set(session.scalars(select(Message.name)))
        assert {"organisations.join_requested", "organisations.join_accepted"} <= names

    def test_one_who_was_refused_may_ask_again(self, session: Session):
        row = make_organisation(session)
        admin = acting_for(add_member(session, row), row)
        applicant = actor_of(make_user(session))
        for _ in range(2):
            asked = service.request_membership(session, applicant, credit_code=row.credit_code)
            service.decide_request(session, admin, membership_id=asked.id, accept=False)
            session.flush()
            assert asked.state is MembershipState.refused

    def test_an_unregistered_or_wrong_code(self, session: Session):
        applicant = actor_of(make_user(session))
        with pytest.raises(NotFound):
            service.request_membership(session, applicant, credit_code=new_code())
        with pytest.raises(Invalid):
            service.request_membership(session, applicant, credit_code="123")

    def test_another_organisations_admin_decides_nothing(self, session: Session):
        row, other = make_organisation(session), make_organisation(session)
        asked = service.request_membership(session, actor_of(make_user(session)), credit_code=row.credit_code)
        with pytest.raises(NotFound):
            service.decide_request(
                session, acting_for(add_member(session, other), other), membership_id=asked.id, accept=True
            )
        member = acting_for(add_member(session, row, role=Role.member), row, Role.member)
        with pytest.raises(Forbidden):
            service.decide_request(session, member, membership_id=asked.id, accept=True)

    def test_the_last_admin_stays_and_another_may_go(self, session: Session):
        row = make_organisation(session)
        first = add_member(session, row)
        actor = acting_for(first, row)
        own = people.find_membership(session, first.id, row.id)
        assert own is not None
        for attempt in (
            lambda: service.remove_member(session, actor, membership_id=own.id),
            lambda: service.change_member_role(session, actor, membership_id=own.id, role=Role.member),
        ):
            with pytest.raises(Conflict, match="至少要有一位管理员"):
                attempt()
        second = add_member(session, row, role=Role.member)
        theirs = people.find_membership(session, second.id, row.id)
        assert theirs is not None
        service.change_member_role(session, actor, membership_id=theirs.id, role=Role.organisation_admin)
        service.remove_member(session, actor, membership_id=own.id)
        assert own.state is MembershipState.ended
        with pytest.raises(Conflict, match="不在册"):
            service.remove_member(session, acting_for(second, row), membership_id=own.id)


@pytest.mark.parametrize(
    ("faults", "reason", "text"),
    [
        ([], "只有一句", "只有一句"),
        (["district"], "", CHECKS["district"].fault),
        (["district"], "还有", f"1. {CHECKS['district'].fault}；2. 还有"),
    ],
)
def test_the_letter(faults: list[str], reason: str, text: str):
    assert letter(faults, reason) == text
