"""From raw text to the one spelling that is indexed and searched: NFKC, simplified characters, lower case."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Protocol, cast

#: Han (with extensions and compatibility forms), kana and 々〇: written without spaces, so cut into bigrams.
CJK = "\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"

#: Characters that NFKC may alter in a way that matters. The usual Chinese punctuation is left out, since it is
#: dropped later anyway: nine texts of ten then skip the pass, which is the dearest step after segmentation.
_NEEDS_NFKC = re.compile(
    r"[^\x00-\x7f\u4e00-\u9fff\u3000-\u3003\u3005\u3007-\u3011\ue000，。；：？！（）“”‘’—–…·×±°→／～]"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\ufe00-\ufe0f]")


class _Converter(Protocol):
    def convert(self, text: str) -> str: ...


@lru_cache(maxsize=1)
def _to_simplified() -> _Converter:
    from opencc import OpenCC

    return cast("_Converter", OpenCC("t2s"))


def normalise(text: str) -> str:
    """The canonical spelling: `ＴＰＭ 設備` → `tpm 设备`. Control and zero-width characters become spaces."""
    if _NEEDS_NFKC.search(text):
        text = unicodedata.normalize("NFKC", _CONTROL.sub(_blank, text))
    return _to_simplified().convert(text).lower()


def _blank(match: re.Match[str]) -> str:
    # A zero-width character inside a word must not cut it; a line end must.
    return " " if match.group() < "\x80" or match.group() in "\u2028\u2029" else ""


def aligned(text: str) -> tuple[str, list[int] | None]:
    """The normalised text and, for each of its characters, the offset in `text` (None when they coincide)."""
    whole = normalise(text)
    if len(whole) == len(text):
        return whole, None
    pieces: list[str] = []
    offsets: list[int] = []
    for index, char in enumerate(text):
        piece = normalise(char)
        pieces.append(piece)
        offsets.extend([index] * len(piece))
    return "".join(pieces), offsets
