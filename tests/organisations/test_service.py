"""The commands of organisations: registering, editing, verifying, joining – and the news they tell."""

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.accounts.models import MembershipState
from app.core.audit import AuditEvent
from app.core.db import Database
from app.core.errors import Conflict, EditConflict, Forbidden, Invalid, NotFound, Unauthenticated
from app.core.jobs import Job
from app.core.messages import Message
from app.core.permissions import ANONYMOUS, Role
from app.organisations import news, queries, service
from app.organisations.models import Capacity, Decision, Organisation, OrganisationState, VerificationCause
from app.organisations.schemas import DecisionForm, OrganisationCreate, OrganisationUpdate
from app.organisations.verification import CHECKS, letter
from tests.factories.accounts import actor_of, make_staff, make_user
from tests.factories.organisations import acting_for, add_member, make_organisation, new_code

both = pytest.mark.parametrize("backend", ["sqlite", "postgres"])


def created(code: str, **more: Any) -> OrganisationCreate:
    return OrganisationCreate.model_validate(
        {
            "credit_code": code,
            "name": "示例转向节有限公司",
            "capacities": ["enterprise"],
            "district": "巴南区",
            "industry": "C34",
            "contact_name": "示例王工",
            "contact_mobile": "13800000000",
            **more,
        }
    )


def edited(row: Organisation, **more: Any) -> OrganisationUpdate:
    return OrganisationUpdate.model_validate(
        {
            "name": row.name,
            "short_name": row.short_name,
            "capacities": [item.value for item in row.capacity_set],
            "district": row.district_slug,
            "industry": row.industry_code or "",
            "contact_name": row.contact_name,
            "contact_mobile": row.contact_mobile,
            "version": row.version,
            **more,
        }
    )


def decided(row: Organisation, decision: Decision, **more: Any) -> DecisionForm:
    checks = list(CHECKS) if decision is Decision.verified else []
    return DecisionForm.model_validate(
        {"version": row.version, "decision": decision, "checks": checks, **more}
    )


def told(session: Session, name: str) -> list[str]:
    """The organisations that queued news of this name speak of."""
    session.flush()
    rows = session.scalars(select(Job).where(Job.name == name)).all()
    return [row.payload["organisation_id"] for row in rows]


def load(session: Session, row: Organisation) -> Organisation:
    session.flush()
    session.expunge_all()
    return queries.list_by_ids(session, [row.id])[0]


class TestRegistering:
    @both
    def test_the_founder_is_its_admin_and_acts_for_it(self, session: Session):
        user = make_user(session)
        row = service.register_organisation(session, actor_of(user), data=created(new_code()))
        member = people.find_membership(session, user.id, row.id)
        assert member is not None
        assert (member.role, member.state) == (Role.organisation_admin, MembershipState.active)
        assert (row.state, row.district_slug, row.version) == (OrganisationState.unverified, "banan", 1)
        opened = queries.find_open_verification(session, row.id)
        assert opened is not None
        assert opened.cause is VerificationCause.registered

    def test_the_code_is_normalised(self, session: Session):
        code = new_code()
        typed = f" {code[:4].lower()} {code[4:10]}-{code[10:]}"
        row = service.register_organisation(session, actor_of(make_user(session)), data=created(typed))
        assert row.credit_code == code

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda code: code[:17] + ("0" if code[17] != "0" else "1"), ("GB 32100", "应是 {17}")),
            (
                lambda code: code[:16] + ("0" if code[16] != "0" else "1") + code[17],
                ("GB 11714", "应是 {16}"),
            ),
            (lambda code: code[:15], ("现在是15位", "旧的工商注册号")),
            (lambda _code: "", ("请填写18位",)),
        ],
    )
    def test_a_wrong_code_says_what_was_expected(
        self, session: Session, change: Callable[[str], str], words: tuple[str, ...]
    ):
        code = new_code()
        with pytest.raises(Invalid) as caught:
            service.register_organisation(session, actor_of(make_user(session)), data=created(change(code)))
        for word in words:
            assert (
                word.replace("{17}", code[17]).replace("{16}", code[16]) in caught.value.fields["credit_code"]
            )

    def test_a_taken_code_names_itself(self, session: Session):
        known = make_organisation(session)
        with pytest.raises(service.AlreadyRegistered) as caught:
            service.register_organisation(
                session, actor_of(make_user(session)), data=created(known.credit_code)
            )
        assert caught.value.credit_code == known.credit_code

    def test_a_vendor_needs_no_industry_and_an_enterprise_does(self, session: Session):
        actor = actor_of(make_user(session))
        free = created(new_code(), capacities=["vendor"], industry="")
        assert service.register_organisation(session, actor, data=free).industry_code is None
        with pytest.raises(Invalid) as caught:
            service.register_organisation(session, actor, data=created(new_code(), industry=""))
        assert set(caught.value.fields) == {"industry"}

    def test_a_former_district_is_not_taken(self, session: Session):
        with pytest.raises(Invalid) as caught:
            service.register_organisation(
                session, actor_of(make_user(session)), data=created(new_code(), district="渝北区")
            )
        assert "没有找到这个区县" in caught.value.fields["district"]

    def test_who_may(self, session: Session):
        with pytest.raises(Unauthenticated):
            service.register_organisation(session, ANONYMOUS, data=created(new_code()))
        reviewer = make_staff(session)
        with pytest.raises(Forbidden):
            service.register_organisation(
                session, actor_of(reviewer, Role.reviewer), data=created(new_code())
            )


@pytest.mark.committed
def test_two_people_register_one_code_in_the_same_moment(database: Database):
    """One wins, the other is told so; on both databases."""
    code = new_code()
    with database.writing() as session:
        ids = [make_user(session).id for _ in range(2)]
    outcomes: list[str] = []
    gate = threading.Barrier(2)

    def attempt(user_id: uuid.UUID) -> None:
        with database.reading() as session:
            actor = actor_of(people.get_user(session, user_id))
        gate.wait()
        try:
            with database.writing() as session:
                service.register_organisation(session, actor, data=created(code))
            outcomes.append("registered")
        except service.AlreadyRegistered:
            outcomes.append("taken")

    threads = [threading.Thread(target=attempt, args=(user_id,)) for user_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["registered", "taken"]
    with database.reading() as session:
        assert queries.find_by_code(session, code) is not None


@pytest.mark.committed
def test_two_edits_from_one_version_in_the_same_moment(database: Database):
    """One is saved, the other meets the conflict; on both databases."""
    with database.writing() as session:
        row = make_organisation(session, state=OrganisationState.unverified)
        actor = acting_for(add_member(session, row), row)
        wanted = [edited(row, intro=text) for text in ("甲写的介绍", "乙写的介绍")]
    outcomes: list[str] = []
    gate = threading.Barrier(2)

    def attempt(data: OrganisationUpdate) -> None:
        gate.wait()
        try:
            with database.writing() as session:
                service.edit_organisation(session, actor, organisation_id=row.id, data=data)
            outcomes.append("saved")
        except EditConflict:
            outcomes.append("conflict")

    threads = [threading.Thread(target=attempt, args=(data,)) for data in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict", "saved"]


class TestEditing:
    def test_a_new_name_before_verification_takes_effect_at_once_and_is_news(self, session: Session):
        row = make_organisation(session, state=OrganisationState.unverified)
        actor = acting_for(add_member(session, row), row)
        service.edit_organisation(
            session, actor, organisation_id=row.id, data=edited(row, name="示例新名有限公司")
        )
        after = load(session, row)
        assert (after.name, after.version, after.doc_version) == ("示例新名有限公司", 2, 2)
        assert told(session, news.CHANGED) == [str(row.id)]

    def test_a_new_phone_number_is_no_news(self, session: Session):
        row = make_organisation(session)
        actor = acting_for(add_member(session, row), row)
        service.edit_organisation(
            session, actor, organisation_id=row.id, data=edited(row, contact_mobile="13811112222")
        )
        assert told(session, news.CHANGED) == []
        assert (load(session, row).version, load(session, row).doc_version) == (2, 1)

    @pytest.mark.parametrize(
        "change", [{"district": "beibei"}, {"short_name": "示例简称"}, {"industry": "C33"}]
    )
    def test_what_is_shown_elsewhere_is_news(self, session: Session, change: dict[str, str]):
        row = make_organisation(session)
        actor = acting_for(add_member(session, row), row)
        service.edit_organisation(session, actor, organisation_id=row.id, data=edited(row, **change))
        assert told(session, news.CHANGED) == [str(row.id)]

    @both
    def test_a_verified_one_keeps_its_name_until_the_centre_has_looked(self, session: Session):
        row = make_organisation(session, Capacity.enterprise)
        old = row.name
        actor = acting_for(add_member(session, row), row)
        wish = {"name": "示例改名有限公司", "capacities": ["enterprise", "vendor"]}
        opened = service.edit_organisation(session, actor, organisation_id=row.id, data=edited(row, **wish))
        assert opened is not None
        assert opened.cause is VerificationCause.renamed
        held = load(session, row)
        assert (held.name, held.capacity_set, held.is_verified) == (old, {Capacity.enterprise}, True)
        assert told(session, news.CHANGED) == []
        reviewer = actor_of(make_staff(session), Role.reviewer)
        service.decide_verification(
            session, reviewer, organisation_id=row.id, data=decided(held, Decision.verified)
        )
        after = load(session, row)
        assert after.name == "示例改名有限公司"
        assert after.capacity_set == {Capacity.enterprise, Capacity.vendor}
        assert told(session, news.CHANGED) == [str(row.id)]

    def test_a_refused_new_name_leaves_the_verification_standing(self, session: Session):
        row = make_organisation(session)
        old = row.name
        actor = acting_for(add_member(session, row), row)
        service.edit_organisation(
            session, actor, organisation_id=row.id, data=edited(row, name="示例冒名有限公司")
        )
        held = load(session, row)
        service.decide_verification(
            session,
            actor_of(make_staff(session), Role.reviewer),
            organisation_id=row.id,
            data=decided(held, Decision.returned, faults=["licence"]),
        )
        after = load(session, row)
        assert (after.name, after.state) == (old, OrganisationState.verified)

    def test_taking_the_change_back_empties_the_queue(self, session: Session):
        row = make_organisation(session)
        actor = acting_for(add_member(session, row), row)
        service.edit_organisation(
            session, actor, organisation_id=row.id, data=edited(row, name="示例想改名有限公司")
        )
        held = load(session, row)
        assert queries.summarise_queue(session).count == 1
        assert service.edit_organisation(session, actor, organisation_id=row.id, data=edited(held)) is None
        session.flush()
        assert queries.summarise_queue(session).count == 0

    def test_a_capacity_is_given_up_at_once_but_never_the_last(self, session: Session):
        row = make_organisation(session, Capacity.enterprise, Capacity.vendor)
        actor = acting_for(add_member(session, row), row)
        service.edit_organisation(
            session, actor, organisation_id=row.id, data=edited(row, capacities=["vendor"])
        )
        held = load(session, row)
        assert held.capacity_set == {Capacity.vendor}
        service.edit_organisation(
            session, actor, organisation_id=row.id, data=edited(held, capacities=["finance"])
        )
        assert load(session, row).capacity_set == {Capacity.vendor}  # finance waits for the centre

    def test_the_code_can_be_mended_until_the_first_verification(self, session: Session):
        row = make_organisation(session, state=OrganisationState.returned)
        actor = acting_for(add_member(session, row), row)
        code = new_code()
        service.edit_organisation(
            session, actor, organisation_id=row.id, data=edited(row, credit_code=code, submit=True)
        )
        after = load(session, row)
        assert (after.credit_code, after.state) == (code, OrganisationState.unverified)
        opened = queries.find_open_verification(session, row.id)
        assert opened is not None
        assert opened.cause is VerificationCause.mended
        verified = make_organisation(session)
        owner = acting_for(add_member(session, verified), verified)
        with pytest.raises(Invalid, match="改一下"):
            service.edit_organisation(
                session, owner, organisation_id=verified.id, data=edited(verified, credit_code=new_code())
            )
        with pytest.raises(service.AlreadyRegistered):
            service.edit_organisation(
                session,
                actor,
                organisation_id=row.id,
                data=edited(load(session, row), credit_code=verified.credit_code),
            )

    def test_an_old_version_is_refused_with_both(self, session: Session):
        row = make_organisation(session, intro="原来的")
        actor = acting_for(add_member(session, row), row)
        stale = edited(row, intro="后来的")
        service.edit_organisation(session, actor, organisation_id=row.id, data=edited(row, intro="先存的"))
        with pytest.raises(EditConflict) as caught:
            service.edit_organisation(session, actor, organisation_id=row.id, data=stale)
        assert caught.value.yours["intro"] == "后来的"
        assert caught.value.theirs["intro"] == "先存的"

    def test_an_outsider_meets_404_and_a_member_403(self, session: Session):
        row = make_organisation(session, state=OrganisationState.unverified)
        other = make_organisation(session)
        stranger = acting_for(add_member(session, other), other)
        member = acting_for(add_member(session, row, role=Role.member), row, Role.member)
        with pytest.raises(NotFound):
            service.edit_organisation(session, stranger, organisation_id=row.id, data=edited(row))
        with pytest.raises(Forbidden):
            service.edit_organisation(session, member, organisation_id=row.id, data=edited(row))


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
