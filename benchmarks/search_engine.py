"""Embedded search at full size: speed of a search, of a rebuild, and memory, each against the bare engine.

    python benchmarks/search_engine.py [--documents 100000] [--json]

Prints ratios measured in one run: search with facets, correction and highlights ÷ the bare engine's query for the same
clauses; rebuild from documents ÷ the engine's own bulk load of ready fields. Memory is RssAnon + RssShmem.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import pickle
import statistics
import sys
import tempfile
import time
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import cast

import tantivy
from _search_corpus import documents, queries

from search import EngineSettings, open_engine
from search.analysis.plan import build
from search.analysis.synonyms import Synonyms
from search.embedded.engine import EmbeddedEngine
from search.guard import GuardedEngine
from search.schema import PAGE_FACETS
from search.types import Filter, Query

EVERYONE = frozenset({"public"})
BATCH = 500
#: As often as a rebuild commits: a turn ends with a commit, or the engine would index in the other's turn.
CHUNK = 25_000


def memory_mb() -> float:
    """RssAnon + RssShmem: files of the index that the kernel may drop at will do not count."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    sizes = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Rss")}
    return (int(sizes["RssAnon"]) + int(sizes["RssShmem"])) / 1024


def prepare(count: int, folder: str) -> None:
    """Writes ready fields to files, outside any timing."""
    from datetime import UTC, datetime

    from search.encode import live_fields, tokeniser_for

    stream, number = documents(count), 0
    tokeniser, now = tokeniser_for(()), datetime.now(UTC)
    while batch := list(islice(stream, CHUNK)):
        ready = []
        for document in batch:
            fields = live_fields(document, tokeniser, now)
            fields["source"] = fields["source"].encode()
            ready.append(fields)
        with (Path(folder) / f"{number:04}.pickle").open("wb") as handle:
            pickle.dump(ready, handle)
        number += 1


def load_ready(folder: str, line: Connection) -> None:
    """The engine's own bulk load, chunk by chunk as asked: seconds for adding (then committing) ready fields."""
    from search.embedded.schema import build_schema, register_tokenisers

    schema = build_schema()
    with tempfile.TemporaryDirectory() as target:
        index = tantivy.Index(schema, path=target)
        register_tokenisers(index)
        writer = index.writer(48_000_000, 1)
        while (name := line.recv()) is not None:
            ready = pickle.loads((Path(folder) / name).read_bytes())
            started = time.perf_counter()
            for fields in ready:
                writer.add_document(tantivy.Document.from_dict(fields, schema))
            writer.commit()
            line.send(time.perf_counter() - started)


class BareLoad:
    """The reference in a process of its own, so that its memory is not ours."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        context = multiprocessing.get_context("spawn")
        self._line, other = context.Pipe()
        self._process = context.Process(target=load_ready, args=(str(folder), other))
        self._process.start()

    def ask(self, name: str) -> float:
        self._line.send(name)
        return float(self._line.recv())

    def end(self) -> None:
        self._line.send(None)
        self._process.join()


def prepare_apart(count: int, folder: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=prepare, args=(count, str(folder)))
    process.start()
    process.join()
    if process.exitcode:
        sys.exit("could not prepare the ready documents")


def percentiles(seconds: list[float]) -> tuple[float, float]:
    ordered = sorted(seconds)
    return statistics.median(ordered) * 1000, ordered[int(len(ordered) * 0.95)] * 1000


def measure_searches(engine: GuardedEngine, texts: list[str]) -> dict[str, float]:
    """Each text in turn by the product and by the bare engine, so that both meet the same machine."""
    inner = engine.engine
    assert isinstance(inner, EmbeddedEngine)
    generation = inner._generation()  # noqa: SLF001  the bare engine is what stands inside
    searcher, tokeniser = generation.searcher(), generation.tokeniser
    from search.embedded.query import run
    from search.flow import Request

    ours: list[float] = []
    bare: list[float] = []
    for number, text in enumerate(texts):
        filters = (Filter("kind", ("solution", "service")),) if number % 3 == 0 else ()
        query = Query(EVERYONE, text, filters=filters, facets=PAGE_FACETS)
        node = build(text, tokeniser, Synonyms()).node
        started = time.perf_counter()
        engine.search(query)
        ours.append(time.perf_counter() - started)
        started = time.perf_counter()
        answer = run(searcher, generation.schema, Request(node, EVERYONE, filters, size=20))
        for item in answer.found:
            searcher.doc(cast("tantivy.DocAddress", item.handle)).to_dict()
        bare.append(time.perf_counter() - started)
    (p50, p95), (bare50, bare95) = percentiles(ours), percentiles(bare)
    return {
        "search_p50_ms": p50,
        "search_p95_ms": p95,
        "bare_p50_ms": bare50,
        "bare_p95_ms": bare95,
        "search_p50_ratio": p50 / bare50,
        "search_p95_ratio": p95 / bare95,
    }


def rebuild(engine: GuardedEngine, count: int, reference: BareLoad | None = None) -> tuple[float, float]:
    """Seconds of a rebuild from documents, and of the bare load, in turns on the same machine.

    Composing the documents is not counted.
    """
    ours = bare = 0.0
    stream = documents(count)
    with engine.begin_rebuild() as run:
        for number in range(-(-count // CHUNK)):
            for _ in range(CHUNK // BATCH):
                batch = list(islice(stream, BATCH))
                started = time.perf_counter()
                run.write(batch)
                ours += time.perf_counter() - started
            if reference is not None:
                bare += reference.ask(f"{number:04}.pickle")
        started = time.perf_counter()
        run.publish()
        ours += time.perf_counter() - started
    if reference is not None:
        reference.end()
    return ours, bare


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    count: int = options.documents
    results: dict[str, float] = {"documents": count}
    with tempfile.TemporaryDirectory(prefix="funeng-bench-") as folder:
        ready, index = Path(folder) / "ready", Path(folder) / "index"
        ready.mkdir()
        prepare_apart(count, ready)
        engine = open_engine(EngineSettings(data_dir=index))
        assert isinstance(engine, GuardedEngine)
        seconds, reference = rebuild(engine, count, BareLoad(ready))
        results |= {
            "rebuild_per_s": count / seconds,
            "bare_load_per_s": count / reference,
            "rebuild_ratio": reference / seconds,
        }
        engine.warm()
        texts = queries(200)
        measure_searches(engine, texts[:50])
        results |= measure_searches(engine, texts)
        for number in range(1000):
            engine.search(Query(EVERYONE, texts[number % 200], facets=PAGE_FACETS))
        results["memory_after_searches_mb"] = memory_mb()
        rebuild(engine, count)
        results["memory_after_rebuild_mb"] = memory_mb()
        engine.close()
    if options.json:
        print(json.dumps(results))
        return
    wanted = {"search_p50_ratio": "≤ 3", "search_p95_ratio": "≤ 3", "rebuild_ratio": "≥ 0.5"}
    wanted["memory_after_rebuild_mb"] = "≤ 400"
    for name, value in results.items():
        print(f"{name:28} {value:12,.2f}   {wanted.get(name, '')}")


if __name__ == "__main__":
    main()
