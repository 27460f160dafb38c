"""Turns a document into the fields that both engines store, names and values alike."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from search.analysis.slips import vocabulary_of
from search.analysis.tokens import Tokeniser, latin_tokens, merged
from search.schema import GO_LIVE_BANDS, PRICE_BANDS, band_of
from search.types import Document, Sort

#: An empty token field gets this token, so that both engines count the same documents per field (BM25's N).
NOTHING = "∅"
_EXCERPT_SOURCE = 4000
_TIE_BITS = 24
_LOOKED_AT = 64  # words of a text that may enter the vocabulary
_LAST = 2**39 - 1

#: Sort → (field, ascending). The keys hold the value, "missing is last" and a tie-breaker in one number, since
#: the embedded engine sorts by one number only.
SORT_KEYS: dict[Sort, tuple[str, bool]] = {
    Sort.PRICE_UP: ("sort_price_up", True),
    Sort.PRICE_DOWN: ("sort_price_down", True),
    Sort.GO_LIVE: ("sort_go_live", True),
    Sort.NEWEST: ("sort_newest", True),
}
TOKEN_FIELDS = ("text_b", "text_w", "text_u", "title_b", "title_w", "title_u", "keywords_b", "prefix")


def scan_key(key: str) -> int:
    """A 63-bit number by which an index is paged through in a stable order."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big") >> 1


def tombstone_fields(document: Document, now: datetime) -> dict[str, Any]:
    """A hidden or deleted object: only what versions and drift need; it matches no query."""
    fields: dict[str, Any] = dict.fromkeys(TOKEN_FIELDS, NOTHING)
    fields |= _stamp(document, now)
    fields["live"] = ["n"]
    return fields


def live_fields(document: Document, tokeniser: Tokeniser, now: datetime) -> dict[str, Any]:
    """Token strings, keyword lists, numbers and the stored source of a findable document."""
    rest_text = "\n".join(filter(None, (document.summary, document.body, document.organisation)))
    normals, (title, keywords, rest) = tokeniser.streams_of(
        [document.title, "\n".join(document.keywords), rest_text]
    )
    title_normal = normals[0]
    text = merged(title, keywords, rest)
    latin = {token for token in latin_tokens(title_normal) if len(token) > 1}
    prefixes = {token[:end] for token in latin for end in range(1, min(12, len(token)) + 1)}
    fields: dict[str, Any] = {
        "text_b": text.bigrams or NOTHING,
        "text_w": text.words or NOTHING,
        "text_u": text.unigrams or NOTHING,
        "title_b": title.bigrams or NOTHING,
        "title_w": title.words or NOTHING,
        "title_u": title.unigrams or NOTHING,
        "keywords_b": keywords.bigrams or NOTHING,
        "prefix": " ".join(sorted(prefixes)) or NOTHING,
        "vocab": vocabulary_of(
            title_normal,
            normals[1].split("\n"),
            title.words.split(),
            rest.words.split(" ", _LOOKED_AT)[:_LOOKED_AT],
        ),
        "live": ["y"],
        "audience": list(document.audience),
    }
    for name, values in document.facets.items():
        if values:
            fields[name] = list(dict.fromkeys(values))
    fields.update(document.numbers)
    price = document.numbers.get("price_from_fen", document.numbers.get("budget_max_fen"))
    days = document.numbers.get("go_live_days")
    if band := band_of(PRICE_BANDS, price):
        fields["price_band"] = [band]
    if band := band_of(GO_LIVE_BANDS, days):
        fields["go_live_band"] = [band]
    tie = scan_key(document.key) >> (63 - _TIE_BITS)
    seconds = int(document.published_at.timestamp()) if document.published_at else None
    fields["sort_price_up"] = _sort_key(price, tie)
    fields["sort_price_down"] = _sort_key(None if price is None else _LAST - 1 - price, tie)
    fields["sort_go_live"] = _sort_key(days, tie)
    fields["sort_newest"] = _sort_key(None if seconds is None else _LAST - 1 - max(0, seconds), tie)
    # Title, text, the rest – and whether lower-casing alone normalises the first two, which spares a search work.
    source = rest_text[: min(_EXCERPT_SOURCE, len(rest_text) - len(document.organisation))].rstrip("\n")
    extra = "\n".join((*document.keywords, document.organisation))[:_EXCERPT_SOURCE]
    plain = title_normal == document.title.lower() and normals[2] == rest_text.lower()
    fields["source"] = json.dumps([document.title, source, extra, plain], ensure_ascii=False)
    fields |= _stamp(document, now)
    return fields


def _sort_key(value: int | None, tie: int) -> int:
    return ((_LAST if value is None else min(max(value, 0), _LAST - 1)) << _TIE_BITS) | tie


def _stamp(document: Document, now: datetime) -> dict[str, Any]:
    return {
        "key": document.key,
        "object_kind": [document.kind],
        "doc_version": document.doc_version,
        "hash": document.content_hash(),
        "scan": scan_key(document.key),
        "written_at": int(now.astimezone(UTC).timestamp()),
    }


@lru_cache(maxsize=4)
def tokeniser_for(words: tuple[str, ...]) -> Tokeniser:
    """Tokenisers are dear to make (the general dictionary) and read-only, so engines share them."""
    return Tokeniser(words)
