"""Keeps a slow or dead engine from costing a visitor more than about a second: deadline and circuit breaker.

Only reading goes through the breaker. Writing happens on the worker, has its own time limits and must go on
trying, so that the index catches up by itself.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from search.interface import Rebuild, SearchEngine
from search.types import (
    Document,
    Health,
    Lexicon,
    Metadata,
    Page,
    Query,
    Ref,
    ScanPage,
    SearchUnavailable,
    Stamp,
    Status,
    Suggestion,
    WriteReport,
)

T = TypeVar("T")


class State(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker:
    """Opens after `failures` within `window` seconds; then lets one trial through every `half_open_after` seconds."""

    def __init__(
        self,
        *,
        failures: int = 3,
        window: float = 10.0,
        half_open_after: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most, self._window, self._pause, self._clock = failures, window, half_open_after, clock
        self._recent: deque[float] = deque()
        self._opened_at: float | None = None
        self._trial_at: float | None = None
        self._lock = threading.Lock()

    @property
    def state(self) -> State:
        with self._lock:
            if self._opened_at is None:
                return State.CLOSED
            return State.HALF_OPEN if self._due() else State.OPEN

    def _due(self) -> bool:
        last = self._trial_at if self._trial_at is not None else self._opened_at
        return last is not None and self._clock() - last >= self._pause

    def enter(self) -> None:
        """Raises `SearchUnavailable` at once while open, except for the one trial that is due."""
        with self._lock:
            if self._opened_at is None:
                return
            if not self._due():
                raise SearchUnavailable("search is paused after repeated failures")
            self._trial_at = self._clock()

    def succeeded(self) -> None:
        with self._lock:
            self._opened_at = self._trial_at = None
            self._recent.clear()

    def failed(self) -> None:
        with self._lock:
            now = self._clock()
            if self._opened_at is not None:
                self._trial_at = now
                return
            self._recent.append(now)
            while self._recent and now - self._recent[0] > self._window:
                self._recent.popleft()
            if len(self._recent) >= self._most:
                self._opened_at = now


class GuardedEngine:
    """An engine behind a breaker; with `deadline` (seconds) also bounded in time, whatever the server does.

    A deadline costs a thread per running search, so the embedded engine, which cannot hang on a network, has none.
    """

    def __init__(
        self, engine: SearchEngine, breaker: Breaker, *, deadline: float | None = None, threads: int = 16
    ) -> None:
        self.engine = engine
        self.breaker = breaker
        self._deadline = deadline
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="search") if deadline else None

    def _guarded(self, work: Callable[[], T]) -> T:
        self.breaker.enter()
        try:
            answer = self._timed(work)
        except SearchUnavailable:
            self.breaker.failed()
            raise
        self.breaker.succeeded()
        return answer

    def _timed(self, work: Callable[[], T]) -> T:
        if self._pool is None:
            return work()
        future = self._pool.submit(work)
        try:
            return future.result(self._deadline)
        except FutureTimeout as error:
            future.cancel()
            raise SearchUnavailable(f"no answer within {self._deadline} s") from error

    def warm(self) -> None:
        self.engine.warm()

    def search(self, query: Query) -> Page:
        return self._guarded(lambda: self.engine.search(query))

    def msearch(self, queries: Sequence[Query]) -> list[Page]:
        return self._guarded(lambda: self.engine.msearch(queries))

    def suggest(self, prefix: str, *, audience: frozenset[str], size: int = 8) -> list[Suggestion]:
        return self._guarded(lambda: self.engine.suggest(prefix, audience=audience, size=size))

    def health(self) -> Health:
        health = self.engine.health()
        if health.status is not Status.DOWN and self.breaker.state is not State.CLOSED:
            return Health(Status.DOWN, f"breaker {self.breaker.state.value}", health.documents)
        return health

    def metadata(self) -> Metadata:
        return self.engine.metadata()

    def use_lexicon(self, lexicon: Lexicon) -> None:
        self.engine.use_lexicon(lexicon)

    @property
    def lexicon(self) -> Lexicon:
        return self.engine.lexicon

    def write(self, batch: Sequence[Document]) -> WriteReport:
        return self.engine.write(batch)

    def begin_rebuild(self, lexicon: Lexicon | None = None) -> Rebuild:
        return self.engine.begin_rebuild(lexicon)

    def purge(self, before: datetime) -> int:
        return self.engine.purge(before)

    def count(self, kind: str | None = None) -> int:
        return self.engine.count(kind)

    def scan(self, after: str | None = None, size: int = 1000) -> ScanPage:
        return self.engine.scan(after, size)

    def lookup(self, refs: Iterable[Ref]) -> dict[Ref, Stamp]:
        return self.engine.lookup(refs)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        self.engine.close()
