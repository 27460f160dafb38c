"""One tantivy index: opened, searched, and written with versions."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import tantivy

from search.analysis.tokens import Tokeniser
from search.embedded.schema import build_schema, register_tokenisers
from search.embedded.store import Build, Store
from search.encode import live_fields, scan_key, tokeniser_for, tombstone_fields
from search.schema import SCHEMA_VERSION, problem_of
from search.types import Document, ItemResult, Outcome, Ref, SearchUnavailable

#: One thread: with more, segments (and thereby ties) fall differently from run to run.
_THREADS = 1
_COMMIT_EVERY = 25_000


class Generation:
    """Not a public door: `EmbeddedEngine` owns its generations and says who may write."""

    def __init__(self, store: Store, name: str, heap_bytes: int) -> None:
        self.name = name
        self.build: Build = store.read_build(name)
        if self.build.schema_version != SCHEMA_VERSION:
            raise SearchUnavailable(f"schema version {self.build.schema_version}, wanted {SCHEMA_VERSION}")
        self._path = store.path(name)
        self._heap = heap_bytes
        self.schema = build_schema()
        self._index = tantivy.Index(self.schema, path=str(self._path), reuse=True)
        register_tokenisers(self._index)
        self._index.config_reader("manual")
        self._index.reload()
        self._seen = self._meta_stamp()
        self._searcher = self._index.searcher()
        self._writer: tantivy.IndexWriter | None = None
        self._pending: dict[str, int] = {}
        self._lock = threading.RLock()

    @property
    def tokeniser(self) -> Tokeniser:
        return tokeniser_for(self.build.words)

    # -- reading -------------------------------------------------------------------------------------------

    def searcher(self) -> tantivy.Searcher:
        """The newest committed state, also when another process committed it."""
        stamp = self._meta_stamp()
        if stamp != self._seen:
            self._index.reload()
            self._searcher, self._seen = self._index.searcher(), stamp
        return self._searcher

    def state(self) -> object:
        return self.name, self._meta_stamp()

    def _meta_stamp(self) -> tuple[int, int]:
        stat = (self._path / "meta.json").stat()
        return stat.st_ino, stat.st_mtime_ns

    def versions(self, keys: Sequence[str]) -> dict[str, int]:
        """Committed `doc_version` of those keys that the index holds."""
        searcher = self.searcher()
        if not keys or not searcher.num_docs:
            return {}
        query = tantivy.Query.term_set_query(self.schema, "key", list(keys))
        addresses = [address for _, address in searcher.search(query, len(keys), count=False).hits]
        if not addresses:
            return {}
        by_scan = {scan_key(key): key for key in keys}
        scans = searcher.fast_field_values("scan", addresses)
        found = searcher.fast_field_values("doc_version", addresses)
        return {
            by_scan[int(s)]: int(v)
            for s, v in zip(scans, found, strict=True)
            if s is not None and v is not None
        }

    # -- writing -------------------------------------------------------------------------------------------

    def encode(self, batch: Sequence[Document]) -> list[tuple[Document, dict[str, Any] | None, str]]:
        """The dear part of writing, done outside the lock: each document's fields, or why it is refused."""
        now = datetime.now(UTC)
        tokeniser = self.tokeniser
        encoded: list[tuple[Document, dict[str, Any] | None, str]] = []
        for document in batch:
            problem = problem_of(document)
            if problem:
                encoded.append((document, None, problem))
            elif document.is_tombstone:
                encoded.append((document, tombstone_fields(document, now), ""))
            else:
                encoded.append((document, live_fields(document, tokeniser, now), ""))
        return encoded

    def write(self, batch: Sequence[Document], *, commit: bool) -> list[ItemResult]:
        """Takes a batch; with `commit` it is durable and visible on return. Newest `doc_version` wins."""
        encoded = self.encode(batch)
        with self._lock:
            try:
                results = self._write(encoded)
                if commit or len(self._pending) >= _COMMIT_EVERY:
                    self.commit()
            except (
                ValueError,
                OSError,
                RuntimeError,
            ) as error:  # what tantivy raises: full disk, dead writer
                self.drop_writer()
                reason = f"{type(error).__name__}: {error}"[:200]
                return [
                    ItemResult(d.ref, Outcome.REJECTED, problem)
                    if problem
                    else ItemResult(d.ref, Outcome.RETRY, reason)
                    for d, _, problem in encoded
                ]
        return results

    def _write(self, encoded: list[tuple[Document, dict[str, Any] | None, str]]) -> list[ItemResult]:
        if self._writer is None:
            self._writer = self._index.writer(self._heap, _THREADS)
        writer, results = self._writer, []
        stored = self.versions([d.key for d, fields, _ in encoded if fields is not None])
        for document, fields, problem in encoded:
            ref, key = document.ref, document.key
            if fields is None:
                results.append(ItemResult(ref, Outcome.REJECTED, problem))
                continue
            known = self._pending.get(key, stored.get(key))
            if known is not None and known > document.doc_version:
                results.append(ItemResult(ref, Outcome.STALE, f"index holds {known}"))
                continue
            if "source" in fields:
                fields["source"] = fields["source"].encode()
            try:
                # Made before the old one goes, and with the schema: a bare int would break the writer later.
                made = tantivy.Document.from_dict(fields, self.schema)
            except (ValueError, TypeError, OverflowError) as error:
                results.append(ItemResult(ref, Outcome.REJECTED, str(error)[:200]))
                continue
            if known is not None:
                writer.delete_documents_by_term("key", key)
            writer.add_document(made)
            self._pending[key] = document.doc_version
            results.append(ItemResult(ref, Outcome.OK))
        return results

    def purge(self, keys: Iterable[str]) -> None:
        with self._lock:
            if self._writer is None:
                self._writer = self._index.writer(self._heap, _THREADS)
            for key in keys:
                self._writer.delete_documents_by_term("key", key)
            self.commit()

    def commit(self) -> None:
        with self._lock:
            if self._writer is not None:
                self._writer.commit()
                self._pending.clear()
                self._index.reload()
                self._searcher, self._seen = self._index.searcher(), self._meta_stamp()

    def drop_writer(self) -> None:
        """Gives up the writer and whatever it had not committed."""
        with self._lock:
            writer, self._writer = self._writer, None
            self._pending.clear()
            if writer is not None:
                with suppress(ValueError, OSError, RuntimeError):
                    writer.rollback()

    def ref_of(self, key: str) -> Ref:
        return Ref.parse(key)
