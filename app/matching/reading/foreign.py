"""Reads text that is not in Chinese characters: typed pinyin and English.

Pinyin is cut into syllables and read by a classifier trained on the sound of the lexicon's own lines; English words
are looked up in `english.txt` and the text is read on in Chinese.
"""

import itertools
import re
from collections.abc import Iterable
from functools import lru_cache

from app.matching.reading.classifier import Classifier, Example

_HAN = re.compile(r"[㐀-鿿]")
_LATIN_RUN = re.compile(r"[a-z]+")
_LONGEST_SYLLABLE = 6
#: What people type for a whole word by its first letters; composed.
_SHORTHAND = {
    "gz": "gong zi",
    "kc": "ku cun",
    "jq": "jiao qi",
    "zl": "zhi liang",
    "sb": "she bei",
    "cg": "cai gou",
    "ck": "cang ku",
    "df": "dian fei",
}

HAN, PINYIN, LATIN, EMPTY = "han", "pinyin", "latin", "empty"


def script_of(normal: str) -> str:
    """`han` when any real share is Chinese, else `pinyin` when the letters are syllables, else `latin`."""
    han = len(_HAN.findall(normal))
    letters = sum(len(run) for run in _LATIN_RUN.findall(normal))
    if (han == 0 and letters == 0) or len(set(normal)) <= 2 < len(normal):
        return EMPTY  # nothing, figures alone, or one key held down
    if han * 3 >= letters:
        return HAN
    runs = _LATIN_RUN.findall(normal)
    sounded = sum(len(run) for run in runs if run in _SHORTHAND or syllables_of(run))
    return PINYIN if letters and sounded * 10 >= letters * 8 else LATIN


def syllables_of(run: str) -> list[str]:
    """The syllables of one Latin run, fewest first; empty when it is no pinyin."""
    known = _syllables()
    best: list[list[str] | None] = [[]] + [None] * len(run)
    for end in range(1, len(run) + 1):
        for start in range(max(0, end - _LONGEST_SYLLABLE), end):
            head = best[start]
            if head is not None and run[start:end] in known:
                candidate = [*head, run[start:end]]
                current = best[end]
                if current is None or len(candidate) < len(current):
                    best[end] = candidate
    return best[-1] or []


def sound_of_pinyin(normal: str) -> str:
    """A typed pinyin text as tokens of the sound classifier."""
    syllables: list[str] = []
    for run in _LATIN_RUN.findall(normal):
        syllables += _SHORTHAND[run].split() if run in _SHORTHAND else syllables_of(run) or [run]
    return _pairs(syllables)


def sound_of_han(text: str) -> str:
    """A Chinese text as tokens of the sound classifier."""
    from pypinyin import lazy_pinyin

    return _pairs([syllable for syllable in lazy_pinyin(text) if syllable.isascii() and syllable.isalpha()])


def _pairs(syllables: list[str]) -> str:
    """Neighbouring syllables joined, and the syllables themselves."""
    joined = [left + right for left, right in itertools.pairwise(syllables)]
    return " ".join(syllables + joined)


def sound_classifier(labels: Iterable[str], examples: Iterable[Example]) -> Classifier:
    return Classifier(tuple(labels), [Example(item.label, sound_of_han(item.text)) for item in examples])


def translate(normal: str, english: Iterable[tuple[str, str]]) -> str:
    """The Chinese of every known English phrase in the text, longest phrases first, joined by spaces."""
    left = normal
    found: list[str] = []
    for phrase, chinese in sorted(english, key=lambda pair: (-len(pair[0]), pair[0])):
        pattern = re.compile(rf"(?<![a-z]){re.escape(phrase)}")
        if pattern.search(left):
            found.append(chinese)
            left = pattern.sub(" ", left)
    return " ".join(found)


@lru_cache(maxsize=1)
def _syllables() -> frozenset[str]:
    from pypinyin.constants import PINYIN_DICT

    plain: set[str] = set()
    from pypinyin.constants import Style
    from pypinyin.style import convert

    for sounds in PINYIN_DICT.values():
        for sound in sounds.split(","):
            plain.add(convert(sound, Style.NORMAL, strict=False))
    return frozenset(s for s in plain if (s.isascii() and s.isalpha() and len(s) >= 2) or s in {"a", "e"})
