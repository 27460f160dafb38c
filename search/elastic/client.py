"""The Elasticsearch client as settings ask for it, and its errors in the layer's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from elastic_transport import ConnectionTimeout, TransportError
from elasticsearch import ApiError, Elasticsearch

from search.settings import EngineSettings
from search.types import SearchUnavailable

T = TypeVar("T")


def connect(settings: EngineSettings) -> Elasticsearch:
    """Makes no connection yet. No retries: the breaker and the outbox decide when to try again."""
    options: dict[str, Any] = {
        "request_timeout": settings.search_timeout,
        "max_retries": 0,
        "retry_on_timeout": False,
        "retry_on_status": (),
        "sniff_on_start": False,
        "connections_per_node": 16,
        # A node marked dead would be avoided for up to 30 s; with one node that only delays recovery.
        "dead_node_backoff_factor": 0,
        "max_dead_node_backoff": 0,
    }
    if settings.api_key:
        options["api_key"] = settings.api_key
    elif settings.username:
        options["basic_auth"] = (settings.username, settings.password or "")
    if any(host.startswith("https:") for host in settings.hosts):
        options["verify_certs"] = settings.verify_certs
        if settings.ca_certs is not None:
            options["ca_certs"] = str(settings.ca_certs)
        if not settings.verify_certs:
            options["ssl_show_warn"] = False
    return Elasticsearch(list(settings.hosts), **options)


def unavailable(error: Exception) -> SearchUnavailable:
    if isinstance(error, ApiError):
        return SearchUnavailable(f"Elasticsearch answered {error.status_code}: {error.message}"[:300])
    if isinstance(error, ConnectionTimeout):
        return SearchUnavailable("Elasticsearch did not answer in time")
    return SearchUnavailable(f"Elasticsearch cannot be reached: {type(error).__name__}")


def asking(work: Callable[[], T]) -> T:
    """Runs a call; whatever the server or the network does becomes `SearchUnavailable`."""
    try:
        return work()
    except (ApiError, TransportError) as error:
        raise unavailable(error) from error
