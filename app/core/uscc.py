"""Read, check and make 统一社会信用代码 (unified social credit codes).

Two standards meet in one code of 18 characters: GB 32100-2015 defines the whole code and its last
character, GB 11714-1997 the organisation code that stands at positions 9-17 with a check character of its
own. Both are computed here, so a refusal can say which of the two failed and what was expected.

Pure functions of text: no database, no framework.
"""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

LENGTH = 18
# GB 32100-2015, table 1: digits and capital letters without I, O, S, V and Z.
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CODE_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
# GB 11714-1997: the organisation code counts 0-9, A=10 … Z=35.
ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
# No administrative division has this code; everything composed for demonstration uses it.
FICTITIOUS_REGION = "509999"

_IGNORED = frozenset(" \t\r\n\u00a0\u200b\u200c\u200d\u2060\ufeff-_·.")
_LOOKALIKES = {"O": "0", "I": "1", "S": "5", "Z": "2", "V": "U"}


class UsccFault(StrEnum):
    """What is wrong with a code; the value is stable and may be shown to programs."""

    EMPTY = "empty"
    LENGTH = "length"
    CHARACTER = "character"
    ORGANISATION_CHECK = "organisation_check"
    CODE_CHECK = "code_check"


@dataclass(frozen=True)
class Problem:
    """One failed check: a Chinese sentence for the user and the facts behind it."""

    fault: UsccFault
    message: str
    position: int | None = None
    found: str | None = None
    expected: str | None = None


@dataclass(frozen=True)
class Uscc:
    """A code that passed both checks, taken apart.

    `region` is where the code was *registered* and says nothing about where the enterprise is: many are
    registered at 500000 (the city's own office), and abolished divisions stay in old codes.
    """

    code: str

    @property
    def authority(self) -> str:
        return self.code[0]

    @property
    def category(self) -> str:
        return self.code[1]

    @property
    def region(self) -> str:
        return self.code[2:8]

    @property
    def organisation_code(self) -> str:
        return self.code[8:17]

    @property
    def is_fictitious(self) -> bool:
        return self.region == FICTITIOUS_REGION


class UsccError(ValueError):
    """The text is no valid code; `problems` says why, `str()` is one Chinese message for the field."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("；".join(problem.message for problem in problems) + "。")
        self.problems = problems


def normalise(text: str) -> str:
    """Return the text half-width, upper-case and without spaces, separators and invisible characters."""
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(char for char in folded if char not in _IGNORED)


def code_check_character(body: str) -> str:
    """Return the 18th character (GB 32100-2015) that belongs to the first 17."""
    total = sum(ALPHABET.index(char) * weight for char, weight in zip(body[:17], CODE_WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def organisation_check_character(body: str) -> str:
    """Return the 9th character (GB 11714) that belongs to the first eight of an organisation code."""
    total = sum(
        ORGANISATION_ALPHABET.index(char) * weight
        for char, weight in zip(body[:8], ORGANISATION_WEIGHTS, strict=True)
    )
    remainder = 11 - total % 11
    return {10: "X", 11: "0"}.get(remainder, str(remainder))


def find_problems(text: str) -> tuple[Problem, ...]:
    """Return every failed check of the text, in the order in which a user would mend them; () is valid."""
    code = normalise(text)
    if not code:
        return (Problem(UsccFault.EMPTY, "请填写18位统一社会信用代码，在营业执照右上角"),)
    if len(code) != LENGTH:
        return (_length_problem(code),)
    strangers = tuple(
        _character_problem(code, index) for index, char in enumerate(code) if char not in ALPHABET
    )
    if strangers:
        return strangers
    return tuple(
        problem for problem in (_organisation_problem(code), _code_problem(code)) if problem is not None
    )


def parse(text: str) -> Uscc:
    """Return the code in its normal form; raise UsccError with every failed check otherwise."""
    problems = find_problems(text)
    if problems:
        raise UsccError(problems)
    return Uscc(normalise(text))


def is_valid(text: str) -> bool:
    """Return whether the text is a code that passes both checks."""
    return not find_problems(text)


def make_code(region: str, sequence: int, *, prefix: str = "91") -> str:
    """Return a valid code with the given six-digit region and a running number of at most eight digits.

    For examples and tests only: with FICTITIOUS_REGION nobody real can own the result.
    """
    if len(region) != 6 or not region.isdecimal():
        raise ValueError("a region is six digits")
    if not 0 <= sequence <= 99_999_999:
        raise ValueError("a sequence number has at most eight digits")
    if len(prefix) != 2 or any(char not in ALPHABET for char in prefix):
        raise ValueError("a prefix is the authority and the category, two characters of the alphabet")
    organisation = f"{sequence:08d}"
    body = f"{prefix}{region}{organisation}{organisation_check_character(organisation)}"
    return body + code_check_character(body)


def _length_problem(code: str) -> Problem:
    difference = LENGTH - len(code)
    missing = f"少了{difference}位" if difference > 0 else f"多了{-difference}位"
    hint = ""
    if len(code) == 15:
        hint = "。15位的是旧的工商注册号，请看换发后的营业执照"
    elif len(code) == 9:
        hint = "。9位的是组织机构代码，请填18位的统一社会信用代码"
    return Problem(
        UsccFault.LENGTH,
        f"统一社会信用代码是18位，现在是{len(code)}位，{missing}{hint}",
        found=str(len(code)),
        expected=str(LENGTH),
    )


def _character_problem(code: str, index: int) -> Problem:
    char = code[index]
    likely = _LOOKALIKES.get(char)
    if likely is None:
        message = (
            f"第{index + 1}位“{char}”不会出现在统一社会信用代码里，只用数字和大写字母（没有 I、O、S、V、Z）"
        )
        return Problem(UsccFault.CHARACTER, message, index + 1, char)
    kind = "数字" if likely.isdigit() else "字母"
    message = f"第{index + 1}位不会是字母 {char}，是不是{kind} {likely}"
    repaired = "".join(_LOOKALIKES.get(each, each) for each in code)
    if all(each in ALPHABET for each in repaired) and is_valid(repaired):
        message += f"？改成 {repaired} 就对了"
    return Problem(UsccFault.CHARACTER, message, index + 1, char, likely)


def _organisation_problem(code: str) -> Problem | None:
    expected = organisation_check_character(code[8:16])
    if code[16] == expected:
        return None
    return Problem(
        UsccFault.ORGANISATION_CHECK,
        f"第9至17位（主体标识码，GB 11714）的校验没有通过：按前8位算，第17位应是 {expected}，"
        f"现在是 {code[16]}；请核对第9至17位",
        17,
        code[16],
        expected,
    )


def _code_problem(code: str) -> Problem | None:
    expected = code_check_character(code)
    if code[17] == expected:
        return None
    return Problem(
        UsccFault.CODE_CHECK,
        f"最后一位（全码校验位，GB 32100）没有通过：按前17位算应是 {expected}，现在是 {code[17]}；"
        "请逐位核对，注意 0 和 O、1 和 I、相邻两位是否写反",
        18,
        code[17],
        expected,
    )
