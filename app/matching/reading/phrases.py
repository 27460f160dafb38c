"""Finds the lexicon's plain phrases in a normalised text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.matching.reading.lexicon import Term


@dataclass(frozen=True, slots=True)
class Found:
    """A term and where in the normalised text it was seen first."""

    term: Term
    pattern: str
    start: int
    end: int


def find_terms(normal: str, terms: Sequence[Term]) -> Iterator[Found]:
    """Each term at most once, by its longest pattern found; in the lexicon's order."""
    for term in terms:
        for pattern in sorted(term.patterns, key=lambda item: (-len(item), item)):
            start = _find(normal, pattern)
            if start >= 0:
                yield Found(term, pattern, start, start + len(pattern))
                break


def _find(normal: str, pattern: str) -> int:
    start = normal.find(pattern)
    if not pattern[0].isascii():
        return start
    while start >= 0:
        left = start == 0 or not _latin(normal[start - 1])
        right = start + len(pattern) == len(normal) or not _latin(normal[start + len(pattern)])
        if left and right:
            return start
        start = normal.find(pattern, start + 1)
    return -1


def _latin(char: str) -> bool:
    return char.isascii() and char.isalnum()
