"""What a factory owner's words are read as, shown with the words it was read from, and never a failure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.matching.facts import NeedInput
from app.matching.reading.lexicon import load_lexicon
from app.matching.reading.reader import LONGEST_TEXT, shipped_reader
from app.matching.reading.types import Reading, Source
from app.matching.understanding import understand


def read(text: str) -> Reading:
    return shipped_reader().read(text)


def codes(reading: Reading) -> list[str]:
    return [point.code for point in reading.pain_points]


@pytest.mark.parametrize(
    "words", ["不想停产", "不愿停产", "不能停线", "生产不能停", "不想停机", "产线停不得", "不敢停产"]
)
def test_every_way_of_saying_that_production_goes_on_is_the_condition(words: str) -> None:
    assert "no_stop" in {condition.code for condition in read(f"冲床想加装监测，{words}").conditions}


def test_work_without_a_pause_is_no_condition() -> None:
    assert "no_stop" not in {condition.code for condition in read("三台冲床不停工作，电费很高").conditions}


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("夜班冲床停了没人知道，早上才发现", "S08-1"),
        ("报个价要三天，单子都跑了", "S03-1"),
        ("急单一插，车间计划全乱", "S05-2"),
        ("月底一张电费单，不知道花在哪台设备上", "S10-1"),
        ("師傅明年要退休，配方只有他曉得", "S02-1"),
        ("ＡＰＳ", "S05-1"),
        ("cangku zhao liao yao ban tian, zhi you lao cangguan zhidao", "S12-2"),
        ("customers ask for our carbon footprint data", "S10-6"),
    ],
)
def test_plain_words_find_their_trouble(text: str, first: str) -> None:
    reading = read(text)
    assert codes(reading)[0] == first
    assert reading.scenario is not None
    assert reading.scenario.code == first[:3]


def test_several_troubles_are_shown_with_their_own_words() -> None:
    reading = read("招不到人，老师傅又要退休，电费还一直涨")
    assert {"S14-3", "S02-1", "S10-1"} <= set(codes(reading))
    for point in reading.pain_points:
        assert point.span is not None
        assert point.span.of(reading.text) in reading.text
        assert 0 < point.confidence < 1000


def test_contacts_are_masked_before_reading() -> None:
    reading = read("仓库老是找不到料，打我13900000000，厂在XX工业园3栋2楼")
    assert "13900000000" not in reading.text
    assert reading.masked == ("address", "phone")
    assert "S12-2" in codes(reading)


def test_conditions_and_figures_keep_their_words() -> None:
    reading = read("冲床停了没人知道，五万以内，一个月上线，不能停产，老设备没接口")
    assert {condition.code for condition in reading.conditions} >= {"no_stop", "old_machines"}
    budget = reading.quantity("budget_max_fen")
    assert budget is not None
    assert (budget.value, budget.text) == (5_000_000, "五万")


@pytest.mark.parametrize(
    "text", ["", "   ", "？？？", "123456", "哈哈哈哈哈", "你好", "こんにちは", "Привет", "a" * 3000]
)
def test_junk_reads_as_nothing(text: str) -> None:
    reading = read(text)
    assert reading.pain_points == ()
    assert reading.weights == {}


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("我家空调不制冷了，找谁修", "out_of_scope"),
        ("政府补贴能拿多少", "policy"),
        ("帮我诊断一下我们厂", "diagnose"),
        ("别个厂都在搞，我们是不是也该搞", "bandwagon"),
        ("我们达不达得到二级，要做水平评测吗", "level_assessment"),
    ],
)
def test_questions_are_no_troubles(text: str, topic: str) -> None:
    reading = read(text)
    assert reading.has(topic)
    assert reading.pain_points == ()


@given(st.text(max_size=400))
def test_any_text_is_read_without_failing(text: str) -> None:
    reading = read(text)
    assert sum(reading.weights.values()) <= 1100
    for point in reading.pain_points:
        if point.span:
            assert 0 <= point.span.start < point.span.end <= len(reading.text)


def test_a_very_long_text_is_cut_and_still_read() -> None:
    reading = read("图纸版本老是搞混，做出来的都是废品。" * 200)
    assert len(reading.text) <= LONGEST_TEXT
    assert codes(reading)[0] == "S01-1"


def test_reading_is_the_same_every_time() -> None:
    text = "插单多，料不齐，客户催货答不上来"
    assert read(text) == read(text)
    assert read(text).lexicon_version == load_lexicon().version


class TestCorrections:
    TEXT = "招不到人，老师傅又要退休，电费还一直涨，五万以内，不停产"

    def wanted(self, **fields):
        return understand(NeedInput(self.TEXT, **fields), shipped_reader())

    def test_a_struck_out_trouble_is_gone_and_the_rest_grows(self) -> None:
        before, after = self.wanted(), self.wanted(not_pain_points=frozenset({"S02-1"}))
        assert "S02-1" in before.pain_points
        assert "S02-1" not in after.pain_points
        assert "S02-1" not in codes(after.reading)
        assert after.reading.weights["S14-3"] >= before.reading.weights["S14-3"]

    def test_a_struck_out_scenario_takes_its_troubles_along(self) -> None:
        after = self.wanted(not_scenarios=frozenset({"S10"}))
        assert not any(code.startswith("S10") for code in after.pain_points)
        assert "S10" not in after.scenarios

    def test_a_field_wins_over_the_text(self) -> None:
        after = self.wanted(budget_max_fen=7_000_000, scenario="S10", days_max=20)
        assert after.budget is not None
        assert (after.budget.value, after.budget.source) == (7_000_000, Source.FIELD)
        assert list(after.scenarios) == ["S10"]
        assert after.days is not None
        assert after.days.source is Source.FIELD

    def test_struck_out_figures_and_conditions_are_gone(self) -> None:
        after = self.wanted(
            not_quantities=frozenset({"budget_max_fen"}), not_conditions=frozenset({"no_stop"})
        )
        assert after.budget is None
        assert after.conditions == ()

    def test_a_chosen_trouble_outranks_what_was_read(self) -> None:
        after = self.wanted(pain_points=("S12-2",))
        assert after.pain_points["S12-2"].fit == 1000
        assert all(wish.fit <= 400 for code, wish in after.pain_points.items() if code != "S12-2")

    def test_unknown_codes_are_ignored(self) -> None:
        after = self.wanted(pain_points=("S99-9",), conditions=("nonsense",), scenario="S77")
        assert "S99-9" not in after.pain_points
        assert all(condition.code != "nonsense" for condition in after.conditions)
