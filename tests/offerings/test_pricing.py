"""Only prices that can be compared are compared; everything else is 需核实 (PRODUCT, house rule 4)."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.offerings.models import PriceMode
from app.offerings.pricing import (
    COUNTED,
    TOTALS,
    cheapest,
    comparable_span,
    entry_text,
    first_year,
    mode_of_label,
    price_text,
)

WAN = 1_000_000


@dataclass(frozen=True)
class Price:
    price_mode: PriceMode = PriceMode.one_off
    price_min_fen: int | None = 3 * WAN
    price_max_fen: int | None = 5 * WAN
    price_unit: str = ""
    price_label: str = ""


amounts = st.integers(0, 10**11)


@given(amounts, amounts, st.sampled_from(list(PriceMode)), st.none() | st.integers(-3, 10**6))
def test_a_number_comes_only_from_a_total_or_a_known_quantity(one, two, mode, quantity):
    found = first_year(Price(mode, min(one, two), max(one, two)), quantity=quantity)
    if mode in TOTALS:
        assert (found.low, found.high, found.reason) == (min(one, two), max(one, two), "")
    elif mode in COUNTED and quantity is not None and 0 < quantity <= 100_000:
        assert (found.low, found.high) == (min(one, two) * quantity, max(one, two) * quantity)
    else:
        assert (found.low, found.high) == (None, None)
        assert found.reason.startswith("需核实")


def test_one_end_stands_for_both_and_none_for_unknown():
    assert first_year(Price(price_max_fen=None)).high == 3 * WAN
    assert first_year(Price(price_min_fen=None)).low == 5 * WAN
    assert first_year(Price(price_min_fen=None, price_max_fen=None)).reason == "需核实：没有标价"


def test_zero_is_a_price():
    free = first_year(Price(price_min_fen=0, price_max_fen=0))
    assert free.known
    assert free.low == 0


def test_the_cheapest_package_that_can_be_compared_speaks():
    per_unit = Price(PriceMode.per_unit, 1, 2, "台")
    dear, cheap = Price(), Price(PriceMode.yearly, WAN, 2 * WAN)
    assert cheapest([per_unit, dear, cheap]).low == WAN
    assert comparable_span([per_unit, dear, cheap]) == (WAN, 5 * WAN)
    assert cheapest([per_unit]).reason == "需核实：按台计价，数量不明"
    assert comparable_span([per_unit]) == (None, None)
    assert cheapest([]).reason == "需核实：没有标价"


def test_how_a_price_reads():
    assert price_text(Price(PriceMode.per_unit, 60_000, 150_000, "台")) == "0.06–0.15 万元，每台"
    assert price_text(Price(PriceMode.other, WAN, WAN, "", "按效果分成")) == "1 万元，按效果分成"
    assert price_text(Price(price_min_fen=None, price_max_fen=None)) == "需核实"
    assert entry_text([Price(), Price(PriceMode.yearly, WAN, 2 * WAN)]) == "1 万元起，每年"
    assert entry_text([Price()]) == "3–5 万元，一次性"
    assert entry_text([]) == "需核实"
    unpriced = Price(price_min_fen=None, price_max_fen=None)
    assert entry_text([unpriced, unpriced]) == "需核实"
    assert entry_text([unpriced, Price(price_min_fen=None)]) == "5 万元起，一次性"


@pytest.mark.parametrize(
    ("label", "mode", "unit"),
    [
        ("一次性", PriceMode.one_off, ""),
        ("年订阅", PriceMode.yearly, ""),
        ("年服务费", PriceMode.yearly, ""),
        ("按项目", PriceMode.project, ""),
        ("按台", PriceMode.per_unit, "台"),
        ("按点位年租", PriceMode.per_unit, "点位"),
        ("按次", PriceMode.per_visit, ""),
        ("一次性加年费", PriceMode.other, ""),
        ("按次或按台", PriceMode.other, ""),
        ("月租", PriceMode.other, ""),
        ("按效果分成", PriceMode.other, ""),
        ("", PriceMode.other, ""),
    ],
)
def test_a_vendors_own_words_are_not_stretched(label, mode, unit):
    assert mode_of_label(label) == (mode, unit)
