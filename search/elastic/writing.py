"""Documents as bulk lines with external versions, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from search.analysis.tokens import Tokeniser
from search.encode import live_fields, tombstone_fields
from search.schema import problem_of
from search.types import Document, ItemResult, Outcome

_BUSY = (404, 408, 429)  # an alias that is gone and a full queue are no fault of the document


def bulk_lines(
    batch: Sequence[Document], tokeniser: Tokeniser
) -> tuple[list[dict[str, Any]], dict[int, str]]:
    """Action and source lines for what can be indexed, and by position why the rest cannot."""
    now = datetime.now(UTC)
    lines: list[dict[str, Any]] = []
    refused: dict[int, str] = {}
    for position, document in enumerate(batch):
        if problem := problem_of(document):
            refused[position] = problem
            continue
        fields = (
            tombstone_fields(document, now)
            if document.is_tombstone
            else live_fields(document, tokeniser, now)
        )
        action = {"_id": document.key, "version": document.doc_version, "version_type": "external_gte"}
        lines += [{"index": action}, fields]
    return lines, refused


def outcomes(
    batch: Sequence[Document], refused: Mapping[int, str], items: Sequence[Mapping[str, Any]]
) -> list[ItemResult]:
    """One result per document, in the batch's order."""
    answers = iter(items)
    results = []
    for position, document in enumerate(batch):
        if position in refused:
            results.append(ItemResult(document.ref, Outcome.REJECTED, refused[position]))
        else:
            results.append(_outcome(document, next(answers)["index"]))
    return results


def _outcome(document: Document, item: Mapping[str, Any]) -> ItemResult:
    status = int(item["status"])
    if status < 300:
        return ItemResult(document.ref, Outcome.OK)
    error = item.get("error") or {}
    reason = f"{error.get('type', status)}: {error.get('reason', '')}"[:200]
    if status == 409:
        return ItemResult(document.ref, Outcome.STALE, reason)
    if status >= 500 or status in _BUSY or "blocked" in reason:
        return ItemResult(document.ref, Outcome.RETRY, reason)
    return ItemResult(document.ref, Outcome.REJECTED, reason)
