"""Money, days and counts are read as said, and nothing is guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.matching.reading.quantities import find_figures, number_of
from search.analysis.normalise import normalise

WAN = 1_000_000


def read(text: str) -> dict[str, int]:
    return {figure.key: figure.value for figure in find_figures(normalise(text))}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20万以内", {"budget_max_fen": 20 * WAN}),
        ("三五万能搞定", {"budget_min_fen": 3 * WAN, "budget_max_fen": 5 * WAN}),
        ("不超过8000块", {"budget_max_fen": 800_000}),
        ("预算3到5万", {"budget_min_fen": 3 * WAN, "budget_max_fen": 5 * WAN}),
        ("两万五的预算", {"budget_max_fen": 2_500_000}),
        ("最多两万半", {"budget_max_fen": 2_500_000}),
        ("十五六万以内", {"budget_min_fen": 15 * WAN, "budget_max_fen": 16 * WAN}),
        ("1.5w以内", {"budget_max_fen": 1_500_000}),
        ("一个月上线", {"days_max": 30}),
        ("两周内装好", {"days_max": 14}),
        ("半个月能用上", {"days_max": 15}),
        ("一个半月内", {"days_max": 45}),
        ("要求三十天内上线", {"days_max": 30}),
        ("六台冲床，一百二十个工人", {"machines": 6, "people": 120}),
        ("二十来个人", {"people": 20}),
    ],
)
def test_what_is_said_is_read(text: str, expected: dict[str, int]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "春节前弄好",
        "赔了八万",
        "一年欠了五百万",
        "合同金额不低于20万元",
        "超过20万就不搞",
        "交期是18号，我们26号才交",
        "上个月做了三万件",
        "一家要六十八万，一家要二十五万",
        "三月上线",
        "去年花了五万多",
        "这个月内来了三次",
    ],
)
def test_what_is_no_limit_is_left_alone(text: str) -> None:
    assert read(text) == {}


@given(st.integers(min_value=1, max_value=9_999))
def test_numbers_in_figures_are_exact(value: int) -> None:
    assert number_of(str(value)) == value
    assert read(f"预算{value}万以内") == {"budget_max_fen": value * WAN}


@given(st.text(alphabet="0123456789一二三十百千万两半.到-点以内预算天月周年个", max_size=60))
def test_any_heap_of_numerals_is_survived(text: str) -> None:
    for figure in find_figures(normalise(text)):
        assert figure.value > 0
        assert 0 <= figure.start < figure.end <= len(normalise(text))
