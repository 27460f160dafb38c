"""Documents for the search tests; all of it 示例."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from search import SearchEngine
from search.types import Document, Filter, Outcome, Page, Query

PUBLIC = frozenset({"public"})
STAFF = frozenset({"public", "verified_vendor", "staff"})


def offering(ident: str, title: str, body: str = "", version: int = 1, **changes: Any) -> Document:
    facets = {"kind": ("solution",), **changes.pop("facets", {})}
    values: dict[str, Any] = {
        "audience": ("public", "staff"),
        "published_at": datetime(2026, 1, 1, tzinfo=UTC),
        "facets": facets,
    }
    return Document("offering", ident, version, title=title, body=body, **{**values, **changes})


def put(engine: SearchEngine, *documents: Document) -> None:
    report = engine.write(documents)
    assert [item for item in report.items if item.outcome is not Outcome.OK] == []


def find(engine: SearchEngine, text: str = "", **changes: Any) -> Page:
    audience = changes.pop("audience", PUBLIC)
    chosen = changes.pop("chosen", {})
    filters = tuple(Filter(name, tuple(values)) for name, values in chosen.items())
    return engine.search(Query(audience, text, filters=filters, **changes))


def ids(page: Page) -> list[str]:
    return [hit.id for hit in page.hits]


def counts(page: Page, name: str) -> dict[str, int]:
    return {count.value: count.count for count in page.facets[name].counts}
