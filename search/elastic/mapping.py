"""The Elasticsearch mapping made from the neutral field list: core field types, the `whitespace` analyzer only."""

from __future__ import annotations

from typing import Any

from search.encode import SORT_KEYS, TOKEN_FIELDS
from search.schema import KEYWORDS, NUMBERS

#: What `_source` keeps: token fields are searched, never shown, and would double the index.
KEPT = ("source", "key", "doc_version", "hash", "live", "scan")


def mapping(meta: dict[str, Any]) -> dict[str, Any]:
    """`dynamic: strict`, so that a field nobody listed is refused instead of indexed."""
    properties: dict[str, Any] = {
        "key": {"type": "keyword"},
        "hash": {"type": "keyword", "index": False, "doc_values": False},
        "source": {"type": "keyword", "index": False, "doc_values": False},
        "doc_version": {"type": "long", "index": False},
        "scan": {"type": "long"},
        "written_at": {"type": "long"},
        "live": {"type": "keyword"},
        "object_kind": {"type": "keyword"},
        "audience": {"type": "keyword"},
    }
    for name in (*KEYWORDS, "vocab"):
        properties[name] = {"type": "keyword"}
    for name in TOKEN_FIELDS:
        properties[name] = {"type": "text", "analyzer": "whitespace", "index_options": "freqs"}
    for name in NUMBERS:
        properties[name] = {"type": "long"}
    for name, _ in SORT_KEYS.values():
        properties[name] = {"type": "long", "index": False}
    return {
        "dynamic": "strict",
        "_meta": meta,
        "_source": {"includes": list(KEPT)},
        "properties": properties,
    }
