"""Structured logs: one line an event, contacts masked, the request's id on each."""

import logging
import sys
from typing import Any

import structlog

from app.core.masking import mask_contacts

KEPT = {"request_id", "path"}  # ours, and never free text


def _one_line(_logger: object, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    for key, value in event.items():
        if isinstance(value, str):
            text = value.replace("\r", "\\r").replace("\n", "\\n")
            event[key] = text if key in KEPT else mask_contacts(text).text
    return event


def configure(*, as_json: bool, level: int = logging.INFO) -> None:
    """Send everything, also the servers' own records, through one structured pipeline to stderr."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _one_line,
    ]
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("uvicorn.access", "elastic_transport", "alembic", "httpx2"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def get(name: str) -> Any:
    """Return a bound logger of this name."""
    return structlog.get_logger(name)
