"""Puts slips of the keyboard right against a vocabulary: homophones, one character or letter wrong.

Nothing here asks an engine. A candidate is a query text with one window replaced by a vocabulary term; the engine
layer decides, by asking whether anything holds the literal text, if a candidate is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise

from search.analysis.normalise import CJK, normalise
from search.analysis.tokens import Tokeniser, latin_tokens

_LONGEST = 10
_HAN = re.compile(rf"[{CJK}]+")
_LATIN = re.compile(r"[a-z0-9][a-z0-9+#.\-]*")
#: Sounds that south-western speakers (and their input methods) confuse: zh/z, ch/c, sh/s, n/l, h/f, -ng/-n.
_CONFUSED = ((re.compile("^([zcs])h"), r"\1"), (re.compile("^n"), "l"), (re.compile("([aei])ng$"), r"\1n"))

_SAME_SOUND, _SWAPPED, _LIKE_SOUND, _EXTRA, _MISSING, _STRAY, _OTHER = 1.0, 1.1, 1.2, 1.3, 1.4, 1.6, 1.7
_MOST_TERMS = 40_000
_LONGEST_TEXT = 16
_LONGEST_DOUBTED = 10
_BODY_WORDS = 32
#: Signs of a sentence, where an unknown piece is seldom a slip.
_SENTENCE = re.compile("[，。？！；、?!;]|[吗呢吧谁啥]|什么|怎么|怎样|如何|哪|为何|是否|能否|多少")


@dataclass(frozen=True, slots=True)
class Correction:
    """The whole text with [start, end) replaced by `term` (in its display spelling)."""

    text: str
    start: int
    end: int
    term: str
    cost: float
    #: what was typed consists of ordinary words: only what is found can tell that it is a slip
    doubtful: bool
    #: the term is the staff's own, so it is right even where no document holds it
    own: bool


@lru_cache(maxsize=30_000)
def _sound(char: str) -> str:
    from pypinyin import Style, pinyin

    return str(pinyin(char, style=Style.NORMAL, errors=lambda item: item)[0][0])


@lru_cache(maxsize=30_000)
def _like(char: str) -> str:
    sound = _sound(char)
    for pattern, plain in _CONFUSED:
        sound = pattern.sub(plain, sound)
    return sound


def _sounds(text: str) -> str:
    return " ".join(map(_sound, text))


def _likes(text: str) -> str:
    return " ".join(map(_like, text))


def _deletions(text: str) -> Iterator[str]:
    for at in range(len(text)):
        yield text[:at] + text[at + 1 :]


def _swaps(text: str) -> Iterator[str]:
    for at in range(len(text) - 1):
        if text[at] != text[at + 1]:
            yield text[:at] + text[at + 1] + text[at] + text[at + 2 :]


class Vocabulary:
    """Right spellings with how often each occurs; built once, then only read (safe to share by threads)."""

    def __init__(self, counts: Mapping[str, int], own_terms: Iterable[str] = ()) -> None:
        self._counts: dict[str, int] = {}
        self._shown: dict[str, str] = {}
        for term in own_terms:  # the staff's terms outrank anything that titles hold
            plain = normalise(term).strip()
            if len(plain) > 1:
                self._counts[plain] = counts.get(plain, 0) + 1000
                self._shown.setdefault(plain, term.strip())
        for term, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_MOST_TERMS]:
            if len(term) > 1:
                self._counts.setdefault(term, count)
        self._by_sound: dict[str, list[str]] = {}
        self._by_like: dict[str, list[str]] = {}
        self._by_deletion: dict[str, list[str]] = {}
        for term in self._counts:
            if _HAN.fullmatch(term) and len(term) <= _LONGEST:
                self._by_sound.setdefault(_sounds(term), []).append(term)
                self._by_like.setdefault(_likes(term), []).append(term)
                if len(term) > 2:
                    self._add_deletions(term)
            elif _LATIN.fullmatch(term) and 3 <= len(term) <= 24:
                self._add_deletions(term)

    def _add_deletions(self, term: str) -> None:
        for rest in set(_deletions(term)):
            self._by_deletion.setdefault(rest, []).append(term)

    def __len__(self) -> int:
        return len(self._counts)

    def __contains__(self, term: str) -> bool:
        return term in self._counts

    def with_prefix(self, prefix: str, size: int) -> list[str]:
        """The staff's terms that begin so, shortest first, in display spelling."""
        found = [plain for plain in self._shown if plain.startswith(prefix)]
        return [self._shown[plain] for plain in sorted(found, key=lambda p: (len(p), p))[:size]]

    def corrections(self, text: str, tokeniser: Tokeniser, most: int = 3) -> list[Correction]:
        """Candidates for a short normalised text, best first; none for a sentence or what the vocabulary covers."""
        if text in self._counts or len(text) > _LONGEST_TEXT or _SENTENCE.search(text):
            return []
        words = _known_words(text, tokeniser)
        uncovered = self._uncovered(text)
        found: dict[str, tuple[tuple[int, float, int, int, str], Correction]] = {}
        for start, end, term, cost in self._windows(text):
            if any(a < start < b or a < end < b for a, b in words):
                continue  # it would cut a good word in two
            meant = all(any(a <= at < b for a, b in words) for at in range(start, end))
            changed = text[:start] + term + text[end:]
            left = self._uncovered(changed)
            doubt = meant or left == uncovered or cost >= _STRAY
            if left > uncovered or (meant and cost >= _OTHER) or (doubt and len(text) > _LONGEST_DOUBTED):
                continue
            meant = meant or left == uncovered
            shown = self._shown.get(term, term)
            rank = (left, cost + (0.5 if meant else 0.0), -len(term), -self._counts[term], term)
            correction = Correction(
                text[:start] + shown + text[end:], start, end, shown, cost, meant, term in self._shown
            )
            if changed not in found or rank < found[changed][0]:
                found[changed] = (rank, correction)
        return [correction for _, correction in sorted(found.values(), key=lambda item: item[0])[:most]]

    def _windows(self, text: str) -> Iterator[tuple[int, int, str, float]]:
        for match in _HAN.finditer(text):
            run, offset = match.group(), match.start()
            for start in range(len(run)):
                for end in range(start + 2, min(len(run), start + _LONGEST + 1) + 1):
                    window = run[start:end]
                    for term, cost in self._near_han(window):
                        yield offset + start, offset + end, term, cost
        at = 0
        for token in latin_tokens(text):
            at = text.index(token, at)
            if len(token) > 2 and token not in self._counts and not token.isdigit():
                for term, cost in self._near_latin(token):
                    yield at, at + len(token), term, cost
            at += len(token)

    def _near_han(self, window: str) -> Iterator[tuple[str, float]]:
        for term in self._by_deletion.get(window, ()):
            yield term, _MISSING
        if window in self._counts:
            return  # a right spelling: only something left out can still be wrong
        for term in self._by_sound.get(_sounds(window), ()):
            yield term, _SAME_SOUND
        for term in self._by_like.get(_likes(window), ()):
            yield term, _LIKE_SOUND
        for swapped in _swaps(window):
            if swapped in self._counts:
                yield swapped, _SWAPPED
        if len(window) > 2:
            for at, rest in enumerate(_deletions(window)):
                # A doubled character is nearly always a slip; another beside a short word may be meant.
                doubled = window[at] in window[max(0, at - 1) : at] + window[at + 1 : at + 2]
                if rest in self._counts and (doubled or len(rest) > 2):
                    yield rest, _EXTRA if doubled else _STRAY
                for term in self._by_deletion.get(rest, ()) if len(window) > 3 else ():
                    if len(term) == len(window) and term[:at] + term[at + 1 :] == rest:
                        yield term, _OTHER

    def _near_latin(self, token: str) -> Iterator[tuple[str, float]]:
        for swapped in _swaps(token):
            if swapped in self._counts:
                yield swapped, _SWAPPED
        for term in self._by_deletion.get(token, ()):
            yield term, _MISSING
        for at, rest in enumerate(_deletions(token)):
            if rest in self._counts and len(rest) > 1 and not rest.isdigit():
                yield rest, _EXTRA
            for term in self._by_deletion.get(rest, ()):
                if len(term) == len(token) and term[:at] + term[at + 1 :] == rest:
                    yield term, _OTHER

    def _uncovered(self, text: str) -> int:
        """How many Chinese characters and Latin tokens no vocabulary term covers, at best."""
        missing = sum(token not in self._counts and not token.isdigit() for token in latin_tokens(text))
        for match in _HAN.finditer(text):
            run = match.group()
            best = [0] * (len(run) + 1)
            for end in range(1, len(run) + 1):
                best[end] = best[end - 1] + 1
                for start in range(max(0, end - _LONGEST), end - 1):
                    if best[start] < best[end] and run[start:end] in self._counts:
                        best[end] = best[start]
            missing += best[-1]
        return missing


def _known_words(text: str, tokeniser: Tokeniser) -> list[tuple[int, int]]:
    """Where the text has dictionary words of two characters or more."""
    found: list[tuple[int, int]] = []
    for match in _HAN.finditer(text):
        at = match.start()
        for word in tokeniser.cut(match.group()):
            if len(word) > 1 and tokeniser.knows(word):
                found.append((at, at + len(word)))
            at += len(word)
    return found


def holds(text: str, piece: str, tokeniser: Tokeniser) -> bool:
    """Whether a normalised text holds the piece as it stands, and not as splinters of other words.

    `设管理` stands in `建设管理` only as a splinter: 建设 is a word and 设管 is none.
    """
    at = text.find(piece)
    while at >= 0:
        end = at + len(piece)
        before, after = text[at - 1 : at + 1] if at else "", text[end - 1 : end + 1]
        cut_left = bool(_HAN.fullmatch(before)) and tokeniser.knows(before) and not tokeniser.knows(piece[:2])
        cut_right = len(after) == 2 and bool(_HAN.fullmatch(after)) and tokeniser.knows(after)
        if not cut_left and not (cut_right and not tokeniser.knows(piece[-2:])) and not _glued(text, at, end):
            return True
        at = text.find(piece, at + 1)
    return False


def _glued(text: str, start: int, end: int) -> bool:
    """A Latin piece inside a longer Latin word does not count."""
    left, right = text[start - 1 : start], text[end : end + 1]
    first, last = text[start], text[end - 1]
    return bool(
        (_LATIN.fullmatch(first) and left and _LATIN.fullmatch(left))
        or (_LATIN.fullmatch(last) and right and _LATIN.fullmatch(right))
    )


def vocabulary_of(
    title: str, keywords: Iterable[str], cut: Iterable[str], body: Iterable[str] = ()
) -> list[str]:
    """What one document adds: the title's words and neighbouring pairs, short keywords, the text's first words.

    `title` and `keywords` are normalised, `cut` and `body` are their words.
    """
    words = list(cut)
    found = [word for word in words if len(word) > 1]
    found += [
        pair
        for left, right in pairwise(words)
        if 2 < len(pair := left + right) <= 8 and pair in title and _HAN.fullmatch(pair)
    ]
    found += [
        plain
        for keyword in keywords
        if 1 < len(plain := keyword.strip()) <= _LONGEST
        and (_HAN.fullmatch(plain) or _LATIN.fullmatch(plain))
    ]
    found += [word for word in islice(body, 2 * _BODY_WORDS) if len(word) > 1][:_BODY_WORDS]
    return list(dict.fromkeys(found))
