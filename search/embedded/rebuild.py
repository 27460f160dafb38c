"""Filling a new generation of the embedded index while the old one serves."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from search.embedded.generation import Generation
from search.types import Document, ItemResult, Outcome, RebuildStats, SearchUnavailable, WriteReport

if TYPE_CHECKING:
    from search.embedded.engine import EmbeddedEngine

_MOST_REASONS = 1000


class EmbeddedRebuild:
    """See `search.interface.Rebuild`. A process that dies leaves an unpublished folder, which the next one sweeps."""

    def __init__(self, engine: EmbeddedEngine, target: Generation) -> None:
        self._engine = engine
        self.target = target
        self._started = time.monotonic()
        self._written = self._stale = 0
        self._rejected: list[ItemResult] = []
        self._over = False
        #: Set when a live write could not reach the new generation: publishing it would lose that write.
        self.broken = ""

    @property
    def generation(self) -> str:
        return self.target.name

    def write(self, batch: Sequence[Document]) -> WriteReport:
        if self._over:
            raise SearchUnavailable("this rebuild is over")
        results = self.target.write(batch, commit=False)
        for item in results:
            if item.outcome is Outcome.OK:
                self._written += 1
            elif item.outcome is Outcome.STALE:
                self._stale += 1
            elif item.outcome is Outcome.REJECTED and len(self._rejected) < _MOST_REASONS:
                self._rejected.append(item)
            elif item.outcome is Outcome.RETRY:
                # Dropping the writer lost documents that earlier batches had been told were taken.
                self.broken = item.reason
        return WriteReport(tuple(results))

    def publish(self) -> RebuildStats:
        if self._over:
            raise SearchUnavailable("this rebuild is over")
        if self.broken:
            self.abandon()
            raise SearchUnavailable(f"rebuild given up: {self.broken}")
        self._engine._publish(self)  # noqa: SLF001  one object in two files
        self._over = True
        return RebuildStats(
            self.generation,
            self._written,
            self._stale,
            tuple(self._rejected),
            time.monotonic() - self._started,
        )

    def abandon(self) -> None:
        if not self._over:
            self._over = True
            self._engine._abandon(self)  # noqa: SLF001  one object in two files

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abandon()
