"""What one process holds: settings, database, keys, limits, the search engine and the worker."""

from dataclasses import dataclass, field
from typing import Any

from app.core.db import Database
from app.core.security import Signer
from app.core.settings import Settings
from app.core.throttle import Throttle
from app.core.worker import Worker
from search import SearchEngine


@dataclass
class Runtime:
    settings: Settings
    database: Database
    signer: Signer
    throttle: Throttle
    engine: SearchEngine
    worker: Worker | None = None
    ready: bool = True
    extra: dict[str, Any] = field(default_factory=dict)

    def wake_worker(self) -> None:
        if self.worker is not None:
            self.worker.wake()
