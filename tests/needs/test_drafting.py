"""Beginning a need and writing on it: place and trade, masking, conflicts, autosave."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.core import clock, drafts
from app.core.errors import Conflict, EditConflict, Forbidden, Invalid, NotFound
from app.core.masking import marker
from app.core.parameters import ParameterRow
from app.core.permissions import Actor
from app.needs import case_number, masking, queries, rule, service
from app.needs.models import NeedState
from app.needs.schemas import NeedFields
from app.organisations.models import Organisation
from tests.factories.accounts import actor_of, make_user
from tests.factories.needs import (
    PROBLEM,
    WHOLE,
    audit_names,
    edit,
    make_draft,
    make_whole,
)

pytestmark = pytest.mark.parametrize("backend", ["sqlite", "postgres"])


def test_a_draft_takes_its_place_and_trade_from_the_organisation(
    session: Session, owner: Actor, organisation: Organisation
):
    need = make_draft(session, owner)
    assert (need.state, need.district_slug, need.industry_code) == (NeedState.draft, "banan", "C34")
    assert need.title == "夜班冲床停了没人发现，早上接班才知道"
    assert case_number.parse(need.case_number).year == clock.today().year
    assert audit_names(session, need) == ["needs.need.started"]


def test_numbers_follow_one_another(session: Session, owner: Actor):
    first, second = (case_number.parse(make_draft(session, owner).case_number) for _ in range(2))
    assert second.sequence == first.sequence + 1


def test_what_was_read_wrongly_is_dropped_what_was_chosen_wrongly_is_refused(session: Session, owner: Actor):
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


def test_names_are_taken_for_codes(session: Session, owner: Actor):
    need = edit(session, owner, make_draft(session, owner), industry="C13", district="渝中区")
    assert (need.industry_code, need.district_slug) == ("C13", "yuzhong")


def test_nobody_drafts_without_an_organisation_and_staff_never(session: Session, staff: Actor):
    person = actor_of(make_user(session))
    with pytest.raises(Conflict):
        make_draft(session, person)
    with pytest.raises(Forbidden):
        make_draft(session, staff)


def test_drafts_are_bounded(session: Session, owner: Actor):
    session.add(
        ParameterRow(id=uuid.uuid4(), key=rule.MOST_DRAFTS, valid_from=clock.today(), value=1, author_id=None)
    )
    make_draft(session, owner)
    with pytest.raises(Conflict, match="1 份草稿"):
        make_draft(session, owner)


def test_contact_details_never_reach_the_table(session: Session, owner: Actor):
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
    session: Session, owner: Actor, organisation: Organisation
):
    text = f"我们{organisation.name}夜班冲床停机没人知道"
    hidden = make_draft(session, owner, problem=text)
    assert organisation.name not in hidden.problem
    assert masking.NAME in hidden.masked
    shown = make_draft(session, owner, problem=text, hide_name=False)
    assert organisation.name in shown.problem
    assert organisation.name not in edit(session, owner, shown, hide_name=True).problem


def test_a_newer_edit_is_not_run_over(session: Session, owner: Actor):
    need = make_draft(session, owner)
    seen = need.version
    edit(session, owner, need, title="别人写的标题")
    with pytest.raises(EditConflict) as conflict:
        service.update_need(
            session, owner, need_id=need.id, version=seen, fields=NeedFields(title="我写的标题")
        )
    assert conflict.value.theirs == {"title": "别人写的标题"}


def test_the_same_form_sent_twice_is_no_conflict(session: Session, owner: Actor):
    need = make_draft(session, owner)
    fields = NeedFields.model_validate({"title": "同一份", "baselines": WHOLE["baselines"]})
    first = service.update_need(session, owner, need_id=need.id, version=1, fields=fields)
    again = service.update_need(session, owner, need_id=need.id, version=1, fields=fields)
    assert (first.version, again.version) == (2, 2)


def test_figures_come_and_go_in_place(session: Session, owner: Actor):
    need = make_whole(session, owner)
    need = edit(session, owner, need, baselines=[{"metric": "返工", "value": "2", "unit": "次"}])
    session.expire_all()
    assert [row.metric for row in queries.get_need(session, owner, need.id).baselines] == ["返工"]
    edit(session, owner, queries.get_need(session, owner, need.id), baselines=WHOLE["baselines"])
    session.expire_all()
    rows = queries.get_need(session, owner, need.id).baselines
    assert [(row.position, row.value) for row in rows] == [(0, "9"), (1, "60"), (2, "4")]


def test_half_a_budget_is_checked_against_the_other_half(session: Session, owner: Actor):
    need = make_whole(session, owner)
    with pytest.raises(Invalid):
        edit(session, owner, need, budget_min_fen=9_000_000)


def test_the_newest_autosave_wins_and_is_masked(session: Session, owner: Actor):
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


def test_deep_and_long_input_is_cut(session: Session, owner: Actor):
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
