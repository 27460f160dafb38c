"""Case numbers: every wrong digit and every swap of neighbours is caught."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.needs import case_number

years = st.integers(2000, 2999)
sequences = st.integers(1, 9_999_999)


def holds(number: str) -> bool:
    try:
        case_number.parse(number)
    except ValueError:
        return False
    return True


def digits_of(number: str) -> list[int]:
    return [position for position, char in enumerate(number) if char.isdigit()]


def test_the_number_of_the_specification_holds():
    assert case_number.make(2026, 123) == "FN-2026-000123-7"
    assert holds("FN-2026-000123-7")
    assert case_number.parse("FN-2026-000123-7") == case_number.CaseNumber(2026, 123)


@given(years, sequences)
def test_a_number_reads_back_as_what_it_was_made_from(year: int, sequence: int):
    assert case_number.parse(case_number.make(year, sequence)) == case_number.CaseNumber(year, sequence)


@given(years, sequences)
def test_every_wrong_digit_is_caught(year: int, sequence: int):
    number = case_number.make(year, sequence)
    for position in digits_of(number):
        for digit in "0123456789":
            if digit != number[position]:
                assert not holds(number[:position] + digit + number[position + 1 :])


@given(years, sequences)
def test_every_swap_of_neighbours_is_caught(year: int, sequence: int):
    number = case_number.make(year, sequence)
    places = digits_of(number)
    for left, right in itertools.pairwise(places):
        if number[left] != number[right]:
            chars = list(number)
            chars[left], chars[right] = chars[right], chars[left]
            assert not holds("".join(chars))


@pytest.mark.parametrize(
    "typed",
    [
        "fn-2026-000123-7",
        " FN 2026 000123 7 ",
        "ＦＮ－２０２６－０００１２３－７",
        "FN20260001237",
        "FN—2026—000123—7",
    ],
)
def test_a_number_is_read_as_people_type_it(typed: str):
    assert str(case_number.parse(typed)) == "FN-2026-000123-7"


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "样子"),
        ("FN-2026-123-7", "样子"),
        ("XX-2026-000123-7", "样子"),
        ("FN-2026-000123-8", "抄错"),
        ("FN-2026-000124-7", "抄错"),
        (f"FN-2026-000000-{case_number.check_digit('2026000000')}", "没有"),
        (f"FN-2026-0000123-{case_number.check_digit('20260000123')}", "没有"),
        (f"FN-0026-000123-{case_number.check_digit('0026000123')}", "没有"),
        ("FN-2026-00012٣-7", "样子"),
        ("FN-2026-000123-7" * 50, "样子"),
    ],
)
def test_what_is_no_number_is_refused_with_a_reason(typed: str, reason: str):
    with pytest.raises(ValueError, match=reason):
        case_number.parse(typed)


@pytest.mark.parametrize(("year", "sequence"), [(999, 1), (10_000, 1), (2026, 0), (2026, 10**9)])
def test_nothing_is_made_outside_the_range(year: int, sequence: int):
    with pytest.raises(ValueError, match="no case number"):
        case_number.make(year, sequence)
