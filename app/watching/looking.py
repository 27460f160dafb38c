"""The bounded buffer of what people look at: noted while a page is made, written by the worker, losable."""

import threading
import uuid
from datetime import datetime

from app.core import clock
from app.watching.models import Kind

MOST = 5_000
FLUSH_S = 30.0
Seen = tuple[uuid.UUID, Kind, uuid.UUID]


class Glances:
    """Looks since the last flush, the latest of each person and object; a full buffer takes no more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[Seen, datetime] = {}
        self._taken_at = clock.now()

    def note(self, user_id: uuid.UUID, kind: Kind, object_id: uuid.UUID) -> None:
        with self._lock:
            if len(self._seen) < MOST or (user_id, kind, object_id) in self._seen:
                self._seen[(user_id, kind, object_id)] = clock.now()

    @property
    def is_due(self) -> bool:
        return bool(self._seen) and (clock.now() - self._taken_at).total_seconds() >= FLUSH_S

    def take(self) -> dict[Seen, datetime]:
        """Return and forget what was noted."""
        with self._lock:
            seen, self._seen = self._seen, {}
            self._taken_at = clock.now()
            return seen

    def forget(self, user_id: uuid.UUID) -> None:
        """Drop what was noted of a person who clears the list."""
        with self._lock:
            self._seen = {key: moment for key, moment in self._seen.items() if key[0] != user_id}


glances = Glances()
