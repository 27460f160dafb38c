"""From normalised text to token streams: character bigrams, words, single characters.

A stream is one string of tokens with spaces between, which both engines split with their whitespace tokenizer;
positions are not indexed, so Latin tokens may stand after the Chinese ones.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from operator import add
from typing import Protocol, cast

from search.analysis.normalise import CJK, normalise

#: Changes whenever normalising or tokenising gives other tokens for some text: then an index must be rebuilt.
PIPELINE_VERSION = "1"

#: `5g`, `3.5kw`, `s7-1500`, `c++`, `c#`, `iso9001`, `±0.01mm`'s `0.01mm`, `50%`; other alphabets come along.
_LATIN = re.compile(rf"[^\W_{CJK}]+(?:[-._][^\W_{CJK}]+)*(?:\+\+|#|%)?")
_RUNS = re.compile(rf"[{CJK}]+")
_PARTS = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+")
_FIELD = "\ue000"  # between the fields of a document: a private character, which no step touches
_LONGEST = 64  # a longer token is cut: Elasticsearch would split it at 255, tantivy not


class _Segmenter(Protocol):
    def cut(self, text: str, hmm: bool) -> list[str]: ...
    def add_word(self, word: str, freq: int | None, tag: str | None) -> int: ...
    def has_word(self, word: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Streams:
    """The three token streams of a text, each tokens joined by spaces."""

    bigrams: str
    words: str
    unigrams: str


def merged(*streams: Streams) -> Streams:
    return Streams(
        " ".join(filter(None, [s.bigrams for s in streams])),
        " ".join(filter(None, [s.words for s in streams])),
        " ".join(filter(None, [s.unigrams for s in streams])),
    )


def latin_tokens(text: str) -> list[str]:
    """Latin, number, unit and model tokens of a normalised text, in order, cut at 64 characters."""
    return [token[:_LONGEST] for token in _LATIN.findall(text)]


def parts_of(token: str) -> list[str]:
    """`s7-1500` → s, 7, 1500; `iso9001` → iso, 9001; empty when the token has only one part."""
    if token.isalpha() or token.isdigit():
        return []
    parts = _PARTS.findall(token)
    return parts if len(parts) > 1 else []


def bigrams_of(run: str) -> list[str]:
    """Neighbouring pairs of one Chinese run; a lone character stands for itself."""
    return list(map(add, run, run[1:])) if len(run) > 1 else [run]


def _assemble(normal: str, runs: list[str], joined: str, words: str) -> Streams:
    latin = ""
    if tokens := _LATIN.findall(normal):
        every: list[str] = []
        for token in tokens:
            every.append(token[:_LONGEST])
            if not (token.isalpha() or token.isdigit()):
                every.extend(parts_of(token[:_LONGEST]))
        latin = " ".join(every)
    if not runs:
        return Streams(latin, latin, latin)
    pairs = " ".join([" ".join(map(add, run, run[1:])) if len(run) > 1 else run for run in runs])
    words, singles = words.strip(), " ".join(joined)
    if latin:
        return Streams(f"{pairs} {latin}", f"{words} {latin}", f"{singles} {latin}")
    return Streams(pairs, words, singles)


class Tokeniser:
    """Cuts text with the general dictionary plus a lexicon's own words; safe to share by threads."""

    def __init__(self, words: tuple[str, ...] = ()) -> None:
        import rjieba

        self.words = words
        self._segmenter = cast("_Segmenter", rjieba.Jieba())
        for word in words:
            plain = normalise(word)
            if _RUNS.fullmatch(plain) and len(plain) > 1:
                # The frequency outweighs any split of the word by the general dictionary.
                self._segmenter.add_word(plain, 2_000_000, None)

    def streams(self, text: str) -> Streams:
        """Tokens of a raw text for the index; `s7-1500` is also findable by its parts."""
        return self.streams_of([text])[1][0]

    def streams_of(self, texts: Sequence[str]) -> tuple[list[str], list[Streams]]:
        """Normalised texts and their streams, several fields of one document in one pass.

        Converting and segmenting cost more per call than per character, so the fields travel joined.
        """
        whole = normalise(_FIELD.join([text.replace(_FIELD, " ") for text in texts]))
        normals = whole.split(_FIELD)
        runs = [_RUNS.findall(normal) for normal in normals]
        joined = [" ".join(found) for found in runs]
        words = " ".join(self._segmenter.cut("\n".join(joined), True)).split("\n")
        return normals, [
            _assemble(normal, found, singles, cut)
            for normal, found, singles, cut in zip(normals, runs, joined, words, strict=True)
        ]

    def knows(self, word: str) -> bool:
        """Whether the general dictionary or the lexicon holds this word."""
        return self._segmenter.has_word(word)

    def cut(self, text: str) -> list[str]:
        """Words and Latin tokens of a normalised text in their order, punctuation dropped."""
        found = [(match.start(), match.group()[:_LONGEST]) for match in _LATIN.finditer(text)]
        for match in _RUNS.finditer(text):
            start = match.start()
            for word in self._segmenter.cut(match.group(), True):
                found.append((start, word))
                start += len(word)
        return [token for _, token in sorted(found)]


def spans(text: str) -> list[tuple[int, int, bool]]:
    """(start, end, is Latin) of every Chinese run and Latin token of a normalised text, in order."""
    found = [(m.start(), m.end(), True) for m in _LATIN.finditer(text)]
    found += [(m.start(), m.end(), False) for m in _RUNS.finditer(text)]
    return sorted(found)
