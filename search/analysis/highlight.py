"""Marks what a query touched in the original text. Gives segments, never HTML."""

from __future__ import annotations

from collections.abc import Iterable

from search.analysis.normalise import aligned
from search.analysis.tokens import bigrams_of
from search.types import Segment

_SENTENCE = "。！？；!?;\n"
_EXCERPT = 96


class Marker:
    """Marks the needles of one query in many texts. `plain` texts need no more than lower-casing."""

    def __init__(self, needles: Iterable[str]) -> None:
        self._whole = [needle for needle in dict.fromkeys(needles) if needle.strip()]
        self._pairs = list(
            dict.fromkeys(
                pair
                for needle in self._whole
                if not needle.isascii()
                for pair in bigrams_of(needle)
                if len(pair) == 2
            )
        )

    def mark(self, text: str, *, plain: bool = False) -> tuple[Segment, ...]:
        """The whole text in segments."""
        return _segments(text, self._find(text, plain), 0, len(text))

    def excerpt(self, text: str, length: int = _EXCERPT, *, plain: bool = False) -> tuple[Segment, ...]:
        """About `length` characters around the densest hits, with … where text was left out."""
        found = self._find(text, plain)
        start = _best_start(found, length) if len(text) > length else 0
        if start:
            back = max((text.rfind(mark, max(0, start - 24), start) for mark in _SENTENCE), default=-1)
            start = back + 1 if back >= 0 else max(0, start - 12)
        end = min(len(text), start + length)
        pieces = _segments(text, found, start, end)
        head = (Segment("…"),) if start else ()
        tail = (Segment("…"),) if end < len(text) else ()
        return head + pieces + tail

    def _find(self, text: str, plain: bool) -> list[tuple[int, int]]:
        if not self._whole or not text:
            return []
        normal, offsets = (text.lower(), None) if plain else aligned(text)
        found = _places(normal, self._whole) or _places(normal, self._pairs)
        if offsets is not None:
            found = [(offsets[a], offsets[b - 1] + 1) for a, b in found]
        merged: list[tuple[int, int]] = []
        for a, b in sorted(found):
            if merged and a <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(b, merged[-1][1]))
            else:
                merged.append((a, b))
        return merged


def _places(normal: str, needles: list[str]) -> list[tuple[int, int]]:
    """Where the needles stand; a Latin one only as a whole word."""
    found = []
    for needle in needles:
        at = normal.find(needle)
        while at >= 0:
            end = at + len(needle)
            if not (_joined(normal, at) or _joined(normal, end)):
                found.append((at, end))
            at = normal.find(needle, end)
    return found


def _joined(text: str, at: int) -> bool:
    """Whether a Latin letter or digit stands on both sides of `at`."""
    if not 0 < at < len(text):
        return False
    left, right = text[at - 1], text[at]
    return left.isascii() and left.isalnum() and right.isascii() and right.isalnum()


def _best_start(found: list[tuple[int, int]], length: int) -> int:
    best, best_start = -1, 0
    for index, (start, _) in enumerate(found):
        covered = 0
        for a, b in found[index:]:
            if b > start + length:
                break
            covered += b - a
        if covered > best:
            best, best_start = covered, start
    return best_start


def _segments(text: str, found: list[tuple[int, int]], start: int, end: int) -> tuple[Segment, ...]:
    pieces: list[Segment] = []
    at = start
    for a, b in found:
        low, high = max(a, start), min(b, end)
        if low >= high:
            continue
        if low > at:
            pieces.append(Segment(text[at:low]))
        pieces.append(Segment(text[low:high], hit=True))
        at = high
    if at < end:
        pieces.append(Segment(text[at:end]))
    return tuple(pieces)
