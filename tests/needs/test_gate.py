"""The quality gate, line by line."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.needs.conditions import BY_CODE, CONDITIONS, UNKNOWN, describe, is_answer
from app.needs.gate import FULL, Figure, GateFacts, GateRule, Verdict, evaluate
from tests.factories.needs import PROBLEM

TODAY = date(2026, 11, 23)
RULE = GateRule()
NUMBER, BARE, UNCOUNTED = Figure(True, True), Figure(True, False), Figure(False, False)
WAN = 1_000_000
WHOLE = {
    "problem": PROBLEM,
    "figures": (NUMBER, NUMBER, NUMBER),
    "budget_min_fen": 3 * WAN,
    "budget_max_fen": 5 * WAN,
    "has_fund_source": True,
    "wanted_days": 30,
    "has_urgency": True,
    "conditions": {"can_stop_line": "no", "network": "no", "server": "no", "operators": "no"},
}


def points(code: str, **facts: Any) -> int:
    return evaluate(GateFacts(**{"today": TODAY, **facts}), RULE).line(code).points


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        ("", 0),
        ("   \n", 0),
        ("救命", 0),
        ("啊啊啊啊啊啊啊啊啊啊啊啊", 0),
        ("。。。！！！？？？……", 0),
        ("［电话已隐去］", 0),
        ("asdfghjkl", 1),
        ("帮忙看看怎么弄才好呀", 1),
        ("冲床停机", 0),
        ("冲床停机了没人发现", 2),
        ("夜班冲床停了没人发现", 4),
        (PROBLEM, 5),
    ],
)
def test_the_trouble(problem: str, expected: int):
    assert points("problem", problem=problem) == expected


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ((), 0),
        ((UNCOUNTED,), 1),
        ((UNCOUNTED, UNCOUNTED, UNCOUNTED), 1),
        ((BARE,), 1),
        ((NUMBER,), 2),
        ((NUMBER, UNCOUNTED), 2),
        ((NUMBER, BARE), 3),
        ((NUMBER, NUMBER), 4),
        ((NUMBER, NUMBER, BARE), 5),
        ((NUMBER,) * 5, 5),
    ],
)
def test_the_baseline(figures: tuple[Figure, ...], expected: int):
    assert points("baseline", figures=figures) == expected


@pytest.mark.parametrize(
    ("low", "high", "source", "expected"),
    [
        (None, None, False, 0),
        (None, None, True, 2),
        (3 * WAN, None, False, 1),
        (None, 5 * WAN, False, 2),
        (3 * WAN, 5 * WAN, False, 3),
        (1 * WAN, 5 * WAN, True, 5),
        (1 * WAN, 6 * WAN, True, 4),
        (0, 5 * WAN, True, 4),
        (0, 0, True, 5),
    ],
)
def test_the_budget(low: int | None, high: int | None, source: bool, expected: int):
    assert points("budget", budget_min_fen=low, budget_max_fen=high, has_fund_source=source) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, 0),
        ({"has_urgency": True}, 2),
        ({"wanted_days": 30}, 4),
        ({"wanted_by": TODAY}, 4),
        ({"wanted_by": date(2027, 1, 31), "has_urgency": True}, 5),
        ({"wanted_by": date(2026, 11, 22)}, 0),
        ({"wanted_by": date(2026, 11, 22), "has_urgency": True}, 2),
        ({"wanted_by": date(2026, 11, 22), "wanted_days": 30}, 4),
    ],
)
def test_the_time(facts: dict[str, Any], expected: int):
    assert points("time", **facts) == expected


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        (None, 0),
        ({}, 0),
        ({"can_stop_line": "no"}, 2),
        ({"can_stop_line": "no", "network": "no"}, 3),
        ({"machine_interface": UNKNOWN, "cabinet_space": UNKNOWN}, 0),
        ({"network": "yes", "server": "no", "data_may_leave": "no", "operators": "yes"}, 4),
        ({item.code: item.options[0][0] for item in CONDITIONS}, 5),
        ({"unheard_of": "yes"}, 0),
    ],
)
def test_the_conditions(conditions: dict[str, str] | None, expected: int):
    assert points("conditions", conditions=conditions) == expected


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, Verdict.publish),
        ({"conditions": {}}, Verdict.hold),  # 20 points, but one line at zero
        ({"figures": (UNCOUNTED,), "has_fund_source": False, "wanted_days": None}, Verdict.publish),
        (
            {
                "figures": (UNCOUNTED,),
                "has_fund_source": False,
                "wanted_days": None,
                "conditions": {"server": "no"},
            },
            Verdict.hold,  # 12 points, none at zero
        ),
        ({"problem": ""}, Verdict.refuse),  # 20 points about nothing
    ],
)
def test_the_verdict(changed: dict[str, Any], verdict: Verdict):
    result = evaluate(GateFacts(**{"today": TODAY, **WHOLE, **changed}), RULE)
    assert result.verdict is verdict
    assert result.full == 25


def test_the_threshold_is_a_parameter():
    facts = GateFacts(**{"today": TODAY, **WHOLE, "figures": (NUMBER,)})
    assert evaluate(facts, GateRule(publish_from=22)).verdict is Verdict.publish
    assert evaluate(facts, GateRule(publish_from=23)).verdict is Verdict.hold
    assert evaluate(facts, GateRule(publish_from=25, hold_from=23)).verdict is Verdict.refuse


def test_the_best_hint_comes_first_and_a_full_line_has_none():
    empty = evaluate(GateFacts(today=TODAY), RULE)
    assert all(line.first is not None for line in empty.lines)
    assert empty.line("time").first is not None
    assert empty.line("time").first.gain == 4
    assert empty.zeros == empty.lines
    full = evaluate(GateFacts(**{"today": TODAY, **WHOLE}), RULE)
    assert [line.first for line in full.lines] == [None] * 5
    assert all(line.good for line in full.lines)


figures = st.lists(st.sampled_from([NUMBER, BARE, UNCOUNTED]), max_size=5).map(tuple)
fen = st.none() | st.integers(0, 10**9)


@given(
    st.text(max_size=60) | st.just(PROBLEM),
    figures,
    fen,
    fen,
    st.booleans(),
    st.none() | st.dates(),
    st.none() | st.integers(1, 1000),
    st.booleans(),
    st.dictionaries(st.sampled_from(sorted(BY_CODE)), st.sampled_from(["yes", "no", UNKNOWN])),
)
def test_points_and_hints_agree(
    problem: str,
    given_figures: tuple[Figure, ...],
    low: int | None,
    high: int | None,
    source: bool,
    wanted_by: date | None,
    wanted_days: int | None,
    urgency: bool,
    conditions: dict[str, str],
):
    """A line has 0–5 points; less than five always says how to gain, and never promises more than is missing."""
    facts = GateFacts(
        problem, given_figures, low, high, source, wanted_by, wanted_days, urgency, conditions, TODAY
    )
    result = evaluate(facts, RULE)
    for line in result.lines:
        assert 0 <= line.points <= FULL
        assert (line.points == FULL) == (not line.hints)
        assert all(1 <= hint.gain <= FULL - line.points for hint in line.hints)
    assert result.total == sum(line.points for line in result.lines)


@given(st.data())
def test_more_answers_never_cost_points(data: st.DataObject):
    answers = {item.code: data.draw(st.sampled_from(item.options))[0] for item in CONDITIONS}
    kept = data.draw(st.sets(st.sampled_from(sorted(answers))))
    assert points("conditions", conditions={code: answers[code] for code in kept}) <= points(
        "conditions", conditions=answers
    )


def test_what_a_hint_promises_comes_true():
    """Following a line's best hint raises it by exactly the promised points."""
    before = {"problem": PROBLEM, "figures": (NUMBER,), "budget_max_fen": 5 * WAN, "has_urgency": True}
    after = {
        "baseline": {"figures": (NUMBER, NUMBER)},
        "budget": {"has_fund_source": True},
        "time": {"wanted_days": 20},
        "conditions": {"conditions": {"can_stop_line": "yes"}},
    }
    for code, change in after.items():
        line = evaluate(GateFacts(**{"today": TODAY, **before}), RULE).line(code)
        assert line.first is not None
        assert points(code, **{**before, **change}) == line.points + line.first.gain


def test_the_conditions_speak_chinese():
    assert describe({"network": "no", "can_stop_line": "yes"}) == [
        ("安装时能不能停产", "可以停"),
        ("车间有没有网络", "没有"),
    ]
    assert is_answer("network", "no")
    assert not is_answer("network", "perhaps")
    assert not is_answer("weather", "yes")
