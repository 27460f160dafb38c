"""Passwords that everybody tries first. Pure.

No list is shipped: one of 10,000 entries is nearly all shorter than our least length, and what is longer follows a
few habits. So the habits are held instead (they are documented in every study of leaked passwords): a common
word with decoration, words strung together, keyboard walks, runs, repetition, a date, a mobile number.
"""

import re
import unicodedata
from pathlib import Path

_LINES = (
    (Path(__file__).resolve().parents[1] / "data" / "passwords" / "words.txt").read_text("utf-8").splitlines()
)
WORDS = frozenset(word for line in _LINES if not line.startswith("#") for word in line.split())
LONGEST = max(len(word) for word in WORDS)
ROWS = ("1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./")
WALKS = (
    *ROWS,
    "abcdefghijklmnopqrstuvwxyz",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "zaq1xsw2cde3vfr4bgt5nhy6mju7,ki8.lo9/;p0",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "1a2b3c4d5e6f7g8h9i0j",
    "a1b2c3d4e5f6g7h8i9j0",
    "147258369",
    "159357",
    "112233445566778899",
    "5201314",
    "1314520",
    "7758521",
)
LEET = str.maketrans(
    {"0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"}
)
SHIFTED = str.maketrans("!@#$%^&*()", "1234567890")
MOBILE = re.compile(r"(?:\+?86)?1[3-9]\d{9}")
DATE = re.compile(r"(?:19|20)\d{2}[-./年]?(?:0?[1-9]|1[0-2])[-./月]?(?:0?[1-9]|[12]\d|3[01])日?")
YEAR = re.compile(r"(?:19|20)\d{2}")
UNIT = 8  # a longer part said twice is as good as said once
LEFT = 3  # so many characters beside common parts do not make a password


def is_common(password: str) -> bool:
    """Return whether somebody who guesses would come to it early."""
    text = unicodedata.normalize("NFKC", password).lower()
    if len(set(text)) < 5 or text.isdigit() or _repeats(text):
        return True
    core = text.rstrip("0123456789!@#$%^&*._-")  # what hangs on behind is no letter in disguise
    disguised = core.translate(LEET) + text[len(core) :]
    variants = {text, text.translate(LEET), disguised, text.translate(SHIFTED)}
    return any(_left(variant) <= LEFT for variant in variants)


def _repeats(text: str) -> bool:
    """Return whether it is one part again and again: abcabcabc, 12341234, passwordpassword."""
    return any(
        text == (text[:size] * (len(text) // size + 1))[: len(text)]
        for size in range(1, min(UNIT, len(text) // 2) + 1)
    )


def _left(text: str) -> int:
    """Return how many characters stand outside common words, walks, runs, dates and numbers."""
    rest = MOBILE.sub("", text)
    rest = DATE.sub("", rest)
    left = place = 0
    while place < len(rest):
        step = _known_at(rest, place)
        left += 0 if step else 1
        place += step or 1
    return left


def _known_at(text: str, place: int) -> int:
    """Return the length of the common part that begins here, 0 if none does."""
    for size in range(min(LONGEST, len(text) - place), 1, -1):
        if text[place : place + size] in WORDS:
            return size
    if YEAR.match(text, place):
        return 4
    return _walk_at(text, place)


def _walk_at(text: str, place: int) -> int:
    """Return the length (≥ 3) of a keyboard walk, a run or a repeated character that begins here."""
    longest = 1
    for walk in WALKS:
        for line in (walk, walk[::-1]):
            start = line.find(text[place])
            while start >= 0:
                size = 0
                while (
                    start + size < len(line)
                    and place + size < len(text)
                    and line[start + size] == text[place + size]
                ):
                    size += 1
                longest = max(longest, size)
                start = line.find(text[place], start + 1)
    same = len(text[place:]) - len(text[place:].lstrip(text[place]))
    longest = max(longest, same)
    return longest if longest >= 3 else 0
