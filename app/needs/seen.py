"""Counts who opened a need's page, in memory: bounded, given to the worker in batches, lost with the process."""

import hashlib
import re
import threading
import uuid
from datetime import date, datetime

from app.core import clock
from app.core.permissions import Actor

MOST_VIEWERS, MOST_NEEDS = 20_000, 5_000
FLUSH_S = 30.0
_MACHINE = re.compile(
    r"bot|spider|crawl|slurp|preview|monitor|probe|scan|headless|curl|wget|python|httpx|java/|go-http|okhttp",
    re.IGNORECASE,
)


def is_machine(agent: str) -> bool:
    """Return whether a User-Agent header names no browser of a person."""
    return not agent.strip() or _MACHINE.search(agent) is not None


def viewer_of(actor: Actor, address: str, agent: str) -> str:
    """Return who looks: an organisation, a person, or a visitor by a hash that leaves memory never."""
    if actor.organisation_id is not None:
        return f"org:{actor.organisation_id}"
    if actor.user_id is not None:
        return f"user:{actor.user_id}"
    return hashlib.sha256(f"{address}\n{agent}".encode()).hexdigest()[:32]


class SeenBuffer:
    """Views since the last flush. One viewer counts once a day for each need, as far as memory reaches."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._day: date = clock.today()
        self._viewers: set[tuple[uuid.UUID, str]] = set()
        self._counts: dict[uuid.UUID, int] = {}
        self._flushed_at: datetime = clock.now()

    def add(self, need_id: uuid.UUID, viewer: str) -> bool:
        """Count a view; returns whether it was the viewer's first today."""
        with self._lock:
            today = clock.today()
            if today != self._day or len(self._viewers) >= MOST_VIEWERS:
                self._viewers.clear()
                self._day = today
            if (need_id, viewer) in self._viewers:
                return False
            if need_id not in self._counts and len(self._counts) >= MOST_NEEDS:
                return False
            self._viewers.add((need_id, viewer))
            self._counts[need_id] = self._counts.get(need_id, 0) + 1
            return True

    @property
    def is_due(self) -> bool:
        """Whether something waits and the last flush is long ago."""
        waited = (clock.now() - self._flushed_at).total_seconds()
        return bool(self._counts) and waited >= FLUSH_S

    def take(self) -> dict[uuid.UUID, int]:
        """Return and forget what was counted; the viewers of the day stay known."""
        with self._lock:
            counts, self._counts = self._counts, {}
            self._flushed_at = clock.now()
            return counts
