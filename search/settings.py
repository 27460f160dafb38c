"""What `open_engine` needs to know; the application fills it from its own settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """`backend` is `embedded` (an index under `data_dir`) or `elasticsearch` (at `hosts`)."""

    backend: str = "embedded"
    data_dir: Path | None = None
    #: tantivy's indexing buffer in bytes (at least 15 MB for its one thread)
    heap_bytes: int = 48_000_000
    hosts: tuple[str, ...] = ("http://127.0.0.1:9200",)
    #: every index and alias of this installation starts so; letters, digits and dashes
    index_prefix: str = "funeng"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)
    ca_certs: Path | None = None
    verify_certs: bool = True
    replicas: int = 0
    search_timeout: float = 1.0
    write_timeout: float = 10.0
    #: the breaker: this many failures within the window open it; one trial per `half_open_seconds`
    breaker_failures: int = 3
    breaker_window: float = 10.0
    half_open_seconds: float = 5.0
