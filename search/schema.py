"""The neutral list of fields: what may be indexed, per kind of document, and how much it weighs.

Only names listed here are ever written (promise A6: confidential fields never reach the index); a document
with any other name is rejected. Both engines build their mappings from this list.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from search.types import Document

#: Raised when fields or their indexing change; an index made by another version asks for a rebuild.
SCHEMA_VERSION = "1"


@dataclass(frozen=True, slots=True)
class TextField:
    """An analysed field, stored as three token streams; `boost` weighs the whole, the others its streams."""

    name: str
    boost: float
    bigrams: float = 1.0
    words: float = 0.5
    unigrams: float = 0.0


#: `text` holds everything a reader could find the object by; `title` and `keywords` count again on top.
TEXT_FIELDS: tuple[TextField, ...] = (
    TextField("text", 1.0, unigrams=0.2),
    TextField("title", 0.3),
    TextField("keywords", 0.3),
)

#: Keyword fields a document may carry, each usable as filter and facet.
#: `kind` is what visitors choose (solution, service, equipment, need, policy); `industry` and `district` list the
#: ancestors too, so that choosing a branch finds its leaves.
KEYWORDS_BY_KIND: dict[str, frozenset[str]] = {
    "offering": frozenset(
        {
            "kind",
            "product_class",
            "scenario",
            "pain_point",
            "industry",
            "district",
            "price_mode",
            "organisation",
            "state",
            "origin",
        }
    ),
    "need": frozenset(
        {"kind", "scenario", "pain_point", "industry", "district", "organisation", "state", "origin"}
    ),
    "policy": frozenset({"kind", "scenario", "industry", "district", "issuer", "state"}),
}
NUMBERS_BY_KIND: dict[str, frozenset[str]] = {
    "offering": frozenset({"price_from_fen", "price_to_fen", "go_live_days"}),
    "need": frozenset({"budget_min_fen", "budget_max_fen", "go_live_days"}),
    "policy": frozenset(),
}

#: Made by the layer from numbers, so that ranges are ordinary facets.
DERIVED_KEYWORDS = ("price_band", "go_live_band")

KEYWORDS: tuple[str, ...] = tuple(sorted(frozenset().union(*KEYWORDS_BY_KIND.values()))) + DERIVED_KEYWORDS
NUMBERS: tuple[str, ...] = tuple(sorted(frozenset().union(*NUMBERS_BY_KIND.values())))

#: The facets of the search page, in its order.
PAGE_FACETS: tuple[str, ...] = (
    "kind",
    "product_class",
    "scenario",
    "industry",
    "district",
    "price_band",
    "go_live_band",
)


@dataclass(frozen=True, slots=True)
class Band:
    """A named range of a number, both ends included; `None` is open."""

    code: str
    label: str
    at_least: int | None
    at_most: int | None


_WAN = 1_000_000  # fen in 1 万元

PRICE_BANDS: tuple[Band, ...] = (
    Band("0-1", "1 万元以内", 0, _WAN),
    Band("1-5", "1–5 万元", _WAN + 1, 5 * _WAN),
    Band("5-10", "5–10 万元", 5 * _WAN + 1, 10 * _WAN),
    Band("10-20", "10–20 万元", 10 * _WAN + 1, 20 * _WAN),
    Band("20-50", "20–50 万元", 20 * _WAN + 1, 50 * _WAN),
    Band("50+", "50 万元以上", 50 * _WAN + 1, None),
)
GO_LIVE_BANDS: tuple[Band, ...] = (
    Band("0-7", "7 天以内", 0, 7),
    Band("8-30", "8–30 天", 8, 30),
    Band("31-90", "31–90 天", 31, 90),
    Band("90+", "90 天以上", 91, None),
)


def band_of(bands: tuple[Band, ...], value: int | None) -> str | None:
    """The code of the band that holds `value`; None for a missing or negative value."""
    if value is None:
        return None
    for band in bands:
        if (band.at_least is None or value >= band.at_least) and (
            band.at_most is None or value <= band.at_most
        ):
            return band.code
    return None


@dataclass(frozen=True, slots=True)
class Limits:
    """Longest texts taken, in characters; longer ones are rejected rather than cut silently."""

    title: int = 300
    text: int = 60_000
    keyword: int = 200
    values: int = 200
    numbers: int = 2**38  # 2.7 billion yuan in fen: the sort keys hold no more
    known_kinds: tuple[str, ...] = field(default=tuple(KEYWORDS_BY_KIND))


LIMITS = Limits()


def problem_of(document: Document) -> str:
    """Why this document can never be indexed, in a few words; empty when it can."""
    if document.kind not in KEYWORDS_BY_KIND:
        return f"unknown kind {document.kind!r}"
    if not document.id or len(document.key.encode()) > 200 or not document.id.isprintable():
        return "bad id"
    if not 0 <= document.doc_version < 2**62:
        return "doc_version out of range"
    if document.is_tombstone:
        return ""
    if not document.audience:
        return "no audience"
    unknown = (set(document.facets) - KEYWORDS_BY_KIND[document.kind]) | (
        set(document.numbers) - NUMBERS_BY_KIND[document.kind]
    )
    if unknown:
        return f"fields not allowed: {', '.join(sorted(unknown))}"
    if len(document.title) > LIMITS.title:
        return "title too long"
    if len(document.summary) + len(document.body) + sum(map(len, document.keywords)) > LIMITS.text:
        return "text too long"
    for name, values in (("audience", document.audience), *document.facets.items()):
        if isinstance(values, str) or len(values) > LIMITS.values:
            return f"{name}: not a short tuple"
        if any(not isinstance(v, str) or not v or len(v) > LIMITS.keyword for v in values):
            return f"{name}: bad value"
    for name, number in document.numbers.items():
        if not isinstance(number, int) or not 0 <= number <= LIMITS.numbers:
            return f"{name}: out of range"
    return ""
