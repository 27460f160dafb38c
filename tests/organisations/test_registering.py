"""Registering an organisation and editing it: checks, news, races."""

import threading
import uuid
from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.accounts.models import MembershipState
from app.core.db import Database
from app.core.errors import EditConflict, Forbidden, Invalid, NotFound, Unauthenticated
from app.core.permissions import ANONYMOUS, Role
from app.organisations import news, queries, service
from app.organisations.models import Capacity, Decision, OrganisationState, VerificationCause
from app.organisations.schemas import OrganisationUpdate
from tests.factories.accounts import actor_of, make_staff, make_user
from tests.factories.organisations import acting_for, add_member, make_organisation, new_code
from tests.organisations.forms import created, decided, edited, load, told

both = pytest.mark.parametrize("backend", ["sqlite", "postgres"])


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

    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ("渝北区", ("渝北区已经撤销", "两江新区（除大湾", "北碚区（大湾")),
            ("江北", ("江北区已经撤销", "两江新区")),
            ("开县", ("开州区",)),
            ("北碚县", ("没有找到这个区县",)),
        ],
    )
    def test_a_former_district_says_where_it_went(self, session: Session, typed: str, words: tuple[str, ...]):
        with pytest.raises(Invalid) as caught:
            service.register_organisation(
                session, actor_of(make_user(session)), data=created(new_code(), district=typed)
            )
        for word in words:
            assert word in caught.value.fields["district"]

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
