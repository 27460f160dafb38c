"""小 快 轻 准: never a pass without evidence, and every figure from a parameter."""

import uuid
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.offerings.conditions import BY_CODE, codes_of, describe
from app.offerings.facts import CaseFacts, ComponentFacts, OfferingFacts, PackageFacts
from app.offerings.models import ComponentType, OfferingKind, PriceMode
from app.offerings.xkqz import Letter, Thresholds, Verdict, letters

WAN = 1_000_000
RULES = Thresholds(20 * WAN, 5 * WAN, 30, 3, 2)
CASE = CaseFacts("示例注塑厂", "C29", "S08", "月停机", "46", "12", "小时", confirmed=True)
PACKAGE = PackageFacts("基本版", PriceMode.one_off, "", "", 3 * WAN, 6 * WAN, ())
NOTHING = OfferingFacts(
    id=uuid.UUID(int=1),
    kind=OfferingKind.solution,
    title="示例",
    summary="",
    body="",
    product_class=None,
    service_class=None,
    scenario_codes=(),
    pain_point_codes=(),
    industry_codes=(),
    go_live_days=None,
    training_days=None,
    prerequisites=(),
    condition_codes=frozenset(),
    exit_terms="",
    packages=(),
    cases=(),
    price_from_fen=None,
    price_to_fen=None,
    price_text="需核实",
    organisation_id=uuid.UUID(int=2),
    organisation_name="示例",
    organisation_verified=True,
    district_slug=None,
    vendor_kind="",
    origin="entered",
    version=1,
    doc_version=1,
    listed_at=None,
)
FULL = replace(
    NOTHING,
    scenario_codes=("S08",),
    pain_point_codes=("S08-1",),
    industry_codes=("C29",),
    go_live_days=2,
    condition_codes=frozenset({"cloud", "no_line_stop"}),
    packages=(PACKAGE,),
    cases=(CASE, CASE),
    price_text="3–6 万元，一次性",
)


def of(facts: OfferingFacts, letter: str) -> Letter:
    return next(item for item in letters(facts, RULES) if item.letter == letter)


def test_without_statements_nothing_passes_and_only_general_use_fails():
    found = {item.letter: item.verdict for item in letters(NOTHING, RULES)}
    assert found == {
        "小": Verdict.unknown,
        "快": Verdict.unknown,
        "轻": Verdict.unknown,
        "准": Verdict.failed,
    }
    assert all(item.promise is None for item in letters(NOTHING, RULES))


def test_with_evidence_all_pass_in_their_order():
    found = letters(FULL, RULES)
    assert [item.letter for item in found] == ["小", "快", "轻", "准"]
    assert {item.verdict for item in found} == {Verdict.passed}
    assert of(FULL, "快").rows[1].text == "未填"


@pytest.mark.parametrize(
    ("letter", "change", "verdict"),
    [
        ("小", {"scenario_codes": ("S08", "S09")}, Verdict.failed),
        ("小", {"packages": (replace(PACKAGE, price_max_fen=20 * WAN),)}, Verdict.passed),
        ("小", {"packages": (replace(PACKAGE, price_max_fen=20 * WAN + 1),)}, Verdict.failed),
        ("小", {"packages": (replace(PACKAGE, price_mode=PriceMode.per_unit),)}, Verdict.unknown),
        (
            "小",
            {
                "packages": (
                    replace(PACKAGE, components=(ComponentFacts(ComponentType.licence, "许可", 6 * WAN),)),
                )
            },
            Verdict.failed,
        ),
        ("快", {"go_live_days": 30}, Verdict.passed),
        ("快", {"go_live_days": 31}, Verdict.failed),
        ("快", {"training_days": 4}, Verdict.failed),
        ("快", {"go_live_days": None, "training_days": 1}, Verdict.unknown),
        ("轻", {"condition_codes": frozenset({"cloud"})}, Verdict.unknown),
        ("轻", {"condition_codes": frozenset({"phone_only"})}, Verdict.passed),
        ("轻", {"condition_codes": frozenset({"cloud", "long_stop"})}, Verdict.failed),
        ("轻", {"condition_codes": frozenset({"own_server", "no_line_stop"})}, Verdict.failed),
        ("准", {"cases": (CASE,)}, Verdict.unknown),
        ("准", {"cases": (CASE, replace(CASE, confirmed=False))}, Verdict.unknown),
        ("准", {"cases": (CASE, replace(CASE, effect_before=""))}, Verdict.unknown),
        ("准", {"industry_codes": ()}, Verdict.failed),
        ("准", {"pain_point_codes": ()}, Verdict.unknown),
    ],
)
def test_each_rule_at_its_edge(letter, change, verdict):
    assert of(replace(FULL, **change), letter).verdict is verdict


def test_thresholds_are_parameters():
    stricter = replace(RULES, go_live_days_max=1, cases_min=3)
    found = {item.letter: item.verdict for item in letters(FULL, stricter)}
    assert found["快"] is Verdict.failed
    assert found["准"] is Verdict.unknown


@given(
    st.sets(st.sampled_from(sorted(BY_CODE))),
    st.none() | st.integers(0, 400),
    st.lists(st.booleans(), max_size=4),
)
def test_a_pass_always_rests_on_passed_rows(codes, days, confirmed):
    facts = replace(
        FULL,
        condition_codes=frozenset(codes),
        go_live_days=days,
        cases=tuple(replace(CASE, confirmed=item) for item in confirmed),
    )
    for item in letters(facts, RULES):
        assert item.rows
        if item.verdict is Verdict.passed:
            assert all(row.verdict is Verdict.passed for row in item.rows if row.needed)
        assert (item.verdict is Verdict.failed) == any(row.verdict is Verdict.failed for row in item.rows)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("手机即可", ["phone_only"]),
        ("需能上网", ["internet"]),
        ("需自备服务器", ["own_server"]),
        ("需GPU服务器或上云", []),
        ("不需要服务器", ["no_server"]),
        ("可不改设备", ["no_retrofit"]),
        ("需停机半天安装", ["short_stop"]),
        ("需停机2天", ["long_stop"]),
        ("需停机1天", []),
        ("不停产安装", ["no_line_stop"]),
        ("需已有ERP", ["existing_system"]),
        ("需提供电费账单", []),
        ("设备需带载运行", []),
    ],
)
def test_only_what_a_text_states_plainly_is_read_from_it(text, codes):
    assert codes_of([text]) == codes
    assert len(describe(codes)) == len(codes)
