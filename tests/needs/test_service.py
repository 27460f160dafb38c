"""Commands on needs: drafting, masking, the gate's ways, verification, review, withdrawal."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, drafts, parameters
from app.core.audit import AuditEvent
from app.core.errors import Conflict, EditConflict, Forbidden, Invalid, NotFound
from app.core.jobs import Job
from app.core.masking import marker
from app.core.messages import Message
from app.core.outbox import OutboxRow
from app.core.parameters import ParameterRow
from app.core.permissions import Actor, Role
from app.needs import case_number, masking, queries, rule, service
from app.needs.models import Need, NeedState, ReviewDecision
from app.needs.schemas import NeedFields
from app.organisations.models import Organisation, OrganisationState
from tests.factories.accounts import actor_of, make_staff, make_user
from tests.factories.needs import PROBLEM, WHOLE, make_draft, make_held, make_published, make_whole
from tests.factories.organisations import acting_for, add_member, make_organisation

pytestmark = pytest.mark.parametrize("backend", ["sqlite", "postgres"])


@pytest.fixture
def organisation(session: Session) -> Organisation:
    return make_organisation(session)


@pytest.fixture
def owner(session: Session, organisation: Organisation) -> Actor:
    return acting_for(add_member(session, organisation), organisation)


@pytest.fixture
def staff(session: Session) -> Actor:
    return actor_of(make_staff(session), Role.reviewer)


def other_owner(session: Session) -> Actor:
    organisation = make_organisation(session)
    return acting_for(add_member(session, organisation), organisation)


def edit(session: Session, actor: Actor, need: Need, **fields: Any) -> Need:
    return service.update_need(
        session, actor, need_id=need.id, version=need.version, fields=NeedFields.model_validate(fields)
    )


def names(session: Session, need: Need) -> list[str]:
    query = select(AuditEvent.name).where(AuditEvent.object_id == str(need.id)).order_by(AuditEvent.id)
    return list(session.scalars(query))


class TestDrafting:
    def test_a_draft_takes_its_place_and_trade_from_the_organisation(
        self, session: Session, owner: Actor, organisation: Organisation
    ):
        need = make_draft(session, owner)
        assert (need.state, need.district_slug, need.industry_code) == (NeedState.draft, "banan", "C34")
        assert need.title == "夜班冲床停了没人发现，早上接班才知道"
        assert case_number.parse(need.case_number).year == clock.today().year
        assert names(session, need) == ["needs.need.started"]

    def test_numbers_follow_one_another(self, session: Session, owner: Actor):
        first, second = (case_number.parse(make_draft(session, owner).case_number) for _ in range(2))
        assert second.sequence == first.sequence + 1

    def test_what_was_read_wrongly_is_dropped_what_was_chosen_wrongly_is_refused(
        self, session: Session, owner: Actor
    ):
        need = make_draft(
            session, owner, scenario="S99", pain_points=["S99-9"], industry="没有这行", district="nowhere"
        )
        assert (need.scenario_code, need.pain_point_codes, need.industry_code) == (None, [], "C34")
        with pytest.raises(Invalid) as refused:
            edit(
                session,
                owner,
                need,
                scenario="S99",
                pain_points=["S99-9"],
                industry="没有这行",
                district="nowhere",
            )
        assert set(refused.value.fields) == {"scenario", "pain_points", "industry", "district"}

    def test_names_are_taken_for_codes(self, session: Session, owner: Actor):
        need = edit(session, owner, make_draft(session, owner), industry="C13", district="渝中区")
        assert (need.industry_code, need.district_slug) == ("C13", "yuzhong")

    def test_nobody_drafts_without_an_organisation_and_staff_never(self, session: Session, staff: Actor):
        person = actor_of(make_user(session))
        with pytest.raises(Conflict):
            make_draft(session, person)
        with pytest.raises(Forbidden):
            make_draft(session, staff)

    def test_drafts_are_bounded(self, session: Session, owner: Actor):
        session.add(
            ParameterRow(
                id=uuid.uuid4(), key=rule.MOST_DRAFTS, valid_from=clock.today(), value=1, author_id=None
            )
        )
        make_draft(session, owner)
        with pytest.raises(Conflict, match="1 份草稿"):
            make_draft(session, owner)

    def test_contact_details_never_reach_the_table(self, session: Session, owner: Actor):
        need = make_draft(
            session,
            owner,
            problem="夜班冲床停机没人知道，打 138 1234 5678 找老王，微信 laowang_88",
            title="找老王 13812345678",
            equipment="冲床，QQ 1234567",
            baseline_note="邮箱 wang@example.cn",
            conditions_note="厂在工业园 3 号楼",
            baselines=[{"metric": "电话13812345678", "value": "3", "unit": "次"}],
        )
        session.expire_all()
        row = queries.get_need(session, owner, need.id)
        everything = f"{row.problem} {row.title} {row.equipment} {row.baseline_note} {row.conditions_note} {row.baselines[0].metric}"
        for canary in ("138", "laowang", "1234567", "wang@"):
            assert canary not in everything
        assert marker("phone") in row.problem
        assert set(row.masked) >= {"phone", "wechat", "qq", "email"}

    def test_the_factorys_name_goes_while_it_is_hidden(
        self, session: Session, owner: Actor, organisation: Organisation
    ):
        text = f"我们{organisation.name}夜班冲床停机没人知道"
        hidden = make_draft(session, owner, problem=text)
        assert organisation.name not in hidden.problem
        assert masking.NAME in hidden.masked
        shown = make_draft(session, owner, problem=text, hide_name=False)
        assert organisation.name in shown.problem
        assert organisation.name not in edit(session, owner, shown, hide_name=True).problem

    def test_a_newer_edit_is_not_run_over(self, session: Session, owner: Actor):
        need = make_draft(session, owner)
        seen = need.version
        edit(session, owner, need, title="别人写的标题")
        with pytest.raises(EditConflict) as conflict:
            service.update_need(
                session, owner, need_id=need.id, version=seen, fields=NeedFields(title="我写的标题")
            )
        assert conflict.value.theirs == {"title": "别人写的标题"}

    def test_the_same_form_sent_twice_is_no_conflict(self, session: Session, owner: Actor):
        need = make_draft(session, owner)
        fields = NeedFields.model_validate({"title": "同一份", "baselines": WHOLE["baselines"]})
        first = service.update_need(session, owner, need_id=need.id, version=1, fields=fields)
        again = service.update_need(session, owner, need_id=need.id, version=1, fields=fields)
        assert (first.version, again.version) == (2, 2)

    def test_figures_come_and_go_in_place(self, session: Session, owner: Actor):
        need = make_whole(session, owner)
        need = edit(session, owner, need, baselines=[{"metric": "返工", "value": "2", "unit": "次"}])
        session.expire_all()
        assert [row.metric for row in queries.get_need(session, owner, need.id).baselines] == ["返工"]
        edit(session, owner, queries.get_need(session, owner, need.id), baselines=WHOLE["baselines"])
        session.expire_all()
        rows = queries.get_need(session, owner, need.id).baselines
        assert [(row.position, row.value) for row in rows] == [(0, "9"), (1, "60"), (2, "4")]

    def test_half_a_budget_is_checked_against_the_other_half(self, session: Session, owner: Actor):
        need = make_whole(session, owner)
        with pytest.raises(Invalid):
            edit(session, owner, need, budget_min_fen=9_000_000)

    def test_the_newest_autosave_wins_and_is_masked(self, session: Session, owner: Actor):
        need = make_draft(session, owner)
        for text in ("第一次", "第二次，打13812345678"):
            service.autosave(
                session,
                owner,
                need_id=need.id,
                step="problem",
                data={"problem": text, "other": "x", "version": "1"},
            )
        assert owner.user_id is not None
        typed = queries.find_typed(
            session, owner=drafts.user_owner(owner.user_id), need_id=need.id, step="problem"
        )
        assert typed is not None
        assert typed.data == {"problem": f"第二次，打{marker('phone')}", "version": "1"}
        service.forget_typed(session, owner, need_id=need.id, step="problem")
        with pytest.raises(Conflict):
            service.autosave(session, owner, need_id=need.id, step="nothing", data={})

    def test_deep_and_long_input_is_cut(self, session: Session, owner: Actor):
        need = make_draft(session, owner)
        deep: dict[str, Any] = {"a": {"b": {"c": {"d": {"e": {"f": "x"}}}}}}
        service.autosave(
            session,
            owner,
            need_id=need.id,
            step="baseline",
            data={"baselines": [deep] * 99, "equipment": "长" * 9000},
        )
        assert owner.user_id is not None
        typed = queries.find_typed(
            session, owner=drafts.user_owner(owner.user_id), need_id=need.id, step="baseline"
        )
        assert typed is not None
        assert len(typed.data["baselines"]) == 50
        assert len(typed.data["equipment"]) == 5000


class TestPublishing:
    def test_a_good_need_is_published_at_once(self, session: Session, owner: Actor):
        need = make_published(session, owner)
        assert need.gate_score == 25
        assert need.published_at is not None
        assert need.expires_at == need.published_at + timedelta(days=180)
        assert names(session, need)[-1] == "needs.need.published"
        assert session.scalar(select(Message.name).where(Message.organisation_id == need.organisation_id))
        job = session.scalars(select(Job).where(Job.name == "needs.expire")).one()
        assert job.run_at == need.expires_at
        session.flush()
        assert session.scalar(select(OutboxRow.kind).where(OutboxRow.object_id == str(need.id))) == "need"

    def test_a_zero_holds_though_the_points_are_enough(self, session: Session, owner: Actor):
        need = make_whole(session, owner, conditions={})
        need = service.publish_need(session, owner, need_id=need.id, version=need.version)
        assert (need.state, need.gate_score) == (NeedState.held, 20)
        assert [line["points"] for line in need.gate_lines] == [5, 5, 5, 5, 0]

    def test_the_threshold_is_dated(self, session: Session, owner: Actor):
        row = ParameterRow(
            id=uuid.uuid4(),
            key=rule.PUBLISH_FROM,
            valid_from=clock.today() + timedelta(days=1),
            value=26,
            author_id=None,
        )
        session.add(row)
        session.flush()
        assert parameters.value(session, rule.PUBLISH_FROM) == 13
        make_published(session, owner)
        row.valid_from = clock.today()
        session.flush()
        need = make_whole(session, owner)
        assert (
            service.publish_need(session, owner, need_id=need.id, version=need.version).state
            is NeedState.held
        )

    def test_nothing_to_read_is_refused_with_what_to_write(self, session: Session, owner: Actor):
        need = edit(session, owner, make_whole(session, owner), problem="急")
        with pytest.raises(Invalid) as refused:
            service.publish_need(session, owner, need_id=need.id, version=need.version)
        assert set(refused.value.fields) == {"problem"}
        assert need.state is NeedState.draft

    def test_an_unverified_organisations_need_publishes_on_verification(self, session: Session):
        organisation = make_organisation(session, state=OrganisationState.unverified)
        owner = acting_for(add_member(session, organisation), organisation)
        need = make_whole(session, owner)
        need = service.publish_need(session, owner, need_id=need.id, version=need.version)
        assert need.state is NeedState.waiting_verification
        assert service.publish_waiting(session, organisation_id=organisation.id) == 0
        organisation.state = OrganisationState.verified
        session.flush()
        assert service.publish_waiting(session, organisation_id=organisation.id) == 1
        assert need.state is NeedState.published
        assert service.publish_waiting(session, organisation_id=organisation.id) == 0

    def test_what_is_published_does_not_get_worse(self, session: Session, owner: Actor):
        need = make_published(session, owner)
        for worse in ({"conditions": {}}, {"baselines": [], "urgency": None, "wanted_days": None}):
            attempt = session.begin_nested()
            with pytest.raises(Invalid) as refused:
                edit(session, owner, need, **worse)
            assert "不能改差" in refused.value.fields["form"]
            attempt.rollback()
            session.expire_all()
            need = queries.get_need(session, owner, need.id)
        better = edit(session, owner, need, title="写清楚一点的标题")
        assert better.state is NeedState.published

    def test_sending_twice_changes_nothing(self, session: Session, owner: Actor):
        need = make_published(session, owner)
        version = need.version
        assert service.publish_need(session, owner, need_id=need.id, version=version).version == version
        with pytest.raises(Conflict):
            service.publish_need(session, owner, need_id=need.id, version=version - 1)

    def test_an_old_version_is_not_published(self, session: Session, owner: Actor):
        need = edit(session, owner, make_whole(session, owner), title="改过")
        with pytest.raises(EditConflict):
            service.publish_need(session, owner, need_id=need.id, version=1)

    def test_time_ends_a_need(self, session: Session, owner: Actor):
        need = make_published(session, owner)
        assert not service.close_expired(session, need_id=need.id)
        with clock.frozen(clock.now() + timedelta(days=181)):
            assert queries.list_published(session, Actor(), queries.PageRequest()).total == 0
            assert service.close_expired(session, need_id=need.id)
            assert not service.close_expired(session, need_id=need.id)
        assert need.state is NeedState.closed
        with pytest.raises(Conflict):
            edit(session, owner, need, title="太晚了")
        with pytest.raises(Conflict):
            service.withdraw_need(session, owner, need_id=need.id, version=need.version)

    def test_withdrawing(self, session: Session, owner: Actor):
        need = make_published(session, owner)
        need = service.withdraw_need(
            session, owner, need_id=need.id, version=need.version, reason="自己解决了"
        )
        assert (need.state, need.end_reason) == (NeedState.withdrawn, "自己解决了")
        assert service.withdraw_need(session, owner, need_id=need.id, version=1).state is NeedState.withdrawn
        with pytest.raises(Conflict):
            service.publish_need(session, owner, need_id=need.id, version=need.version)

    def test_a_withdrawn_need_can_be_taken_up_again_under_its_number(self, session: Session, owner: Actor):
        need = make_published(session, owner)
        number = need.case_number
        with pytest.raises(Conflict):
            service.reopen_need(session, owner, need_id=need.id, version=need.version)
        service.withdraw_need(session, owner, need_id=need.id, version=need.version)
        service.reopen_need(session, owner, need_id=need.id, version=need.version)
        assert (need.state, need.case_number, need.ended_at) == (NeedState.draft, number, None)
        need = service.publish_need(session, owner, need_id=need.id, version=need.version)
        assert need.state is NeedState.published

    def test_others_meet_nothing(self, session: Session, owner: Actor):
        need = make_draft(session, owner)
        stranger = other_owner(session)
        for step in (
            lambda: edit(session, stranger, need, title="我的了"),
            lambda: service.publish_need(session, stranger, need_id=need.id, version=1),
            lambda: service.withdraw_need(session, stranger, need_id=need.id, version=1),
            lambda: service.reopen_need(session, stranger, need_id=need.id, version=1),
            lambda: service.autosave(session, stranger, need_id=need.id, step="problem", data={}),
        ):
            with pytest.raises(NotFound):
                step()

    def test_reading_is_not_writing(self, session: Session, owner: Actor, staff: Actor):
        need = make_published(session, owner)
        for actor in (other_owner(session), staff):
            with pytest.raises(Forbidden):
                edit(session, actor, need, title="我的了")


class TestReview:
    def test_returning_says_why(self, session: Session, owner: Actor, staff: Actor):
        need = make_held(session, owner)
        need = service.decide(
            session,
            staff,
            need_id=need.id,
            version=need.version,
            publish=False,
            reasons=["budget", "time"],
            note_text="辛苦补一下",
        )
        assert need.state is NeedState.returned
        session.expire_all()
        history = queries.get_with_history(session, owner, need.id).reviews
        last = next(row for row in history if row.decision is ReviewDecision.returned)
        assert [reason["line"] for reason in last.reasons] == ["budget", "time", ""]
        message = session.scalars(select(Message).where(Message.name == "needs.need.returned")).one()
        assert message.payload["reasons"] == ["budget", "time"]
        again = edit(session, owner, queries.get_need(session, owner, need.id), **WHOLE)
        sent = service.publish_need(session, owner, need_id=need.id, version=again.version)
        assert sent.state is NeedState.published

    def test_letting_through_needs_a_sentence(self, session: Session, owner: Actor, staff: Actor):
        need = make_held(session, owner)
        with pytest.raises(Invalid):
            service.decide(session, staff, need_id=need.id, version=need.version, publish=True)
        need = service.decide(
            session,
            staff,
            need_id=need.id,
            version=need.version,
            publish=True,
            note_text="已电话问清，现状由中心上门测",
        )
        assert need.state is NeedState.published

    def test_an_unverified_one_let_through_still_waits(self, session: Session, staff: Actor):
        organisation = make_organisation(session, state=OrganisationState.unverified)
        owner = acting_for(add_member(session, organisation), organisation)
        need = make_held(session, owner)
        need = service.decide(
            session, staff, need_id=need.id, version=need.version, publish=True, note_text="已电话问清"
        )
        assert need.state is NeedState.waiting_verification

    def test_a_return_needs_a_reason_that_exists(self, session: Session, owner: Actor, staff: Actor):
        need = make_held(session, owner)
        for reasons in ([], ["nonsense"]):
            with pytest.raises(Invalid):
                service.decide(
                    session, staff, need_id=need.id, version=need.version, publish=False, reasons=reasons
                )

    def test_two_decisions_are_one(self, session: Session, owner: Actor, staff: Actor):
        need = make_held(session, owner)
        version = need.version
        service.decide(session, staff, need_id=need.id, version=version, publish=False, reasons=["time"])
        with pytest.raises(NotFound):  # returned ones are their owner's again
            service.decide(session, staff, need_id=need.id, version=version, publish=False, reasons=["time"])

    def test_what_the_owner_changed_meanwhile_is_looked_at_again(
        self, session: Session, owner: Actor, staff: Actor
    ):
        need = make_held(session, owner)
        seen = need.version
        edit(session, owner, need, title="补充了一点")
        with pytest.raises(EditConflict):
            service.decide(session, staff, need_id=need.id, version=seen, publish=False, reasons=["time"])

    def test_only_staff_decide(self, session: Session, owner: Actor):
        need = make_held(session, owner)
        with pytest.raises(Forbidden):
            service.decide(
                session, owner, need_id=need.id, version=need.version, publish=True, note_text="我说行"
            )


def test_the_sentence_of_a_visitor_is_kept_masked(session: Session):
    service.keep_sentence(
        session, owner="anon:x", fields=NeedFields(problem="打13812345678，夜班停机", scenario="S08")
    )
    kept = queries.find_started(session, owner="anon:x")
    assert kept is not None
    assert kept.data == {"problem": f"打{marker('phone')}，夜班停机", "scenario": "S08"}


def test_facts_for_matching(session: Session, owner: Actor):
    need = make_whole(session, owner, wanted_by=(clock.today() + timedelta(days=10)).isoformat())
    facts = queries.load_need_facts(session, owner, need.id)
    assert (facts.text, facts.days_max, facts.budget_max_fen) == (PROBLEM, 10, 5_000_000)
    assert facts.conditions["network"] == "yes"
    with pytest.raises(NotFound):
        queries.load_need_facts(session, Actor(), need.id)
