"""Controls: with a protection off, the promise must break. A green promise whose control stays green proves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from search import EngineSettings, SearchEngine, open_engine
from search.embedded import generation as generations
from search.embedded import query as translated
from search.embedded.engine import EmbeddedEngine
from search.guard import GuardedEngine
from search.types import Document, Outcome
from tests.search.factories import PUBLIC, find, offering, put


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SearchEngine]:
    engine = open_engine(EngineSettings(data_dir=tmp_path))
    yield engine
    engine.close()


def test_without_versions_a_late_write_brings_a_deleted_object_back(
    engine: SearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(engine, Document.tombstone("offering", "a", 3))
    monkeypatch.setattr(generations.Generation, "versions", lambda self, keys: {})
    put(engine, offering("a", "迟到", version=2))
    assert find(engine).total == 1


def test_without_the_audience_clause_everything_leaks(
    engine: SearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(engine, offering("a", "内部", audience=("staff",)))
    assert find(engine, "内部", facets=("kind",)).total == 0
    monkeypatch.setattr(translated, "_conditions", lambda schema, request, filters: [])
    page = find(engine, "内部", facets=("kind",))
    assert page.total == 1
    assert page.facets["kind"].counts[0].count == 1
    assert engine.suggest("内", audience=PUBLIC) != []


def test_without_writing_to_both_a_rebuild_loses_live_writes(engine: SearchEngine) -> None:
    put(engine, offering("a", "旧"))
    assert isinstance(engine, GuardedEngine)
    inner = engine.engine
    assert isinstance(inner, EmbeddedEngine)
    with engine.begin_rebuild() as run:
        inner._rebuild = None
        put(engine, offering("a", "新", version=2))
        run.write([offering("a", "旧")])
        run.publish()
    assert find(engine).hits[0].title == "旧"


def test_without_checking_one_by_one_a_bad_document_would_pass(
    engine: SearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generations, "problem_of", lambda document: "")
    report = engine.write([offering("a", "电话", facets={"origin": ("13800000000",)}, audience=())])
    assert report.items[0].outcome is Outcome.OK
