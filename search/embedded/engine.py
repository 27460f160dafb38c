"""The embedded engine: tantivy indexes in a folder of this machine, one writing process, any number of readers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TypeVar, cast

import tantivy

from search.analysis.tokens import PIPELINE_VERSION, Tokeniser
from search.embedded.generation import Generation
from search.embedded.query import counted, run
from search.embedded.rebuild import EmbeddedRebuild
from search.embedded.store import Store
from search.flow import EngineBase, Found, Request, Response
from search.settings import EngineSettings
from search.types import (
    Document,
    Health,
    ItemResult,
    Lexicon,
    Metadata,
    Outcome,
    Ref,
    ScanPage,
    SearchUnavailable,
    Stamp,
    Status,
    WriteReport,
)

T = TypeVar("T")
_Errors = (ValueError, OSError, RuntimeError)  # what tantivy raises when its files are not as they should be
_MOST_PURGED = 100_000


class EmbeddedEngine(EngineBase):
    """See `search.interface.SearchEngine`. The index is a derived thing: broken, it is rebuilt, never repaired."""

    def __init__(self, settings: EngineSettings, lexicon: Lexicon) -> None:
        if settings.data_dir is None:
            raise ValueError("the embedded engine needs a data folder")
        self._store = Store(settings.data_dir)
        self._heap = settings.heap_bytes
        self._serving: Generation | None = None
        self._alias: tuple[int, int] | None = None
        self._trouble = ""
        self._rebuild: EmbeddedRebuild | None = None
        self._lock = threading.RLock()
        super().__init__(lexicon)

    # -- reading -------------------------------------------------------------------------------------------

    def _generation(self) -> Generation:
        """The serving generation, reopened when the alias names another; raises when none can serve."""
        stamp = self._store.alias_stamp()
        serving = self._serving
        if serving is not None and stamp == self._alias:
            return serving
        with self._lock:
            stamp = self._store.alias_stamp()
            if self._serving is None or stamp != self._alias:
                name = self._store.serving()
                if name is None:
                    self._serving, self._trouble = None, "no index yet"
                    raise SearchUnavailable(self._trouble)
                if self._serving is None or self._serving.name != name:
                    if self._alias == stamp and self._trouble:
                        raise SearchUnavailable(self._trouble)
                    try:
                        self._serving, self._trouble = Generation(self._store, name, self._heap), ""
                    except (*_Errors, KeyError, TypeError, SearchUnavailable) as error:
                        self._serving, self._trouble = None, f"index cannot be opened: {error}"
                        raise SearchUnavailable(self._trouble) from error
                    finally:
                        self._alias = stamp
            return self._serving

    def _read(self, work: Callable[[Generation], T]) -> T:
        generation = self._generation()
        try:
            return work(generation)
        except _Errors as error:
            raise SearchUnavailable(f"embedded index: {error}") from error

    def _execute(self, requests: Sequence[Request]) -> list[Response]:
        def work(generation: Generation) -> list[Response]:
            searcher = generation.searcher()
            responses = [run(searcher, generation.schema, request) for request in requests]
            for response in responses:
                for item in response.found:
                    item.handle = (searcher, item.handle)
            return responses

        return self._read(work)

    def _load(self, found: Sequence[Found]) -> None:
        for item in found:
            if not item.key:
                searcher, address = cast("tuple[tantivy.Searcher, tantivy.DocAddress]", item.handle)
                stored = searcher.doc(address)
                item.key = str(stored.get_first("key"))
                item.source = bytes(stored.get_first("source") or b"").decode()

    def _state(self) -> object:
        return self._read(lambda generation: generation.state())

    def _serving_tokeniser(self) -> Tokeniser:
        return self._generation().tokeniser

    def health(self) -> Health:
        try:
            documents = self.count()
        except SearchUnavailable as error:
            return Health(Status.DOWN, str(error))
        reason = self.metadata().needs_rebuild
        return Health(Status.STALE if reason else Status.READY, reason, documents)

    def metadata(self) -> Metadata:
        try:
            generation = self._generation()
        except SearchUnavailable as error:
            return Metadata("embedded", "", "", "", "", None, needs_rebuild=str(error))
        build = generation.build
        reason = ""
        if not build.complete:
            reason = "never built from the database"
        elif build.pipeline_version != PIPELINE_VERSION:
            reason = f"text pipeline {build.pipeline_version}, now {PIPELINE_VERSION}"
        elif build.words != self._lexicon.words:
            reason = f"words of lexicon {build.lexicon_version}, now {self._lexicon.version}"
        built = datetime.fromisoformat(build.published_at) if build.published_at else None
        return Metadata(
            "embedded",
            generation.name,
            build.pipeline_version,
            build.schema_version,
            build.lexicon_version,
            built,
            reason,
        )

    def count(self, kind: str | None = None) -> int:
        def work(generation: Generation) -> int:
            clauses = [(tantivy.Occur.Must, _term(generation, "live", "y"))]
            if kind is not None:
                clauses.append((tantivy.Occur.Must, _term(generation, "object_kind", kind)))
            query = tantivy.Query.boolean_query(clauses)
            return counted(generation.searcher().search(query, 1, count=True))

        return self._read(work)

    def scan(self, after: str | None = None, size: int = 1000) -> ScanPage:
        def work(generation: Generation) -> ScanPage:
            searcher = generation.searcher()
            low = int(after) + 1 if after is not None else 0
            query = tantivy.Query.range_query(generation.schema, "scan", tantivy.FieldType.Integer, low, None)
            hits = searcher.search(
                query, size, count=False, order_by_field="scan", order=tantivy.Order.Asc
            ).hits
            stamps = tuple(_stamp(searcher.doc(address)) for _, address in hits)
            return ScanPage(stamps, str(hits[-1][0]) if len(hits) == size else None)

        return self._read(work)

    def lookup(self, refs: Iterable[Ref]) -> dict[Ref, Stamp]:
        def work(generation: Generation) -> dict[Ref, Stamp]:
            keys = [ref.key for ref in refs]
            if not keys:
                return {}
            searcher = generation.searcher()
            query = tantivy.Query.term_set_query(generation.schema, "key", keys)
            hits = searcher.search(query, len(keys), count=False).hits
            return {stamp.ref: stamp for stamp in (_stamp(searcher.doc(address)) for _, address in hits)}

        return self._read(work)

    # -- writing -------------------------------------------------------------------------------------------

    def write(self, batch: Sequence[Document]) -> WriteReport:
        if not batch:
            return WriteReport(())
        with self._lock:
            self._store.take_lease()
            serving = self._writable()
            rebuild = self._rebuild
            live = serving.write(batch, commit=True) if serving is not None else None
            both: list[ItemResult] | None = None
            if rebuild is not None and not rebuild.broken:
                both = rebuild.target.write(batch, commit=False)
                if any(item.outcome is Outcome.RETRY for item in both):
                    rebuild.broken = "a live write could not reach the new generation"
        if live is None:
            # Nothing that can serve takes the batch: the caller keeps it until a rebuild is published.
            live = [ItemResult(d.ref, Outcome.RETRY, self._trouble or "needs a rebuild") for d in batch]
        return WriteReport(tuple(live))

    def _writable(self) -> Generation | None:
        try:
            return self._generation()
        except SearchUnavailable:
            if self._store.serving() is not None:
                return None
        name = self._store.create(self._lexicon)
        Generation(self._store, name, self._heap)
        self._store.publish(name, complete=False)
        return self._generation()

    def begin_rebuild(self, lexicon: Lexicon | None = None) -> EmbeddedRebuild:
        with self._lock:
            self._store.take_lease()
            if self._rebuild is not None:
                self._rebuild.abandon()
            self._store.sweep()
            name = self._store.create(lexicon or self._lexicon)
            self._rebuild = EmbeddedRebuild(self, Generation(self._store, name, self._heap))
            return self._rebuild

    def _publish(self, rebuild: EmbeddedRebuild) -> None:
        with self._lock:
            try:
                rebuild.target.commit()
            except _Errors as error:
                rebuild.abandon()
                raise SearchUnavailable(f"rebuild given up: {error}") from error
            self._store.publish(rebuild.generation, complete=True)
            former = self._serving
            rebuild.target.build = self._store.read_build(rebuild.generation)
            self._serving, self._trouble = rebuild.target, ""
            self._alias = self._store.alias_stamp()
            self._rebuild = None
            if former is not None:
                former.drop_writer()

    def _abandon(self, rebuild: EmbeddedRebuild) -> None:
        with self._lock:
            rebuild.target.drop_writer()
            self._store.remove(rebuild.generation)
            if self._rebuild is rebuild:
                self._rebuild = None

    def purge(self, before: datetime) -> int:
        with self._lock:
            self._store.take_lease()

            def work(generation: Generation) -> int:
                query = tantivy.Query.boolean_query(
                    [
                        (tantivy.Occur.Must, _term(generation, "live", "n")),
                        (
                            tantivy.Occur.Must,
                            tantivy.Query.range_query(
                                generation.schema,
                                "written_at",
                                tantivy.FieldType.Integer,
                                None,
                                int(before.astimezone(UTC).timestamp()),
                                include_upper=False,
                            ),
                        ),
                    ]
                )
                searcher = generation.searcher()
                hits = searcher.search(query, _MOST_PURGED, count=False).hits
                keys = [str(searcher.doc(address).get_first("key")) for _, address in hits]
                if keys:
                    generation.purge(keys)
                return len(keys)

            return self._read(work)

    def close(self) -> None:
        with self._lock:
            if self._rebuild is not None:
                self._rebuild.abandon()
            if self._serving is not None:
                self._serving.drop_writer()
                self._serving = None
            self._alias = None
            self._store.release_lease()


def _term(generation: Generation, field: str, value: str) -> tantivy.Query:
    return tantivy.Query.term_query(generation.schema, field, value, "basic")


def _stamp(stored: tantivy.Document) -> Stamp:
    return Stamp(
        Ref.parse(str(stored.get_first("key"))),
        int(stored.get_first("doc_version") or 0),
        str(stored.get_first("hash")),
        stored.get_first("live") == "n",
    )
