"""The tantivy schema made from the neutral field list."""

from __future__ import annotations

import tantivy

from search.encode import SORT_KEYS, TOKEN_FIELDS
from search.schema import KEYWORDS, NUMBERS

_WHITESPACE = "tokens"


def build_schema() -> tantivy.Schema:
    """Token fields with frequencies only, keyword fields with columns for counting, whole numbers.

    Numbers are signed: deleting or querying by an int on an unsigned field silently finds nothing.
    """
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("key", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("hash", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_bytes_field("source", stored=True)
    builder.add_integer_field("doc_version", stored=True, fast=True)
    builder.add_integer_field("scan", indexed=True, fast=True)
    builder.add_integer_field("written_at", indexed=True, fast=True)
    builder.add_text_field("live", stored=True, tokenizer_name="raw", index_option="basic")
    for name in ("object_kind", "audience"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in (*KEYWORDS, "vocab"):
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    for name in TOKEN_FIELDS:
        builder.add_text_field(name, tokenizer_name=_WHITESPACE, index_option="freq")
    for name in NUMBERS:
        builder.add_integer_field(name, indexed=True, fast=True)
    for name, _ in SORT_KEYS.values():
        builder.add_integer_field(name, fast=True)
    return builder.build()


def register_tokenisers(index: tantivy.Index) -> None:
    """Must follow every opening: an index file remembers a tokeniser's name only."""
    index.register_tokenizer(_WHITESPACE, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
