"""Both check digits of 统一社会信用代码, with real codes, known forgeries and made-up ones."""

import csv
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import uscc
from app.core.uscc import UsccError, UsccFault

EXAMPLES = Path(uscc.__file__).parents[1] / "data" / "reference" / "uscc_examples.csv"
VALID = "914403001922038216"


def rows() -> list[dict[str, str]]:
    with EXAMPLES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def faults(text: str) -> list[UsccFault]:
    return [problem.fault for problem in uscc.find_problems(text)]


def test_examples_are_all_there():
    assert [row["uscc_valid"] for row in rows()].count("是") == 9
    assert [row["uscc_valid"] for row in rows()].count("否") == 6


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["code"])
def test_reviewed_examples(row: dict[str, str]):
    code = row["code"]
    assert uscc.is_valid(code) is (row["uscc_valid"] == "是")
    if row["expected_check_char"]:
        assert uscc.code_check_character(code) == row["expected_check_char"]
        assert uscc.organisation_check_character(code[8:16]) == row["expected_org_check"]
        found = faults(code)
        assert (UsccFault.ORGANISATION_CHECK in found) is (row["org_part_valid(GB11714)"] == "否")
        assert (UsccFault.CODE_CHECK in found) is (code[17] != row["expected_check_char"])


def test_parts_of_a_code():
    code = uscc.parse("9150000020286320X6")
    assert (code.authority, code.category, code.region) == ("9", "1", "500000")
    assert code.organisation_code == "20286320X"
    assert not code.is_fictitious


@pytest.mark.parametrize(
    "typed",
    [
        "  914403001922038216\n",
        "9144 0300 1922 0382 16",
        "9144-0300-1922-0382-16",
        "９１４４０３００１９２２０３８２１６",
        "\u200b914403001922038216\ufeff",
    ],
)
def test_what_people_paste_is_understood(typed: str):
    assert uscc.parse(typed).code == VALID


def test_lower_case_is_understood():
    assert uscc.parse("9150000020286320x6").code == "9150000020286320X6"


@pytest.mark.parametrize("typed", ["", "   ", "\u3000"])
def test_nothing_typed(typed: str):
    assert faults(typed) == [UsccFault.EMPTY]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("91440300192203821", "现在是17位，少了1位"),
        ("9144030019220382166", "现在是19位，多了1位"),
        ("500105000012345", "旧的工商注册号"),
        ("192203821", "组织机构代码"),
    ],
)
def test_length_is_said(typed: str, words: str):
    (problem,) = uscc.find_problems(typed)
    assert problem.fault is UsccFault.LENGTH
    assert words in problem.message


def test_letter_o_for_zero_gets_the_repaired_code():
    (problem,) = uscc.find_problems("9144O3001922038216")
    assert problem.fault is UsccFault.CHARACTER
    assert (problem.position, problem.found, problem.expected) == (5, "O", "0")
    assert f"改成 {VALID} 就对了" in problem.message


def test_letter_i_for_one_names_the_digit():
    (problem,) = uscc.find_problems("9I4403001922038210")
    assert "是不是数字 1" in problem.message
    assert "就对了" not in problem.message  # the check digit is wrong as well: no repair is offered


def test_letter_v_names_the_likely_letter():
    (problem,) = uscc.find_problems("91440300192203821V")
    assert "是不是字母 U" in problem.message


def test_a_stranger_is_named_with_its_place():
    (problem,) = uscc.find_problems("9144030019220382中6")
    assert (problem.position, problem.found, problem.expected) == (17, "中", None)


def test_a_stranger_next_to_a_lookalike_offers_no_repair():
    problems = uscc.find_problems("9144O30019220382中6")
    assert [problem.position for problem in problems] == [5, 17]
    assert "就对了" not in problems[0].message


def test_both_failed_checks_are_said_with_what_was_expected():
    with pytest.raises(UsccError) as caught:
        uscc.parse("915000002032881838")
    organisation, code = caught.value.problems
    assert (organisation.position, organisation.found, organisation.expected) == (17, "3", "X")
    assert (code.position, code.found, code.expected) == (18, "8", "J")
    assert "GB 11714" in str(caught.value)
    assert "GB 32100" in str(caught.value)
    assert "应是 X" in str(caught.value)
    assert "应是 J" in str(caught.value)


def test_only_the_last_character_wrong():
    (problem,) = uscc.find_problems("914403001922038217")
    assert problem.fault is UsccFault.CODE_CHECK
    assert "应是 6，现在是 7" in problem.message


@given(st.integers(0, 99_999_999))
def test_made_codes_pass_and_say_that_they_are_made(sequence: int):
    code = uscc.make_code(uscc.FICTITIOUS_REGION, sequence)
    assert uscc.parse(code).is_fictitious


@given(st.integers(0, 99_999_999), st.integers(0, 17), st.sampled_from(uscc.ALPHABET))
def test_every_single_slip_is_caught(sequence: int, index: int, char: str):
    code = uscc.make_code(uscc.FICTITIOUS_REGION, sequence)
    slipped = code[:index] + char + code[index + 1 :]
    assert uscc.is_valid(slipped) is (slipped == code)


@given(st.text(alphabet=string.printable + "中文０１ＡＢ", max_size=40))
def test_no_text_breaks_the_reader(text: str):
    for problem in uscc.find_problems(text):
        assert problem.message


def test_a_university_may_have_another_prefix():
    assert uscc.make_code(uscc.FICTITIOUS_REGION, 7, prefix="12").startswith("12509999")


@pytest.mark.parametrize(
    ("region", "sequence", "prefix"),
    [
        ("50999", 1, "91"),
        ("50999A", 1, "91"),
        ("509999", -1, "91"),
        ("509999", 100_000_000, "91"),
        ("509999", 1, "9"),
        ("509999", 1, "9I"),
    ],
)
def test_impossible_codes_are_not_made(region: str, sequence: int, prefix: str):
    with pytest.raises(ValueError, match=r"region|sequence|prefix"):
        uscc.make_code(region, sequence, prefix=prefix)
