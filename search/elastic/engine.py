"""The Elasticsearch engine: one index per generation behind an alias, core features only.

<prefix>-live       alias of the serving index; every read and every live write goes through it
<prefix>-building   alias of the index being rebuilt, if any: live writes go there too
<prefix>-<time>-…   the indices; `_meta` in the mapping says how each was made
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from elastic_transport import TransportError
from elasticsearch import ApiError, NotFoundError

from search.analysis.tokens import PIPELINE_VERSION, Tokeniser
from search.elastic.client import asking, connect
from search.elastic.mapping import mapping
from search.elastic.query import body, response
from search.elastic.rebuild import ElasticRebuild, fill_alias
from search.elastic.writing import bulk_lines, outcomes
from search.encode import tokeniser_for
from search.flow import EngineBase, Found, Request, Response
from search.schema import SCHEMA_VERSION
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

_KEEP = timedelta(days=1)
_META_SECONDS = 1.0


class ElasticEngine(EngineBase):
    """See `search.interface.SearchEngine`."""

    def __init__(self, settings: EngineSettings, lexicon: Lexicon) -> None:
        self._settings = settings
        self._client = connect(settings)
        self._writer = self._client.options(request_timeout=settings.write_timeout)
        self._live = f"{settings.index_prefix}-live"
        self._building = f"{settings.index_prefix}-building"
        self._meta: tuple[float, str, dict[str, Any]] | None = None
        self._meta_lock = threading.Lock()
        super().__init__(lexicon)

    # -- reading -------------------------------------------------------------------------------------------

    def _serving(self) -> tuple[str, dict[str, Any]]:
        """Name and `_meta` of the serving index, at most a second old."""
        with self._meta_lock:
            known = self._meta
            if known is not None and time.monotonic() - known[0] < _META_SECONDS:
                return known[1], known[2]
            answer = asking(lambda: self._client.options(ignore_status=404).indices.get(index=self._live))
            if answer.meta.status == 404 or not answer.body:
                self._meta = None
                raise SearchUnavailable("no index yet")
            name, index = next(iter(answer.body.items()))
            meta = dict(index["mappings"].get("_meta", {}))
            self._meta = (time.monotonic(), name, meta)
            return name, meta

    def _serving_tokeniser(self) -> Tokeniser:
        _, meta = self._serving()
        if meta.get("schema_version") != SCHEMA_VERSION:
            raise SearchUnavailable(f"schema version {meta.get('schema_version')}, wanted {SCHEMA_VERSION}")
        return tokeniser_for(tuple(meta.get("words", ())))

    def _execute(self, requests: Sequence[Request]) -> list[Response]:
        lines: list[dict[str, Any]] = []
        for request in requests:
            lines += [{"index": self._live}, body(request)]
        answers = asking(lambda: self._client.msearch(searches=lines))["responses"]
        responses = []
        for request, answer in zip(requests, answers, strict=True):
            if "error" in answer or answer.get("timed_out") or answer["_shards"]["failed"]:
                reason = json.dumps(answer.get("error", "shards failed"), ensure_ascii=False)[:300]
                raise SearchUnavailable(f"Elasticsearch: {reason}")
            responses.append(response(request, answer))
        return responses

    def _load(self, found: Sequence[Found]) -> None:
        """Hits arrive with key and source."""

    def _state(self) -> object:
        # An index gives no cheap mark of change: the vocabulary is renewed by time alone.
        return self._serving()[0], int(time.monotonic())

    def health(self) -> Health:
        try:
            self._serving()
            answer = asking(lambda: self._client.cluster.health(index=self._live, timeout="1s"))
            documents = self.count()
        except SearchUnavailable as error:
            return Health(Status.DOWN, str(error))
        if answer["status"] == "red":
            return Health(Status.DOWN, "index is red", documents)
        reason = self.metadata().needs_rebuild
        return Health(Status.STALE if reason else Status.READY, reason, documents)

    def metadata(self) -> Metadata:
        try:
            name, meta = self._serving()
        except SearchUnavailable as error:
            return Metadata("elasticsearch", "", "", "", "", None, needs_rebuild=str(error))
        pipeline, version = meta.get("pipeline_version", ""), meta.get("schema_version", "")
        reason = ""
        if not meta.get("complete"):
            reason = "never built from the database"
        elif version != SCHEMA_VERSION:
            reason = f"schema {version}, now {SCHEMA_VERSION}"
        elif pipeline != PIPELINE_VERSION:
            reason = f"text pipeline {pipeline}, now {PIPELINE_VERSION}"
        elif tuple(meta.get("words", ())) != self._lexicon.words:
            reason = f"words of lexicon {meta.get('lexicon_version')}, now {self._lexicon.version}"
        built = meta.get("published_at")
        return Metadata(
            "elasticsearch",
            name,
            pipeline,
            version,
            meta.get("lexicon_version", ""),
            datetime.fromisoformat(built) if built else None,
            reason,
        )

    def count(self, kind: str | None = None) -> int:
        conditions: list[dict[str, Any]] = [{"term": {"live": "y"}}]
        if kind is not None:
            conditions.append({"term": {"object_kind": kind}})
        query = {"bool": {"filter": conditions}}
        return int(asking(lambda: self._client.count(index=self._live, query=query))["count"])

    def scan(self, after: str | None = None, size: int = 1000) -> ScanPage:
        last = [int(after)] if after is not None else None
        answer = asking(
            lambda: self._writer.search(
                index=self._live,
                sort=[{"scan": "asc"}],
                search_after=last,
                size=size,
                source_includes=["doc_version", "hash", "live"],
                track_total_hits=False,
            )
        )
        hits = answer["hits"]["hits"]
        stamps = tuple(_stamp(hit["_id"], hit["_source"]) for hit in hits)
        return ScanPage(stamps, str(hits[-1]["sort"][0]) if len(hits) == size else None)

    def lookup(self, refs: Iterable[Ref]) -> dict[Ref, Stamp]:
        keys = [ref.key for ref in refs]
        if not keys:
            return {}
        answer = asking(
            lambda: self._writer.mget(
                index=self._live, ids=keys, source_includes=["doc_version", "hash", "live"]
            )
        )
        stamps = (_stamp(doc["_id"], doc["_source"]) for doc in answer["docs"] if doc.get("found"))
        return {stamp.ref: stamp for stamp in stamps}

    # -- writing -------------------------------------------------------------------------------------------

    def write(self, batch: Sequence[Document]) -> WriteReport:
        if not batch:
            return WriteReport(())
        name = self._writable()
        if name is None:
            return WriteReport(tuple(ItemResult(d.ref, Outcome.RETRY, "needs a rebuild") for d in batch))
        # Asked anew each time: an answer from a cache could miss a rebuild that has begun meanwhile.
        building = self._index_of(self._building)
        words = self._words_of(name)
        results = self.bulk(self._live, batch, words, refresh=True)
        if building is not None:
            second = self.bulk(self._building, batch, self._words_of(building), refresh=False)
            if any(item.outcome is Outcome.RETRY for item in second):
                # Published or abandoned meanwhile: then the live alias may name another index by now.
                # Anything else (429, 5xx) must be tried again too, or the new index would lack it.
                results = self._again(batch, results)
        return WriteReport(tuple(results))

    def _again(self, batch: Sequence[Document], results: list[ItemResult]) -> list[ItemResult]:
        if self._index_of(self._building) is not None:
            return [
                ItemResult(r.ref, Outcome.RETRY, "the new index did not take it")
                if r.outcome in (Outcome.OK, Outcome.STALE)
                else r
                for r in results
            ]
        self._meta = None
        name, _ = self._serving()
        return self.bulk(self._live, batch, self._words_of(name), refresh=True)

    def bulk(
        self, alias: str, batch: Sequence[Document], words: tuple[str, ...], *, refresh: bool
    ) -> list[ItemResult]:
        """One bulk request; a failure of the whole is `RETRY` for every document that is not refused anyway."""
        lines, refused = bulk_lines(batch, tokeniser_for(words))
        if not lines:
            return outcomes(batch, refused, [])
        try:
            answer = self._writer.bulk(index=alias, operations=lines, refresh=refresh, require_alias=True)
        except (ApiError, TransportError) as error:
            reason = f"{type(error).__name__}: {error}"[:200]
            return [
                ItemResult(d.ref, Outcome.REJECTED, refused[i])
                if i in refused
                else ItemResult(d.ref, Outcome.RETRY, reason)
                for i, d in enumerate(batch)
            ]
        return outcomes(batch, refused, answer["items"])

    def _writable(self) -> str | None:
        """The serving index's name; made empty when there is none. None when another schema made it."""
        try:
            name, meta = self._serving()
        except SearchUnavailable:
            if self._index_of(self._live) is not None:
                raise
            name = self._create(self._lexicon)
            self._alias([{"add": {"index": name, "alias": self._live, "is_write_index": True}}])
            self._meta = None
            name, meta = self._serving()
        return name if meta.get("schema_version") == SCHEMA_VERSION else None

    def _words_of(self, index: str) -> tuple[str, ...]:
        name, meta = self._serving()
        if name != index:
            found = asking(lambda: self._writer.indices.get_mapping(index=index)).body
            meta = next(iter(found.values()))["mappings"].get("_meta", {})
        return tuple(meta.get("words", ()))

    def begin_rebuild(self, lexicon: Lexicon | None = None) -> ElasticRebuild:
        """Takes over from a rebuild that was left behind; the application sees to it that only one runs."""
        lexicon = lexicon or self._lexicon
        former = self._index_of(self._building)
        if former is not None:
            self.drop(former)
        self._sweep()
        name = self._create(lexicon)
        self._alias([{"add": {"index": name, "alias": a}} for a in (self._building, fill_alias(name))])
        return ElasticRebuild(self, name, lexicon.words)

    def publish(self, name: str) -> None:
        """Refreshes the new index and moves the live alias to it in one action."""
        former = self._index_of(self._live)
        asking(lambda: self._writer.options(request_timeout=60).indices.refresh(index=name))
        moment = datetime.now(UTC).isoformat()
        self._put_meta(name, published_at=moment, complete=True)
        actions: list[dict[str, Any]] = [
            {"remove": {"index": name, "alias": self._building, "must_exist": True}},
            {"remove": {"index": name, "alias": fill_alias(name)}},
            {"add": {"index": name, "alias": self._live, "is_write_index": True}},
        ]
        if former is not None and former != name:
            actions.append({"remove": {"index": former, "alias": self._live}})
        self._alias(actions)
        self._meta = None
        if former is not None and former != name:
            self._put_meta(former, retired_at=moment)

    def is_building(self, name: str) -> bool:
        """Whether this index is still the one being rebuilt, and not taken over by a later rebuild."""
        return self._index_of(self._building) == name

    def drop(self, name: str) -> None:
        asking(lambda: self._writer.indices.delete(index=name, ignore_unavailable=True))

    def drop_everything(self) -> None:
        """Removes every index under this prefix: for scratch indices of evaluations and tests."""
        pattern = f"{self._settings.index_prefix}-*"
        for name in asking(lambda: self._writer.indices.get(index=pattern, allow_no_indices=True)).body:
            self.drop(name)
        self._meta = None

    def purge(self, before: datetime) -> int:
        stamp = int(before.astimezone(UTC).timestamp())
        query = {"bool": {"filter": [{"term": {"live": "n"}}, {"range": {"written_at": {"lt": stamp}}}]}}
        purged = 0
        while True:
            answer = asking(
                lambda: self._writer.search(
                    index=self._live, query=query, size=1000, source_includes=["doc_version"]
                )
            )
            hits = answer["hits"]["hits"]
            lines = [
                {
                    "delete": {
                        "_id": hit["_id"],
                        "version": hit["_source"]["doc_version"],
                        "version_type": "external_gte",
                    }
                }
                for hit in hits
            ]
            if not lines:
                return purged
            result = asking(
                lambda lines=lines: self._writer.bulk(  # type: ignore[misc]  # mypy cannot infer a lambda with a default
                    index=self._live, operations=lines, refresh=True, require_alias=True
                )
            )
            done: int = sum(item["delete"]["status"] == 200 for item in result["items"])
            purged += int(done)
            if not done:
                return purged

    def close(self) -> None:
        self._client.close()

    # -- indices and aliases -------------------------------------------------------------------------------

    def _create(self, lexicon: Lexicon) -> str:
        name = f"{self._settings.index_prefix}-{datetime.now(UTC):%Y%m%d%H%M%S}-{secrets.token_hex(4)}"
        meta = {
            "pipeline_version": PIPELINE_VERSION,
            "schema_version": SCHEMA_VERSION,
            "lexicon_version": lexicon.version,
            "words": list(lexicon.words),
            "begun_at": datetime.now(UTC).isoformat(),
            "complete": False,
        }
        # One shard: scores and ties then equal the embedded engine's.
        settings = {"number_of_shards": 1, "number_of_replicas": self._settings.replicas}
        asking(
            lambda: self._writer.indices.create(
                index=name, mappings=mapping(meta), settings=settings, wait_for_active_shards=1
            )
        )
        return name

    def _put_meta(self, index: str, **changes: Any) -> None:
        found = asking(lambda: self._writer.indices.get_mapping(index=index)).body
        meta = {**next(iter(found.values()))["mappings"].get("_meta", {}), **changes}
        asking(lambda: self._writer.indices.put_mapping(index=index, meta=meta))

    def _alias(self, actions: list[dict[str, Any]]) -> None:
        asking(lambda: self._writer.indices.update_aliases(actions=actions))

    def _index_of(self, alias: str) -> str | None:
        try:
            found = self._writer.indices.get_alias(name=alias).body
        except NotFoundError:
            return None
        except (ApiError, TransportError) as error:
            raise SearchUnavailable(str(error)[:200]) from error
        return next(iter(found), None)

    def _sweep(self) -> None:
        """Drops indices of rebuilds that were never published, and those retired for a day."""
        pattern = f"{self._settings.index_prefix}-*"
        found = asking(lambda: self._writer.indices.get(index=pattern, allow_no_indices=True)).body
        for name, index in found.items():
            if index.get("aliases"):
                continue
            meta = index["mappings"].get("_meta", {})
            retired = meta.get("retired_at")
            if "schema_version" not in meta:
                continue  # not ours, whatever its name
            if not meta.get("published_at") or (
                retired and datetime.now(UTC) - datetime.fromisoformat(retired) > _KEEP
            ):
                self.drop(name)


def _stamp(key: str, source: dict[str, Any]) -> Stamp:
    return Stamp(Ref.parse(key), int(source["doc_version"]), source["hash"], source["live"][0] == "n")
