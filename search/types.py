"""Words of the search layer: what goes in, what comes out, without any engine's terms.

Everything is frozen: a query or document can be shared by threads and kept in a cache.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Ref:
    """Names one object of the database: its kind (`offering`, `need`, `policy`) and its id."""

    kind: str
    id: str

    @property
    def key(self) -> str:
        """The engine's document id, `offering:6f1c…`."""
        return f"{self.kind}:{self.id}"

    @classmethod
    def parse(cls, key: str) -> Ref:
        kind, _, ident = key.partition(":")
        return cls(kind, ident)


@dataclass(frozen=True, slots=True)
class Document:
    """One object as the index shall know it; built by a room's `indexing.py` from its row.

    `audience` names who may find it (`public`, `verified_vendor`, `staff`, `org:<uuid>`); staff see only what
    lists `staff`. `facets` holds keyword fields and `numbers` whole numbers; both only with names that
    `search.schema` lists. `visible=False` or `deleted=True` turns it into a tombstone that no query finds.
    """

    kind: str
    id: str
    doc_version: int
    title: str = ""
    summary: str = ""
    body: str = ""
    keywords: tuple[str, ...] = ()
    organisation: str = ""
    audience: tuple[str, ...] = ()
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)
    published_at: datetime | None = None
    visible: bool = True
    deleted: bool = False

    @property
    def ref(self) -> Ref:
        return Ref(self.kind, self.id)

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}"

    @property
    def is_tombstone(self) -> bool:
        return self.deleted or not self.visible

    @classmethod
    def tombstone(cls, kind: str, id: str, doc_version: int) -> Document:  # noqa: A002  the field's name
        """What is written instead of a hidden or deleted object, so that no older write brings it back."""
        return cls(kind=kind, id=id, doc_version=doc_version, visible=False, deleted=True)

    def content_hash(self) -> str:
        """16 hex digits over all but `doc_version`; equal contents give equal hashes in every process."""
        if self.is_tombstone:
            return "0" * 16
        facets = [f"{name}={','.join(sorted(values))}" for name, values in self.facets.items() if values]
        numbers = [f"{name}={number}" for name, number in self.numbers.items()]
        moment = self.published_at.astimezone(UTC).isoformat() if self.published_at else ""
        parts = [self.title, self.summary, self.body, self.organisation, moment, *self.keywords, "\x1e"]
        parts += [*sorted(self.audience), "\x1e", *sorted(facets), "\x1e", *sorted(numbers)]
        return hashlib.blake2b("\x1f".join(parts).encode("utf-8", "replace"), digest_size=8).hexdigest()


class Sort(StrEnum):
    """The order of hits; ties always fall by id, and a missing value comes last."""

    RELEVANCE = "relevance"
    PRICE_UP = "price_up"
    PRICE_DOWN = "price_down"
    GO_LIVE = "go_live"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Filter:
    """Keeps documents whose keyword `field` holds any of `values`. A filter on a facet is that facet's choice."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """Keeps documents whose number `field` lies in [`at_least`, `at_most`]; a document without it drops out."""

    field: str
    at_least: int | None = None
    at_most: int | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """One search. `audience` is mandatory: it bounds hits, totals, facets and corrections alike."""

    audience: frozenset[str]
    text: str = ""
    filters: tuple[Filter, ...] = ()
    ranges: tuple[Range, ...] = ()
    facets: tuple[str, ...] = ()
    sort: Sort = Sort.RELEVANCE
    offset: int = 0
    size: int = 20
    highlight: bool = True
    correct: bool = True
    #: How much of the text a hit must hold: "most" for a search box, "any" for a long text to be ranked.
    match: str = "most"

    def __post_init__(self) -> None:
        if not self.audience:
            raise ValueError("a query needs an audience")
        if self.offset < 0 or not 0 <= self.size <= 1000 or self.offset + self.size > 10_000:
            raise ValueError("page out of range")
        if self.match not in {"most", "any"}:
            raise ValueError("match is 'most' or 'any'")


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of original text; `hit` says whether the query touched it. Never HTML: templates escape it."""

    text: str
    hit: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """One found document. `highlights` maps `title` and `text` to segments (the text is a short excerpt)."""

    kind: str
    id: str
    score: float
    title: str = ""
    highlights: Mapping[str, tuple[Segment, ...]] = field(default_factory=dict)

    @property
    def ref(self) -> Ref:
        return Ref(self.kind, self.id)


@dataclass(frozen=True, slots=True)
class FacetCount:
    value: str
    count: int
    selected: bool = False


@dataclass(frozen=True, slots=True)
class Facet:
    """Counts of one keyword field over the hits, its own choice left aside; most frequent first."""

    name: str
    counts: tuple[FacetCount, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """What a search found. `corrected` is the text really searched when a slip was put right, else None."""

    hits: tuple[Hit, ...]
    total: int
    facets: Mapping[str, Facet] = field(default_factory=dict)
    corrected: str | None = None
    #: nothing held most of the text, so hits that hold any of it are shown
    loosened: bool = False
    took_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One completion while typing: a document's title (with `ref`) or a word of the lexicon (without)."""

    text: str
    segments: tuple[Segment, ...]
    ref: Ref | None = None


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The staff's dictionary, frozen. `words` guide segmentation (a change needs a rebuild); the rest acts at once.

    `synonyms` are groups of equivalent terms; `terms` are further right spellings for slips and suggestions.
    """

    version: str = "0"
    words: tuple[str, ...] = ()
    synonyms: tuple[tuple[str, ...], ...] = ()
    terms: tuple[str, ...] = ()


class Outcome(StrEnum):
    OK = "ok"
    STALE = "stale"  # the index already holds a newer version: nothing to do
    REJECTED = "rejected"  # this document can never be taken as it is
    RETRY = "retry"  # the engine is busy or gone: try later, the document is not to blame


@dataclass(frozen=True, slots=True)
class ItemResult:
    ref: Ref
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class WriteReport:
    """The fate of each document of a batch, in the batch's order."""

    items: tuple[ItemResult, ...]

    def of(self, outcome: Outcome) -> tuple[ItemResult, ...]:
        return tuple(item for item in self.items if item.outcome is outcome)

    @property
    def settled(self) -> tuple[Ref, ...]:
        """Documents that need no further write: taken, or already newer in the index."""
        return tuple(item.ref for item in self.items if item.outcome in (Outcome.OK, Outcome.STALE))


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the index knows of a document, for the drift check."""

    ref: Ref
    doc_version: int
    content_hash: str
    tombstone: bool


@dataclass(frozen=True, slots=True)
class ScanPage:
    """One page of stamps in the engine's own order; give `next` back to go on, None means the end."""

    stamps: tuple[Stamp, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Metadata:
    """How the serving index was built. `needs_rebuild` gives the reason, empty when all is well."""

    backend: str
    generation: str
    pipeline_version: str
    schema_version: str
    lexicon_version: str
    built_at: datetime | None
    needs_rebuild: str = ""


class Status(StrEnum):
    READY = "ready"
    STALE = "stale"  # serves, but should be rebuilt (fresh, or made by another version)
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Health:
    status: Status
    detail: str = ""
    documents: int = 0


@dataclass(frozen=True, slots=True)
class RebuildStats:
    """What a rebuild did: documents taken, ignored as older than a live write, and refused with reasons."""

    generation: str
    written: int = 0
    stale: int = 0
    rejected: tuple[ItemResult, ...] = ()
    seconds: float = 0.0


class SearchUnavailable(Exception):
    """The engine is down, slow or its breaker is open; the caller shows the simplified search."""


class WriterBusy(SearchUnavailable):
    """Another process holds the index's writer lease."""
