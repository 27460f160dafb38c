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
_PAUSES = (0.2, 0.8, 2.0)


def fill_alias(index: str) -> str:
    """A rebuild's own alias: writing through it cannot bring a dropped index back to life."""
    return f"{index}-fill"


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
        self._broken = ""

    @property
    def generation(self) -> str:
        return self._index

    def write(self, batch: Sequence[Document]) -> WriteReport:
        """Tries again what a busy server put off; what it still refuses makes the rebuild unfit to publish."""
        if self._over:
            raise SearchUnavailable("this rebuild is over")
        results = self._fill(batch)
        for pause in _PAUSES:
            late = [place for place, item in enumerate(results) if item.outcome is Outcome.RETRY]
            if not late or not self._engine.is_building(self._index):
                break
            time.sleep(pause)
            for place, item in zip(late, self._fill([batch[place] for place in late]), strict=True):
                results[place] = item
        for item in results:
            if item.outcome is Outcome.OK:
                self._written += 1
            elif item.outcome is Outcome.STALE:
                self._stale += 1
            elif item.outcome is Outcome.RETRY:
                self._broken = item.reason
            elif len(self._rejected) < _MOST_REASONS:
                self._rejected.append(item)
        return WriteReport(tuple(results))

    def _fill(self, batch: Sequence[Document]) -> list[ItemResult]:
        return self._engine.bulk(fill_alias(self._index), batch, self._words, refresh=False)

    def publish(self) -> RebuildStats:
        if self._over:
            raise SearchUnavailable("this rebuild is over")
        if self._broken:
            self.abandon()
            raise SearchUnavailable(f"rebuild given up: {self._broken}")
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
