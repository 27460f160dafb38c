"""Filling a new Elasticsearch index while the old one serves."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from search.types import Document, ItemResult, Outcome, RebuildStats, SearchUnavailable, WriteReport

if TYPE_CHECKING:
    from search.elastic.engine import ElasticEngine

_MOST_REASONS = 1000


class ElasticRebuild:
    """See `search.interface.Rebuild`. The alias `…-building` tells every other writer to write here too."""

    def __init__(self, engine: ElasticEngine, index: str, words: tuple[str, ...]) -> None:
        self._engine = engine
        self._index = index
        self._words = words
        self._started = time.monotonic()
        self._written = self._stale = 0
        self._rejected: list[ItemResult] = []
        self._over = False

    @property
    def generation(self) -> str:
        return self._index

    def write(self, batch: Sequence[Document]) -> WriteReport:
        if self._over:
            raise SearchUnavailable("this rebuild is over")
        results = self._engine.bulk(self._index, batch, self._words, refresh=False)
        for item in results:
            if item.outcome is Outcome.OK:
                self._written += 1
            elif item.outcome is Outcome.STALE:
                self._stale += 1
            elif item.outcome is Outcome.REJECTED and len(self._rejected) < _MOST_REASONS:
                self._rejected.append(item)
        return WriteReport(tuple(results))

    def publish(self) -> RebuildStats:
        if self._over:
            raise SearchUnavailable("this rebuild is over")
        self._engine.publish(self._index)
        self._over = True
        return RebuildStats(
            self._index, self._written, self._stale, tuple(self._rejected), time.monotonic() - self._started
        )

    def abandon(self) -> None:
        if not self._over:
            self._over = True
            self._engine.drop(self._index)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abandon()
