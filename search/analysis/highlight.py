"""Marks what a query touched in the original text. Gives segments, never HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable

from search.analysis.normalise import aligned
from search.analysis.tokens import bigrams_of
from search.types import Segment

_SENTENCE = "。！？；!?;\n"
_EXCERPT = 96


class Marker:
    """Marks the needles of one query in many texts."""

    def __init__(self, needles: Iterable[str]) -> None:
        kept = [needle for needle in needles if needle.strip()]
        pairs = [p for needle in kept if not needle.isascii() for p in bigrams_of(needle) if len(p) == 2]
        self._whole = _pattern(kept)
        self._pairs = _pattern(pairs)

    def mark(self, text: str) -> tuple[Segment, ...]:
        """The whole text in segments."""
        return _segments(text, self._find(text), 0, len(text))

    def excerpt(self, text: str, length: int = _EXCERPT) -> tuple[Segment, ...]:
        """About `length` characters around the densest hits, with … where text was left out."""
        found = self._find(text)
        start = _best_start(found, length) if len(text) > length else 0
        if start:
            back = max((text.rfind(mark, max(0, start - 24), start) for mark in _SENTENCE), default=-1)
            start = back + 1 if back >= 0 else max(0, start - 12)
        end = min(len(text), start + length)
        pieces = _segments(text, found, start, end)
        head = (Segment("…"),) if start else ()
        tail = (Segment("…"),) if end < len(text) else ()
        return head + pieces + tail

    def _find(self, text: str) -> list[tuple[int, int]]:
        if self._whole is None:
            return []
        normal, offsets = aligned(text)
        found = [m.span() for m in self._whole.finditer(normal)]
        if not found and self._pairs is not None:
            found = [m.span() for m in self._pairs.finditer(normal)]
        if offsets is not None:
            found = [(offsets[a], offsets[b - 1] + 1) for a, b in found]
        merged: list[tuple[int, int]] = []
        for a, b in found:
            if merged and a <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(b, merged[-1][1]))
            else:
                merged.append((a, b))
        return merged


def _pattern(needles: list[str]) -> re.Pattern[str] | None:
    if not needles:
        return None
    ordered = sorted(set(needles), key=lambda n: (-len(n), n))
    return re.compile(
        "|".join(
            rf"(?<![a-z0-9]){re.escape(n)}(?![a-z0-9])"
            if n[0].isascii() and n[-1].isascii()
            else re.escape(n)
            for n in ordered
        )
    )


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
