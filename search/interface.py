"""The contract of a search engine. Rooms know only this; `open_engine` gives one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from search.types import (
    Document,
    Health,
    Lexicon,
    Metadata,
    Page,
    Query,
    RebuildStats,
    Ref,
    ScanPage,
    Stamp,
    Suggestion,
    WriteReport,
)


class Rebuild(Protocol):
    """A new generation being filled while the old one serves; live writes reach both.

    As a context manager it abandons itself unless it was published.
    """

    @property
    def generation(self) -> str: ...

    def write(self, batch: Sequence[Document]) -> WriteReport:
        """Adds a batch to the new generation only; a newer live write of the same object wins."""
        ...

    def publish(self) -> RebuildStats:
        """Makes the new generation the serving one in a single step; the old one stays until the next rebuild."""
        ...

    def abandon(self) -> None:
        """Drops the new generation; the serving one is untouched. Harmless after `publish`."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class SearchEngine(Protocol):
    """Both engines keep this contract; `tests/search/contract` runs against each."""

    def health(self) -> Health:
        """Never raises; `Status.DOWN` with a reason instead."""
        ...

    def metadata(self) -> Metadata: ...

    def use_lexicon(self, lexicon: Lexicon) -> None:
        """Synonyms and terms act at once; changed words wait for the next rebuild (see `metadata`)."""
        ...

    @property
    def lexicon(self) -> Lexicon: ...

    def warm(self) -> None:
        """Loads dictionaries and vocabulary ahead of the first search; quiet when the engine is down."""
        ...

    def search(self, query: Query) -> Page:
        """One page of hits with totals and facets; raises `SearchUnavailable` within the time limit."""
        ...

    def msearch(self, queries: Sequence[Query]) -> list[Page]:
        """Several searches in one round trip, in order."""
        ...

    def suggest(self, prefix: str, *, audience: frozenset[str], size: int = 8) -> list[Suggestion]:
        """Completions of what is being typed: titles that this audience may see, and words of the lexicon."""
        ...

    def write(self, batch: Sequence[Document]) -> WriteReport:
        """Makes the batch durable and findable, newest `doc_version` wins, tombstones included.

        During a rebuild the documents go to both generations. A bad document is reported and never blocks
        the rest. Raises `SearchUnavailable` only when nothing of the batch was tried.
        """
        ...

    def begin_rebuild(self, lexicon: Lexicon | None = None) -> Rebuild:
        """Starts a new generation (segmented with `lexicon`'s words) and sweeps abandoned ones."""
        ...

    def purge(self, before: datetime) -> int:
        """Really deletes tombstones written before `before`; returns how many."""
        ...

    def count(self, kind: str | None = None) -> int:
        """Documents that can be found (tombstones left out), whatever their audience."""
        ...

    def scan(self, after: str | None = None, size: int = 1000) -> ScanPage:
        """Pages through every stamp in the index, tombstones included, for the drift check."""
        ...

    def lookup(self, refs: Iterable[Ref]) -> dict[Ref, Stamp]:
        """Stamps of these objects; what the index lacks is missing from the answer."""
        ...

    def close(self) -> None: ...
