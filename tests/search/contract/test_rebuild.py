"""A rebuild is invisible: searches go on, no live write is lost, and a dead one leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from search import EngineSettings, Lexicon, SearchEngine
from search.types import Document, Outcome, Ref, SearchUnavailable, Status
from tests.search.contract.conftest import OpenAgain
from tests.search.factories import find, ids, offering, put

OLD = [offering(f"d{n}", f"设备点检 {n}") for n in range(40)]


def rebuild(engine: SearchEngine, documents: list[Document], lexicon: Lexicon | None = None) -> None:
    with engine.begin_rebuild(lexicon) as run:
        run.write(documents)
        run.publish()


def test_health_tells_when_a_rebuild_is_due(engine: SearchEngine) -> None:
    assert engine.health().status is Status.DOWN
    put(engine, *OLD)
    assert engine.health().status is Status.STALE
    rebuild(engine, OLD)
    assert engine.health().status is Status.READY
    assert engine.health().documents == 40
    engine.use_lexicon(Lexicon("test-1", words=("点检卡",), synonyms=(("甲", "乙"),)))
    assert engine.metadata().needs_rebuild == ""  # synonyms act at query time
    words = Lexicon("test-3", words=("点检卡", "新词儿"))
    engine.use_lexicon(words)
    assert "lexicon" in engine.metadata().needs_rebuild
    rebuild(engine, OLD, words)
    meta = engine.metadata()
    assert (meta.needs_rebuild, meta.lexicon_version) == ("", "test-3")
    assert meta.built_at is not None


def test_live_writes_reach_both_generations(engine: SearchEngine) -> None:
    put(engine, *OLD)
    with engine.begin_rebuild() as run:
        put(engine, offering("d0", "设备点检 改", version=2), offering("fresh", "新来的"))
        put(engine, Document.tombstone("offering", "d1", 2))
        assert "fresh" in ids(find(engine, "新来的"))  # the old generation serves meanwhile
        report = run.write(OLD)  # the scan brings older versions of d0 and d1
        assert len(report.of(Outcome.STALE)) == 2
        put(engine, offering("d2", "设备点检 又改", version=7))
        stats = run.publish()
    assert (stats.written, stats.stale, stats.rejected) == (38, 2, ())
    assert find(engine, size=100).total == 40
    titles = {hit.id: hit.title for hit in find(engine, size=100).hits}
    assert titles["d0"] == "设备点检 改"
    assert titles["d2"] == "设备点检 又改"
    assert titles["fresh"] == "新来的"
    assert "d1" not in titles


def test_an_abandoned_rebuild_changes_nothing(engine: SearchEngine) -> None:
    put(engine, *OLD)
    before = engine.metadata().generation
    run = engine.begin_rebuild()
    run.write(OLD[:3])
    run.abandon()
    run.abandon()
    with pytest.raises(SearchUnavailable):
        run.write(OLD)
    with pytest.raises(SearchUnavailable):
        run.publish()
    assert engine.metadata().generation == before
    assert find(engine).total == 40
    put(engine, offering("d0", "照常", version=2))
    rebuild(engine, OLD[1:])
    assert find(engine).total == 39


def test_an_error_inside_abandons(engine: SearchEngine) -> None:
    put(engine, *OLD)
    with pytest.raises(RuntimeError, match="database went away"), engine.begin_rebuild():
        raise RuntimeError("database went away")
    assert find(engine).total == 40


def test_a_bad_document_is_named_and_the_rest_is_published(engine: SearchEngine) -> None:
    with engine.begin_rebuild() as run:
        run.write([OLD[0], offering("bad", "坏", numbers={"go_live_days": -1})])
        stats = run.publish()
    assert [item.ref for item in stats.rejected] == [Ref("offering", "bad")]
    assert find(engine).total == 1


def test_a_second_process_sees_the_published_generation(engine: SearchEngine, open_one: OpenAgain) -> None:
    put(engine, *OLD)
    reader = open_one()
    assert find(reader).total == 40
    put(engine, offering("more", "再来一个"))
    assert find(reader).total == 41
    rebuild(engine, OLD[:5])
    for _ in range(100):  # another process may know the old index for a second
        if find(reader).total == 5 and reader.metadata().generation == engine.metadata().generation:
            break
        threading.Event().wait(0.05)
    assert find(reader).total == 5
    assert reader.metadata().generation == engine.metadata().generation


def test_readers_and_writers_notice_nothing(engine: SearchEngine) -> None:
    put(engine, *OLD)
    over, failures, searches = threading.Event(), [], []

    def read() -> None:
        while not over.is_set():
            try:
                page = find(engine, "点检", size=5)
                searches.append(page.total)
                if page.total != 40:
                    failures.append(f"total {page.total}")
            except SearchUnavailable as error:
                failures.append(str(error))

    database = {document.id: document for document in OLD}

    def write() -> None:
        version = 1
        while not over.is_set():
            version += 1
            document = offering(f"d{version % 40}", f"设备点检 {version}", version=version)
            database[document.id] = document  # committed first, indexed after, as the drainer does
            report = engine.write([document])
            if report.items[0].outcome not in (Outcome.OK, Outcome.STALE):
                failures.append(str(report.items[0]))

    threads = [threading.Thread(target=read) for _ in range(3)] + [threading.Thread(target=write)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        with engine.begin_rebuild() as run:
            for at in range(0, 40, 8):
                run.write([database[f"d{n}"] for n in range(at, at + 8)])
            run.publish()
    over.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(searches) > 5
    stamps = engine.lookup([document.ref for document in database.values()])
    assert {ref.id: stamp.doc_version for ref, stamp in stamps.items()} == {
        ident: document.doc_version for ident, document in database.items()
    }


WORKER = """
import sys, json, pathlib
from search import EngineSettings, open_engine
from tests.search.factories import offering
raw = json.loads(sys.argv[1])
raw["data_dir"] = raw["data_dir"] and pathlib.Path(raw["data_dir"])
raw["hosts"] = tuple(raw["hosts"])
engine = open_engine(EngineSettings(**raw))
engine.write([offering(f"k{n}", f"设备点检 {n}") for n in range(30)])
run = engine.begin_rebuild()
run.write([offering(f"k{n}", f"设备点检 {n}") for n in range(12)])
print("half way", flush=True)
sys.stdin.read()
"""


def test_a_rebuild_killed_half_way_leaves_the_old_index_serving(
    engine_settings: EngineSettings, open_one: OpenAgain
) -> None:
    import json

    raw = {
        "backend": engine_settings.backend,
        "data_dir": str(engine_settings.data_dir) if engine_settings.data_dir else None,
        "hosts": engine_settings.hosts,
        "index_prefix": engine_settings.index_prefix,
        "write_timeout": 30.0,
    }
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, json.dumps(raw)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "half way\n"
        worker.send_signal(signal.SIGKILL)
        worker.wait(10)
    engine = open_one()
    assert find(engine).total == 30  # acknowledged before the kill, and still serving
    put(engine, offering("k0", "设备点检 改", version=2))
    rebuild(engine, [offering(f"k{n}", f"设备点检 {n or '改'}", version=2) for n in range(30)])
    assert find(engine).total == 30
    assert find(engine, "改").hits[0].id == "k0"
    assert engine.health().status is Status.READY
