"""Who runs an organisation: disputes, departed admins, and organisations that nobody can act for."""

import threading
import uuid

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.accounts.models import MembershipState, UserState
from app.core.db import Database
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.messages import Message
from app.core.permissions import Actor, Role
from app.files.models import StoredFile
from app.organisations import service
from app.organisations.models import ClaimState, Organisation, OrganisationClaim
from app.organisations.queries import standing
from app.organisations.schemas.standing import AppointForm, ClaimDecision, ClaimForm
from app.organisations.service import inviting
from app.organisations.service.papers import CLAIM
from tests.factories.accounts import actor_of, make_staff, make_user, sign_in
from tests.factories.files import make_file, pdf
from tests.factories.organisations import acting_for, add_member, make_organisation, new_code
from tests.services.client import Client

both = pytest.mark.parametrize("backend", ["sqlite", "postgres"])
TOLD = "我是公司办公室主任，公司没有人在这里登记过"
UPHOLD = ClaimDecision(uphold=True, reason="看过执照原件，打过电话")


def wish(row: Organisation, kind: str = "departed") -> ClaimForm:
    return ClaimForm.model_validate({"code": row.credit_code, "kind": kind, "statement": TOLD})


def opened(session: Session, row: Organisation, claimant: Actor) -> OrganisationClaim:
    claim = service.open_claim(session, claimant, data=wish(row), received=None)
    session.flush()
    return claim


def names_told(session: Session, **to: uuid.UUID) -> set[str]:
    session.flush()
    (column, value), *_ = to.items()
    rows = session.scalars(select(Message.name).where(getattr(Message, column) == value))
    return {name.removeprefix("organisations.") for name in rows}


def reviewer(session: Session) -> Actor:
    return actor_of(make_staff(session), Role.reviewer)


class TestDeciding:
    @both
    def test_handing_over_ends_the_stranger_and_tells_both(self, session: Session):
        row = make_organisation(session)
        stranger, colleague = add_member(session, row), add_member(session, row, role=Role.member)
        claimant = make_user(session, name="示例真管理员")
        claim = opened(session, row, actor_of(claimant))
        service.decide_claim(session, reviewer(session), claim_id=claim.id, data=UPHOLD)
        states = {item.user_id: (item.role, item.state) for item in people.list_memberships(session, row.id)}
        assert states[stranger.id][1] is MembershipState.ended
        assert states[colleague.id] == (Role.member, MembershipState.active)
        assert states[claimant.id] == (Role.organisation_admin, MembershipState.active)
        assert names_told(session, user_id=claimant.id) == {"claim_upheld"}
        assert names_told(session, user_id=stranger.id) == {"rights_ended"}
        assert names_told(session, organisation_id=row.id) == {"claim_opened", "handed_over"}

    def test_an_invitation_that_he_sent_leads_nobody_back(self, session: Session):
        row = make_organisation(session)
        stranger = add_member(session, row)
        inviting.invite(
            session, acting_for(stranger, row), login="zai@example.cn", role=Role.organisation_admin
        )
        claim = opened(session, row, actor_of(make_user(session)))
        service.decide_claim(session, reviewer(session), claim_id=claim.id, data=UPHOLD)
        session.flush()
        assert people.list_open_invitations(session, row.id) == []

    def test_everybody_may_be_sent_away_with_him(self, session: Session):
        row = make_organisation(session)
        add_member(session, row)
        crew = add_member(session, row, role=Role.member)
        claim = opened(session, row, actor_of(make_user(session)))
        data = ClaimDecision(uphold=True, others_leave=True, reason="整批人都不是这家单位的")
        service.decide_claim(session, reviewer(session), claim_id=claim.id, data=data)
        member = people.find_membership(session, crew.id, row.id)
        assert member is not None
        assert member.state is MembershipState.ended

    @pytest.mark.parametrize("state", [MembershipState.active, MembershipState.requested])
    def test_a_member_or_applicant_becomes_admin(self, session: Session, state: MembershipState):
        row = make_organisation(session)
        add_member(session, row)
        claimant = add_member(session, row, role=Role.member, state=state)
        claim = opened(session, row, actor_of(claimant))
        service.decide_claim(session, reviewer(session), claim_id=claim.id, data=UPHOLD)
        membership = people.find_membership(session, claimant.id, row.id)
        assert membership is not None
        assert (membership.role, membership.state) == (Role.organisation_admin, MembershipState.active)

    def test_a_refusal_changes_nothing_but_is_told(self, session: Session):
        row = make_organisation(session)
        admin = add_member(session, row)
        claimant = make_user(session)
        claim = opened(session, row, actor_of(claimant))
        data = ClaimDecision(uphold=False, reason="执照和公司对不上")
        service.decide_claim(session, reviewer(session), claim_id=claim.id, data=data)
        kept = people.find_membership(session, admin.id, row.id)
        assert kept is not None
        assert kept.state is MembershipState.active
        assert people.find_membership(session, claimant.id, row.id) is None
        assert names_told(session, user_id=claimant.id) == {"claim_refused"}
        assert "claim_dismissed" in names_told(session, organisation_id=row.id)

    def test_it_is_decided_once_and_only_by_reviewers(self, session: Session):
        row = make_organisation(session)
        claim = opened(session, row, actor_of(make_user(session)))
        with pytest.raises(Forbidden):
            service.decide_claim(
                session,
                actor_of(make_user(session, Role.operator), Role.operator),
                claim_id=claim.id,
                data=UPHOLD,
            )
        service.decide_claim(session, reviewer(session), claim_id=claim.id, data=UPHOLD)
        with pytest.raises(Conflict, match="已经有人办过"):
            service.decide_claim(session, reviewer(session), claim_id=claim.id, data=UPHOLD)


class TestAsking:
    def test_a_dispute_needs_a_paper_and_one_stands_at_a_time(self, session: Session):
        row = make_organisation(session)
        claimant = actor_of(make_user(session))
        with pytest.raises(Invalid) as caught:
            service.open_claim(session, claimant, data=wish(row, "dispute"), received=None)
        assert set(caught.value.fields) == {"file"}
        claim = opened(session, row, claimant)
        with pytest.raises(Conflict, match="正在核实"):
            opened(session, row, claimant)
        service.withdraw_claim(session, claimant, claim_id=claim.id)
        assert opened(session, row, claimant).state is ClaimState.open

    def test_the_admin_himself_and_an_unknown_code(self, session: Session):
        row = make_organisation(session)
        admin = acting_for(add_member(session, row), row)
        with pytest.raises(Conflict, match="就是它的管理员"):
            opened(session, row, admin)
        unknown = ClaimForm.model_validate({"code": new_code(), "kind": "departed", "statement": TOLD})
        with pytest.raises(NotFound):
            service.open_claim(session, admin, data=unknown, received=None)

    def test_nobody_reads_or_withdraws_anothers(self, session: Session):
        row = make_organisation(session)
        accused = acting_for(add_member(session, row), row)
        claim = opened(session, row, actor_of(make_user(session)))
        for who in (accused, actor_of(make_user(session))):
            assert standing.list_claims(session, who) == []
            with pytest.raises(NotFound):
                service.withdraw_claim(session, who, claim_id=claim.id)


class TestWithoutAdmin:
    def test_gone_and_switched_off_admins_are_missed(self, session: Session):
        empty, off, fine = (make_organisation(session) for _ in range(3))
        add_member(session, fine)
        add_member(session, off).state = UserState.disabled
        session.flush()
        assert {row.id for row in standing.list_without_admin(session)} == {empty.id, off.id}
        assert standing.wait_for_admin(session).count == 2

    def test_staff_appoint_a_member_and_nobody_else(self, session: Session):
        row, other = make_organisation(session), make_organisation(session)
        member = add_member(session, row, role=Role.member)
        add_member(session, other, role=Role.member)
        own, foreign = (standing.list_candidates(session, [item.id])[0].id for item in (row, other))
        staff = reviewer(session)

        def appoint(membership: uuid.UUID) -> None:
            data = AppointForm(membership=str(membership), reason="核对过身份证和劳动合同")
            service.appoint_admin(session, staff, organisation_id=row.id, data=data)

        with pytest.raises(Invalid):
            appoint(foreign)
        appoint(own)
        assert standing.lacks_admin(session, row.id) is False
        assert names_told(session, user_id=member.id) == {"appointed"}
        with pytest.raises(Conflict, match="它有管理员"):
            appoint(own)


@pytest.mark.committed
def test_two_reviewers_decide_one_claim_in_the_same_moment(database: Database):
    """One decision stands; on both databases."""
    with database.writing() as session:
        row = make_organisation(session)
        add_member(session, row)
        claim = opened(session, row, actor_of(make_user(session)))
        staff = [reviewer(session) for _ in range(2)]
    outcomes: list[str] = []
    gate = threading.Barrier(2)

    def attempt(actor: Actor, uphold: bool) -> None:
        gate.wait()
        data = ClaimDecision(uphold=uphold, reason="核实过了，写明原因")
        try:
            with database.writing() as session:
                service.decide_claim(session, actor, claim_id=claim.id, data=data)
            outcomes.append("decided")
        except Conflict:
            outcomes.append("too late")

    threads = [threading.Thread(target=attempt, args=pair) for pair in zip(staff, (True, False), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["decided", "too late"]


class TestPages:
    def test_from_the_join_page_to_the_answer(self, client: Client):
        row = make_organisation(client.session)
        code, organisation_id = row.credit_code, row.id
        stranger = add_member(client.session, row)
        stranger_id = stranger.id
        claimant = make_user(client.session, name="示例真管理员")
        claimant_id = claimant.id
        sign_in(client, claimant)
        assert f"/organisations/claims/new?code={code}" in client.get(f"/organisations/join?code={code}").text
        refused = client.submit(
            f"/organisations/claims/new?code={code}",
            {"kind": "dispute", "statement": TOLD},
            action="/organisations/claims/uploads",
        )
        assert refused.status_code == 422
        assert "请附一份能证明的材料" in refused.text
        assert TOLD in refused.text  # nothing typed is lost
        sent = client.submit(
            f"/organisations/claims/new?code={code}",
            {"kind": "dispute", "statement": TOLD},
            action="/organisations/claims/uploads",
            files={"file": ("执照.pdf", pdf(), "application/pdf")},
        )
        assert sent.headers["location"] == "/organisations/claims"
        assert "核实中" in client.get("/organisations/claims").text
        sign_in(client, people.get_user(client.session, stranger_id))
        assert client.get("/organisations/mine").status_code == 200
        stranger_cookie = dict(client.cookies)
        sign_in(client, make_staff(client.session))
        page = client.get("/desk/claims")
        assert TOLD in page.text
        claim_id = client.session.scalars(select(OrganisationClaim.id)).one()
        done = client.submit(
            f"/desk/claims/{claim_id}",
            {"uphold": "true", "reason": "看过执照原件"},
            action=f"/desk/claims/{claim_id}/decision",
        )
        assert done.status_code == 303
        client.cookies.clear()
        for name, value in stranger_cookie.items():
            client.cookies.set(name, value, domain=client.base_url.host)
        gone = client.get("/organisations/mine").text  # the same session, the very next request
        assert "还没有企业或机构" in gone
        membership = people.find_membership(client.session, claimant_id, organisation_id)
        assert membership is not None
        assert membership.role is Role.organisation_admin

    def test_the_evidence_is_the_claimants_and_the_reviewers(self, client: Client):
        row = make_organisation(client.session)
        accused = add_member(client.session, row)
        claimant = make_user(client.session)
        claim = opened(client.session, row, actor_of(claimant))
        paper = make_file(
            client.session, actor_of(claimant), purpose=CLAIM, object_id=claim.id, name="说明.png"
        )
        path = f"/files/{paper.id}"
        readers = [
            (claimant.id, 200),
            (make_staff(client.session).id, 200),
            (make_staff(client.session, Role.operator).id, 404),
            (accused.id, 404),
        ]
        for user_id, status in readers:
            sign_in(client, people.get_user(client.session, user_id))
            assert client.get(path).status_code == status
        assert client.session.get(StoredFile, paper.id) is not None
