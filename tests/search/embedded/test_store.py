"""The embedded engine's files: lease, alias, sweeping, and what happens when they are damaged."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from search import EngineSettings, Lexicon, SearchEngine, open_engine
from search.embedded.store import Store
from search.types import Outcome, SearchUnavailable, Status, WriterBusy
from tests.search.factories import find, offering, put


@pytest.fixture
def engine(tmp_path: Path) -> SearchEngine:
    return open_engine(EngineSettings(data_dir=tmp_path))


def test_one_writer_and_any_number_of_readers(engine: SearchEngine, tmp_path: Path) -> None:
    put(engine, offering("a", "一"))
    other = open_engine(EngineSettings(data_dir=tmp_path))
    assert find(other).total == 1
    with pytest.raises(WriterBusy):
        other.write([offering("b", "二")])
    with pytest.raises(WriterBusy):
        other.begin_rebuild()
    engine.close()
    put(other, offering("b", "二"))
    assert find(other).total == 2
    other.close()


def test_a_killed_writer_leaves_no_lock(tmp_path: Path) -> None:
    code = (
        "import sys, os, pathlib\nfrom search.embedded.store import Store\n"
        "Store(pathlib.Path(sys.argv[1])).take_lease()\nos.kill(os.getpid(), 9)"
    )
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=root, check=False).returncode == -9
    assert (tmp_path / "writer.lock").exists()
    survivor = Store(tmp_path)
    survivor.take_lease()
    survivor.release_lease()


def test_rebuilds_left_behind_are_swept_and_the_former_one_is_kept_a_day(
    engine: SearchEngine, tmp_path: Path
) -> None:
    put(engine, offering("a", "一"))
    (orphan := tmp_path / "gen-20000101000000-dead").mkdir()
    (orphan / "build.json").write_text("{}")
    with engine.begin_rebuild() as run:
        run.publish()
    assert not orphan.exists()
    assert len(list(tmp_path.glob("gen-*"))) == 2
    engine.begin_rebuild().abandon()
    assert len(list(tmp_path.glob("gen-*"))) == 2
    store = Store(tmp_path)
    (former,) = {p.name for p in tmp_path.glob("gen-*")} - {store.serving()}
    long_ago = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    store.write_build(former, replace(store.read_build(former), retired_at=long_ago))
    engine.begin_rebuild().abandon()
    assert [p.name for p in tmp_path.glob("gen-*")] == [store.serving()]
    engine.close()


def test_a_damaged_index_is_down_keeps_writes_waiting_and_is_rebuilt(tmp_path: Path) -> None:
    first = open_engine(EngineSettings(data_dir=tmp_path))
    put(first, offering("a", "一"))
    first.close()
    name = Store(tmp_path).serving()
    assert name is not None
    (tmp_path / name / "meta.json").write_text('{"broken')
    engine = open_engine(EngineSettings(data_dir=tmp_path))
    assert engine.health().status is Status.DOWN
    assert "cannot be opened" in engine.metadata().needs_rebuild
    with pytest.raises(SearchUnavailable):
        find(engine)
    assert [i.outcome for i in engine.write([offering("b", "二")]).items] == [Outcome.RETRY]
    with engine.begin_rebuild() as run:
        run.write([offering("a", "一")])
        run.publish()
    put(engine, offering("b", "二"))
    assert find(engine).total == 2
    assert engine.health().status is Status.READY
    engine.close()


def test_an_index_of_another_schema_is_not_touched(tmp_path: Path) -> None:
    first = open_engine(EngineSettings(data_dir=tmp_path))
    put(first, offering("a", "一"))
    first.close()
    store = Store(tmp_path)
    name = store.serving()
    assert name is not None
    store.write_build(name, replace(store.read_build(name), schema_version="0"))
    engine = open_engine(EngineSettings(data_dir=tmp_path))
    assert "schema version 0" in engine.health().detail
    assert [i.outcome for i in engine.write([offering("b", "二")]).items] == [Outcome.RETRY]
    engine.close()


def test_an_older_text_pipeline_serves_but_asks_for_a_rebuild(engine: SearchEngine, tmp_path: Path) -> None:
    with engine.begin_rebuild(Lexicon("7")) as run:
        run.write([offering("a", "一")])
        run.publish()
    engine.close()
    store = Store(tmp_path)
    name = store.serving()
    assert name is not None
    store.write_build(name, replace(store.read_build(name), pipeline_version="0"))
    again = open_engine(EngineSettings(data_dir=tmp_path))
    assert again.health().status is Status.STALE
    assert "pipeline 0" in again.metadata().needs_rebuild
    assert find(again).total == 1
    again.close()


def test_a_half_written_alias_is_no_index(engine: SearchEngine, tmp_path: Path) -> None:
    put(engine, offering("a", "一"))
    engine.close()
    (tmp_path / "alias.json").write_text("")
    again = open_engine(EngineSettings(data_dir=tmp_path))
    assert again.health().status is Status.DOWN
    (tmp_path / "alias.json").write_text(json.dumps({"serving": "gen-gone"}))
    assert again.health().status is Status.DOWN
    again.close()


def test_a_full_disk_means_retry_not_rejection(engine: SearchEngine, tmp_path: Path) -> None:
    put(engine, offering("a", "一"))
    name = Store(tmp_path).serving()
    assert name is not None
    folder = tmp_path / name
    moved = tmp_path / "away"
    folder.rename(moved)  # writing fails as it would without room
    report = engine.write([offering("b", "二"), offering("bad", "坏", numbers={"go_live_days": -1})])
    assert [item.outcome for item in report.items] == [Outcome.RETRY, Outcome.REJECTED]
    moved.rename(folder)
    put(engine, offering("b", "二"))
    assert find(engine).total == 2
    engine.close()
