"""The search engine layer: `open_engine` is its only door, `SearchEngine` its contract.

It knows documents, queries and pages, and nothing of the application above it. Text is analysed here, so both
engines rank alike; `docs/search.md` tells the whole story on one page.
"""

from __future__ import annotations

from search.interface import Rebuild, SearchEngine
from search.settings import EngineSettings
from search.types import Lexicon

__all__ = ["EngineSettings", "Lexicon", "Rebuild", "SearchEngine", "open_engine"]


def open_engine(settings: EngineSettings, lexicon: Lexicon | None = None) -> SearchEngine:
    """Opens the engine that the settings name, behind the timeout and circuit breaker.

    Never waits for a server: a dead one shows in `health()` and as `SearchUnavailable` on use. Opening is
    cheap and takes no writer lease; the first write does.
    """
    from search.guard import Breaker, GuardedEngine

    engine: SearchEngine
    deadline: float | None = None
    if settings.backend == "embedded":
        from search.embedded.engine import EmbeddedEngine

        engine = EmbeddedEngine(settings, lexicon or Lexicon())
    elif settings.backend == "elasticsearch":
        from search.elastic.engine import ElasticEngine

        engine = ElasticEngine(settings, lexicon or Lexicon())
        deadline = settings.search_timeout
    else:
        raise ValueError(f"unknown search backend {settings.backend!r}")
    return GuardedEngine(
        engine,
        Breaker(
            failures=settings.breaker_failures,
            window=settings.breaker_window,
            half_open_after=settings.half_open_seconds,
        ),
        deadline=deadline,
    )
