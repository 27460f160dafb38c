"""The worker's loop: jobs and tickers, as a thread in the server or as a process of its own.

A ticker is a small step run again and again (drain the outbox, deliver messages, sweep); it returns
whether it found work, so a busy queue is not slowed by the pause.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.core import jobs, logging
from app.core.db import Database

log = logging.get("worker")
PAUSE_S = 0.5
Step = Callable[[Any, Database], bool]


@dataclass(frozen=True)
class Registered:
    """A step that a room gave: run about every `every_s` with the runtime and the worker's own database."""

    name: str
    every_s: float
    step: Step
    at_stop: bool = False


_registered: dict[str, Registered] = {}


def ticker(name: str, *, every_s: float, at_stop: bool = False) -> Callable[[Step], Step]:
    """Register `step(runtime, database) -> found work` to be run by every worker, `at_stop` once more as it ends."""

    def keep(step: Step) -> Step:
        known = _registered.get(name)
        if known is not None and (known.step.__module__, known.step.__qualname__) != (
            step.__module__,
            step.__qualname__,
        ):
            raise RuntimeError(f"two tickers named {name}")
        _registered[name] = Registered(name, every_s, step, at_stop)
        return step

    return keep


def registered() -> list[Registered]:
    return list(_registered.values())


@dataclass
class Ticker:
    name: str
    step: Callable[[], bool]
    every_s: float
    at_stop: bool = False
    due: float = 0.0
    failures: int = 0


class Worker:
    """Runs jobs and tickers until `stop()`; one failing ticker never stops the others."""

    def __init__(self, database: Database, services: Any = None) -> None:
        self.database = database
        self.services = services
        self._tickers: list[Ticker] = []
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self.last_beat = time.monotonic()

    def every(self, seconds: float, name: str, step: Callable[[], bool], *, at_stop: bool = False) -> None:
        """Run `step` about every `seconds`, at once again while it reports work; `at_stop` also as the last thing."""
        self._tickers.append(Ticker(name, step, seconds, at_stop))

    def wake(self) -> None:
        """Start the next round now: something was written."""
        self._wake.set()

    def run_round(self) -> bool:
        """Run every due ticker and at most one job; returns whether there was work."""
        worked = False
        self.last_beat = time.monotonic()
        for ticker in self._tickers:
            if self._stop.is_set():
                return False
            if time.monotonic() < ticker.due and not self._wake.is_set():
                continue
            try:
                busy = ticker.step()
                ticker.failures = 0
                ticker.due = time.monotonic() + (0 if busy else ticker.every_s)
                worked |= busy
            except Exception as error:  # noqa: BLE001  the loop outlives any one step
                ticker.failures += 1
                ticker.due = time.monotonic() + min(30.0, ticker.every_s * 2**ticker.failures)
                log.warning("ticker failed", ticker=ticker.name, error=repr(error)[:500])
        self._wake.clear()
        try:
            worked |= jobs.run_one(self.database, self.services)
        except Exception as error:  # noqa: BLE001  the database may be away for a while
            log.warning("jobs unavailable", error=repr(error)[:500])
        return worked

    def run(self) -> None:
        while not self._stop.is_set():
            if not self.run_round():
                self._wake.wait(PAUSE_S)
        for ticker in self._tickers:
            if ticker.at_stop:
                try:
                    ticker.step()
                except Exception as error:  # noqa: BLE001  the next start does what could not be done now
                    log.warning("last step failed", ticker=ticker.name, error=repr(error)[:500])

    def start(self) -> None:
        self._thread = threading.Thread(target=self.run, name="funeng-worker", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 15.0) -> None:
        """Ask the loop to end after its present step and wait for it."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
