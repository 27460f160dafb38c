"""Puts payloads into every column that can hold what somebody typed; a new column is one until it is named here."""

import re
from typing import Any

from sqlalchemy import JSON, Column, Enum, String, Table, UniqueConstraint, select, update
from sqlalchemy.orm import Session

from app import models_all  # noqa: F401  loads every room's tables
from app.core.db import Base
from tests.matrix.payloads import PAYLOADS

#: Written by the machine: keys, codes, digests, names of things in our own code. Nobody types them.
MACHINE_NAMES = re.compile(
    r"^(.*_)?(hash|key|code|codes|slug|token|kind|purpose|digest|mac|nonce|sha256|media_type|algorithm|method"
    r"|origin|fingerprint|message_id|scopes|text_version|ending|sealed|case_number|credit_code|object_id|request_id)$"
)
MACHINE_TABLES = frozenset(
    {
        "audit_events",
        "audit_links",
        "idempotency_keys",
        "jobs",
        "messages",
        "outbox",
        "throttle_hits",
        "questionnaires",
        "drafts",  # holds any text by nature; the pages that show drafts are in test_scripts
    }
)
MACHINE_COLUMNS = frozenset(
    {
        "users.email",  # unique, and checked as an address on the way in
        "users.mobile",
        "stored_files.scan_note",
        "help_requests.number",
        "help_requests.path",
        "parameters.value",
        "parameter_changes.value",
        "parameter_changes.before",
        "outgoing.headers",
        "outgoing.html",  # our own mail, rendered and escaped when it was written
        "external_identities.issuer",
        "external_identities.subject",
        "need_outcomes.outcome",
        "enquiries.outcome",
        "role_grants.district",
        "need_baselines.value",  # a decimal as text
        "user_sessions.ip",
        "policies.dated",  # read as a date
        "dictionary_words.author",
        "pain_points.author",
    }
)
OFFICIAL = {"source", "confidence", "search_text"}
#: Inside JSON only what stands under these names was typed.
TYPED_LEAVES = {
    "text",
    "title",
    "note",
    "reason",
    "body",
    "summary",
    "name",
    "customer",
    "evidence",
    "exit_terms",
    "not_suitable",
    "prerequisites",
}


def typed_columns() -> list[Column[Any]]:
    """Return every column of the schema that may hold a text of somebody's own."""
    return [
        column
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if table.name not in MACHINE_TABLES and _may_be_typed(table, column)
    ]


def _may_be_typed(table: Table, column: Column[Any]) -> bool:
    if column.primary_key or column.foreign_keys or column.unique or isinstance(column.type, Enum):
        return False
    if column.name in OFFICIAL or MACHINE_NAMES.match(column.name):
        return False
    if f"{table.name}.{column.name}" in MACHINE_COLUMNS:
        return False
    return isinstance(column.type, String | JSON)


def _stands_alone(table: Table, column: Column[Any]) -> bool:
    """Return whether the database lets a value of the column stand once only, alone or with others."""
    indexes = [index.columns for index in table.indexes if index.unique]
    constraints = [item.columns for item in table.constraints if isinstance(item, UniqueConstraint)]
    return any(column.name in columns for columns in (*indexes, *constraints))


def fill(session: Session, start: int) -> set[str]:
    """Put payloads into every row's typed columns, each the next one from `start`; returns those used.

    Where a value may stand once only, the row's number stands behind the payload.
    """
    used: set[str] = set()
    position = start

    def payload(length: int | None) -> str:
        nonlocal position
        while True:
            found = PAYLOADS[position % len(PAYLOADS)]
            position += 1
            if length is None or len(found) <= length:
                used.add(found)
                return found

    for column in typed_columns():
        table = column.table
        assert isinstance(table, Table)
        keys = list(table.primary_key.columns)
        rows = session.execute(select(column, *keys).limit(60)).all()
        alone = _stands_alone(table, column)
        for number, (value, *ids) in enumerate(rows):
            fresh = _replace(value, payload, column, tail=f"·{number}" if alone else "")
            if fresh == value:
                continue
            where = [key == given for key, given in zip(keys, ids, strict=True)]
            session.execute(update(table).where(*where).values({column.name: fresh}))
    return used


def _replace(value: Any, payload: Any, column: Column[Any], *, tail: str) -> Any:
    if isinstance(column.type, JSON):
        return _leaves(value, payload, typed=column.name in TYPED_LEAVES)
    if value in (None, ""):
        return value  # what may be empty decides what a page shows; a row of the world fills it
    length = getattr(column.type, "length", None)
    return payload(length and length - len(tail)) + tail


def _leaves(node: Any, payload: Any, *, typed: bool) -> Any:
    if isinstance(node, dict):
        return {name: _leaves(item, payload, typed=name in TYPED_LEAVES) for name, item in node.items()}
    if isinstance(node, list):
        return [_leaves(item, payload, typed=typed) for item in node]
    return payload(60) if typed and isinstance(node, str) and node else node
