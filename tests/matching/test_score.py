"""The parts sum to the score exactly, more favourable evidence never lowers it, and exclusions name their rule."""

import uuid
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.matching import factors
from app.matching.factors import Scene
from app.matching.facts import NeedInput, Wanted
from app.matching.ranking import rank
from app.matching.reading.reader import shipped_reader
from app.matching.score import Score, exclusion, score
from app.matching.understanding import understand
from app.matching.view import tenths
from app.matching.weights import Weights
from app.offerings.conditions import CONDITIONS
from app.offerings.facts import OfferingFacts
from app.offerings.models import PriceMode
from tests.matching.making import WAN, case, offering, package

TEXT = "夜班冲床停了没人知道，五万以内，一个月上线，不停产"
TEXTS = [TEXT, "仓库老是找不到料", "我们是小作坊，二十来个人", "报价慢，插单多，电费高", ""]
CODES = [entry.code for entry in shipped_reader().lexicon.pain_points]


def scene(**scores: int) -> Scene:
    return Scene(Weights(), scores, {}, {})


def wanted(text: str = TEXT, **fields: Any) -> Wanted:
    return understand(NeedInput(text, **fields), shipped_reader())


offerings = st.builds(
    lambda points, industries, days, conditions, low, width, mode, verified, district, cases: offering(
        pain_point_codes=tuple(points),
        scenario_codes=tuple(dict.fromkeys(code[:3] for code in points)),
        industry_codes=tuple(industries),
        go_live_days=days,
        condition_codes=frozenset(conditions),
        packages=(package(low, None if low is None else low + width, price_mode=mode),),
        organisation_verified=verified,
        district_slug=district,
        cases=tuple(case(industry) for industry in cases),
    ),
    st.lists(st.sampled_from(CODES), unique=True, max_size=5),
    st.lists(st.sampled_from(["C33", "C34", "C36", "C3411"]), unique=True, max_size=3),
    st.none() | st.integers(1, 400),
    st.lists(st.sampled_from([item.code for item in CONDITIONS]), unique=True, max_size=6),
    st.none() | st.integers(0, 300 * WAN),
    st.integers(0, 100 * WAN),
    st.sampled_from(list(PriceMode)),
    st.booleans(),
    st.none() | st.sampled_from(["banan", "yubei"]),
    st.lists(st.sampled_from(["C33", "C34", "C14"]), max_size=4),
)
needs = st.builds(
    wanted,
    st.sampled_from(TEXTS),
    industry=st.none() | st.sampled_from(["C33", "C3411", "C14"]),
    district=st.none() | st.just("banan"),
    budget_max_fen=st.none() | st.integers(1, 100 * WAN),
    days_max=st.none() | st.integers(1, 365),
    conditions=st.sampled_from([(), ("no_stop",), ("on_premise", "phone_only"), ("old_machines",)]),
)


@given(needs, offerings, st.none() | st.integers(1, 1000))
def test_the_parts_sum_to_the_score(need: Wanted, facts: OfferingFacts, text: int | None) -> None:
    scores = {} if text is None else {str(facts.id): text}
    found = score(need, facts, scene(**scores))
    assert found.total == sum(part.contribution for part in found.parts)
    assert 0 <= found.total <= 100_000
    assert sum(part.weight for part in found.parts) == 100
    for part in found.parts:
        assert part.contribution == part.weight * (part.value or 0)
        assert bool(part.evidence) == (part.value is not None)  # nothing without evidence
    assert found.evidence_points == sum(part.weight for part in found.parts if part.value is not None)
    assert found.total <= found.evidence_points * 1000
    assert sum(tenths([part.contribution for part in found.parts], found.total)) == (found.total + 50) // 100


def _better(need: Wanted, facts: OfferingFacts, change: str) -> OfferingFacts:
    """The same offering with one thing more in its favour."""
    if change == "verified":
        return replace(facts, organisation_verified=True)
    if change == "district":
        return replace(facts, district_slug=need.district or facts.district_slug)
    if change == "case":
        industry = need.industries[0].code if need.industries else "C33"
        return replace(facts, cases=(*facts.cases, case(industry)))
    if change == "days":
        return replace(facts, go_live_days=max(1, (facts.go_live_days or 2) // 2))
    if change == "price":
        first = facts.packages[0]
        low = first.price_min_fen if first.price_min_fen is not None else WAN
        high = first.price_max_fen if first.price_max_fen is not None else low
        return replace(facts, packages=(replace(first, price_min_fen=low // 2, price_max_fen=high // 2),))
    if change == "scenario":
        code = next(iter(need.scenarios), "S08")
        rest = tuple(item for item in facts.scenario_codes if item != code)
        return replace(facts, scenario_codes=(*facts.scenario_codes[:1], code) if rest else (code,))
    return replace(facts, condition_codes=facts.condition_codes | {"phone_only", "no_line_stop"})


CHANGES = ["verified", "district", "case", "days", "price", "scenario", "condition"]


@given(needs, offerings, st.sampled_from(CHANGES))
def test_more_favourable_evidence_never_lowers_the_score(
    need: Wanted, facts: OfferingFacts, change: str
) -> None:
    before, after = score(need, facts, scene()), score(need, _better(need, facts, change), scene())
    assert after.total >= before.total


def _renormalised(found: Score) -> int:
    return found.total * 100 // found.evidence_points if found.evidence_points else 0


def test_control_a_renormalised_score_would_punish_new_evidence() -> None:
    """What the rule forbids: out of the known points only, one modest new fact lowers a good offering."""
    need = wanted("夜班冲床停了没人知道", district="banan", industry="C34")
    bare = offering()
    more = replace(bare, district_slug="yubei")
    assert score(need, more, scene()).total >= score(need, bare, scene()).total
    assert _renormalised(score(need, more, scene())) < _renormalised(score(need, bare, scene()))


@given(needs, st.lists(offerings, max_size=12), st.integers(1, 10))
def test_ranking_is_stable_and_keeps_its_limits(need: Wanted, facts: list[OfferingFacts], limit: int) -> None:
    one, other = rank(need, facts, scene(), limit=limit), rank(need, reversed(facts), scene(), limit=limit)
    assert [item.offering.id for item in one.items] == [item.offering.id for item in other.items]
    assert len(one.items) <= limit
    assert len(one.excluded) <= 20
    assert sum(one.excluded_counts.values()) >= len(one.excluded)
    shown = {str(item.offering.id) for item in one.items}
    assert all(set(group.ids) <= shown for group in one.groups)
    totals = [item.score.total for item in one.items]
    assert totals == sorted(totals, reverse=True)


class TestExclusions:
    def test_a_budget_that_was_set_excludes_and_says_what_would_help(self) -> None:
        need = wanted("停机没人知道", budget_max_fen=WAN)
        found = exclusion(need, offering(packages=(package(3 * WAN, 5 * WAN),)))
        assert found is not None
        assert (found.rule, found.field, found.value) == ("X-01", "budget_max_wan", "3")
        lifted = wanted("停机没人知道", budget_max_fen=3 * WAN)
        assert exclusion(lifted, offering(packages=(package(3 * WAN, 5 * WAN),))) is None

    def test_a_budget_that_was_only_read_demotes(self) -> None:
        need = wanted("停机没人知道，一万以内")
        dear = offering(packages=(package(3 * WAN, 5 * WAN),))
        assert exclusion(need, dear) is None
        part = next(part for part in score(need, dear, scene()).parts if part.code == "price")
        assert part.demoted
        assert part.value is not None
        assert part.value < 600

    def test_time_that_was_set_excludes(self) -> None:
        found = exclusion(wanted("停机没人知道", days_max=5), offering(go_live_days=9))
        assert found is not None
        assert found.rule == "X-02"
        assert exclusion(wanted("停机没人知道", days_max=9), offering(go_live_days=9)) is None
        assert exclusion(wanted("停机没人知道", days_max=5), offering(go_live_days=None)) is None

    def test_a_stated_condition_excludes_what_cannot_work_with_it(self) -> None:
        need = wanted("停机没人知道，不能停产")
        found = exclusion(need, offering(condition_codes=frozenset({"long_stop"})))
        assert found is not None
        assert (found.rule, found.field, found.value) == ("X-03", "not_conditions", "no_stop")
        struck = wanted("停机没人知道，不能停产", not_conditions=frozenset({"no_stop"}))
        assert exclusion(struck, offering(condition_codes=frozenset({"long_stop"}))) is None


class TestPrices:
    @pytest.mark.parametrize("mode", [PriceMode.other, PriceMode.per_visit, PriceMode.per_unit])
    def test_what_cannot_be_compared_is_no_data(self, mode: PriceMode) -> None:
        need = wanted("停机没人知道", budget_max_fen=WAN)
        facts = offering(packages=(package(50 * WAN, 90 * WAN, price_mode=mode, price_unit="点位"),))
        assert exclusion(need, facts) is None
        assert factors.price(need, facts, scene()) is None

    def test_a_price_per_machine_counts_when_the_machines_are_known(self) -> None:
        facts = offering(packages=(package(WAN, WAN, price_mode=PriceMode.per_unit, price_unit="台"),))
        need = wanted("六台冲床停了没人知道，十万以内")
        value = factors.price(need, facts, scene())
        assert value is not None
        assert value.per_mille == 1000
        assert factors.price(wanted("停机没人知道，十万以内"), facts, scene()) is None

    def test_without_a_budget_there_is_nothing_to_compare(self) -> None:
        assert factors.price(wanted("停机没人知道"), offering(), scene()) is None


def test_industry_counts_by_distance_and_never_excludes() -> None:
    need = wanted("停机没人知道", industry="C3411")
    values = [
        factors.industry(need, offering(industry_codes=codes), scene())
        for codes in (("C3411",), ("C341",), ("C34",), ("C36",), ())
    ]
    same, group, division, other, any_industry = [value.per_mille for value in values if value is not None]
    assert same >= group >= division > any_industry > other == 0


def test_weights_that_do_not_sum_to_100_are_refused() -> None:
    with pytest.raises(ValueError, match="100"):
        Weights({**Weights().points, "text": 99})


def test_ties_fall_by_id() -> None:
    twins = [offering(id=uuid.UUID(int=number)) for number in (3, 1, 2)]
    found = rank(wanted("停机没人知道"), twins, scene(), limit=10)
    assert [item.offering.id.int for item in found.items] == [1, 2, 3]
