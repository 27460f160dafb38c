"""Finds the lexicon's terms in a normalised text and names their equivalents."""

from __future__ import annotations

from dataclasses import dataclass

from search.analysis.normalise import normalise

_MOST_OTHERS = 8


@dataclass(frozen=True, slots=True)
class Group:
    """A term found at [start, end) of the text, and the other terms that mean the same."""

    start: int
    end: int
    others: tuple[str, ...]


class Synonyms:
    """The compiled synonym groups of a lexicon; a term in several groups gets the members of all."""

    def __init__(self, groups: tuple[tuple[str, ...], ...] = ()) -> None:
        others: dict[str, dict[str, None]] = {}
        for group in groups:
            members = [m for m in dict.fromkeys(normalise(term).strip() for term in group) if len(m) > 1]
            for member in members:
                others.setdefault(member, {}).update(dict.fromkeys(m for m in members if m != member))
        self._others = {term: tuple(rest)[:_MOST_OTHERS] for term, rest in others.items() if rest}
        self._longest = max(map(len, self._others), default=0)

    def find(self, normal: str) -> list[Group]:
        """Longest match first, left to right, without overlap; a Latin term only as a whole word."""
        found: list[Group] = []
        at = 0
        while at < len(normal):
            for end in range(min(len(normal), at + self._longest), at + 1, -1):
                term = normal[at:end]
                if term in self._others and not _cuts_word(normal, at, end):
                    found.append(Group(at, end, self._others[term]))
                    at = end
                    break
            else:
                at += 1
        return found


def _cuts_word(text: str, start: int, end: int) -> bool:
    return _joined(text, start) or _joined(text, end)


def _joined(text: str, at: int) -> bool:
    if not 0 < at < len(text):
        return False
    left, right = text[at - 1], text[at]
    return left.isascii() and left.isalnum() and right.isascii() and right.isalnum()
