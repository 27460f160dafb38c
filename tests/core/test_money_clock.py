from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import clock, money


@given(st.integers(min_value=0, max_value=money.MAX_FEN))
def test_what_is_shown_can_be_typed_again(fen: int) -> None:
    assert money.wan_to_fen(money.fen_to_wan(fen)) == fen


@pytest.mark.parametrize(
    ("typed", "fen"),
    [("3.5", 3_500_000), ("0", 0), (" 1,200 ", 1_200_000_000), ("0.000001", 1), (Decimal(12), 12_000_000)],
)
def test_wan_to_fen(typed: str | Decimal, fen: int) -> None:
    assert money.wan_to_fen(typed) == fen


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("abc", "数字"),
        ("", "数字"),
        ("NaN", "数字"),
        ("-1", "负"),
        ("0.0000001", "分"),
        ("99999999999", "单位"),
        ("1e999999", "单位"),
    ],
)
def test_wan_to_fen_says_why(typed: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        money.wan_to_fen(typed)


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [
        (None, None, "需核实"),
        (4_000_00_00, 4_000_00_00, "40 万元"),
        (400_000, 1_200_000, "0.4–1.2 万元"),
        (1_000_000, None, "1 万元起"),
        (None, 1_000_000, "1 万元以内"),
    ],
)
def test_format_range(low: int | None, high: int | None, shown: str) -> None:
    assert money.format_range(low, high) == shown


def test_the_city_sees_its_own_day() -> None:
    with clock.frozen(datetime(2026, 11, 23, 16, 30, tzinfo=UTC)):
        assert clock.today() == date(2026, 11, 24)
        assert clock.cn_datetime(clock.now()) == "2026年11月24日 00:30"
        assert clock.cn_ago(clock.now() - timedelta(hours=3)) == "3 小时前"
        assert clock.cn_ago(clock.now()) == "刚刚"
    assert clock.cn_date(None) == "—"


def test_a_naive_clock_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"), clock.frozen(datetime(2026, 1, 1)):  # noqa: DTZ001
        pass
