"""The index follows the database: draining, rebuilding, drift – on both databases and the embedded engine."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.core import outbox
from app.core.db import Database
from app.core.outbox import OutboxRow
from app.indexing import service
from app.indexing.sources import SOURCES
from app.policies.models import Policy, PolicyLevel, PolicyState
from search import EngineSettings, SearchEngine, open_engine
from search.types import Document, Query, Ref, SearchUnavailable

pytestmark = pytest.mark.committed
PUBLIC = frozenset({"public"})


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SearchEngine]:
    opened = open_engine(EngineSettings(data_dir=tmp_path / "index"))
    yield opened
    opened.close()


@pytest.fixture
def drainer(database: Database, engine: SearchEngine) -> service.Drainer:
    with database.writing() as session:
        session.execute(delete(OutboxRow))
    service.rebuild(database, engine)
    return service.Drainer(database, engine)


def _make(database: Database, name: str) -> uuid.UUID:
    with database.writing() as session:
        row = Policy(
            id=uuid.uuid4(),
            slug=uuid.uuid4().hex,
            name=name,
            level=PolicyLevel.city,
            kind="测试",
            facts={},
            source="测试",
            confidence="测试",
            position=1,
            digest="0",
        )
        session.add(row)
        return row.id


def _drain(drainer: service.Drainer) -> None:
    while drainer.step():
        pass


def _found(engine: SearchEngine, text: str) -> set[str]:
    return {hit.id for hit in engine.search(Query(audience=PUBLIC, text=text)).hits}


def _waiting(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count(OutboxRow.id))) or 0


def test_a_committed_change_becomes_findable(
    database: Database, engine: SearchEngine, drainer: service.Drainer
) -> None:
    key = _make(database, "齿轮箱更新示例办法")
    _drain(drainer)
    assert str(key) in _found(engine, "齿轮箱更新示例")
    assert _waiting(database) == 0
    assert service.find_drift(database, engine).total == 0


def test_a_withdrawn_object_becomes_a_tombstone_that_stays_gone(
    database: Database, engine: SearchEngine, drainer: service.Drainer
) -> None:
    key = _make(database, "蒸汽锤退役示例办法")
    _drain(drainer)
    with database.reading() as session:
        late = service.load_documents(session, engine, [Ref("policy", str(key))])
    with database.writing() as session:
        row = session.get(Policy, key)
        assert row is not None
        row.state = PolicyState.withdrawn
    _drain(drainer)
    assert str(key) not in _found(engine, "蒸汽锤退役示例")
    engine.write(late)  # an older write that arrives late must not bring it back
    assert str(key) not in _found(engine, "蒸汽锤退役示例")


def test_repeating_a_batch_is_harmless(
    database: Database, engine: SearchEngine, drainer: service.Drainer
) -> None:
    key = _make(database, "重复投递示例办法")
    _drain(drainer)
    for _ in range(3):
        with database.writing() as session:
            outbox.mark(session, "policy", key, "again")
        _drain(drainer)
    assert service.find_drift(database, engine).total == 0


def test_a_dead_engine_keeps_the_rows_and_recovers(
    database: Database, engine: SearchEngine, drainer: service.Drainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = _make(database, "停机恢复示例办法")

    def down(_batch: object) -> None:
        raise SearchUnavailable("down")

    with monkeypatch.context() as patch:
        patch.setattr(drainer, "engine", _Down(engine, down))
        assert drainer.step() is False
    assert _waiting(database) == 1
    with database.writing() as session:
        for row in session.scalars(select(OutboxRow)):
            row.next_at = row.created_at
    _drain(drainer)
    assert str(key) in _found(engine, "停机恢复示例")


class _Down:
    """The real engine with one door shut."""

    def __init__(self, engine: SearchEngine, write: object) -> None:
        self._engine, self.write = engine, write

    def __getattr__(self, name: str) -> object:
        return getattr(self._engine, name)


def test_one_bad_document_does_not_block_the_rest(
    database: Database, engine: SearchEngine, drainer: service.Drainer
) -> None:
    good = [_make(database, f"好文件示例{n}") for n in range(20)]
    bad = _make(database, "坏" * 190 + "示例")
    with database.writing() as session:
        row = session.get(Policy, bad)
        assert row is not None
        row.kind = "测试"
        row.facts = {"note": "x" * 70_000}
        row.doc_no = None
    _drain(drainer)
    found = service.find_drift(database, engine)
    missing = {ref.id for ref in found.missing}
    assert not missing & {str(key) for key in good}


def test_drift_is_found_both_ways_and_repaired(
    database: Database, engine: SearchEngine, drainer: service.Drainer
) -> None:
    kept = _make(database, "偏差核对示例一")
    lost = _make(database, "偏差核对示例二")
    _drain(drainer)
    ghost = str(uuid.uuid4())
    with database.reading() as session:
        (true,) = service.load_documents(session, engine, [Ref("policy", str(kept))])
    engine.write(
        [
            Document(
                kind="policy",
                id=str(kept),
                doc_version=true.doc_version + 1,
                title="被人改过",
                audience=("public",),
                facets={"kind": ("policy",)},
            ),
            Document.tombstone("policy", str(lost), 10**6),
            Document(
                kind="policy",
                id=ghost,
                doc_version=1,
                title="库里没有",
                audience=("public",),
                facets={"kind": ("policy",)},
            ),
        ]
    )
    drift = service.find_drift(database, engine)
    assert {ref.id for ref in drift.differing} == {str(kept), str(lost)}
    assert {ref.id for ref in drift.ghosts} == {ghost}
    service.rebuild(database, engine)
    assert service.find_drift(database, engine).total == 0


def test_searches_go_on_during_a_rebuild(
    database: Database, engine: SearchEngine, drainer: service.Drainer
) -> None:
    before = _make(database, "重建期间示例甲")
    _drain(drainer)
    seen: list[bool] = []
    written: list[uuid.UUID] = []

    def watch(_done: int, _total: int, _text: str) -> None:
        seen.append(str(before) in _found(engine, "重建期间示例甲"))
        if not written:
            written.append(_make(database, "重建期间示例乙"))
            _drain(drainer)

    service.rebuild(database, engine, watch)
    assert seen
    assert all(seen)
    assert str(written[0]) in _found(engine, "重建期间示例乙")
    assert service.find_drift(database, engine).total == 0


def test_an_abandoned_rebuild_leaves_the_old_index_serving(
    database: Database, engine: SearchEngine, drainer: service.Drainer
) -> None:
    key = _make(database, "放弃重建示例")
    _drain(drainer)

    def fail(_done: int, _total: int, _text: str) -> None:
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        service.rebuild(database, engine, fail)
    assert str(key) in _found(engine, "放弃重建示例")


def test_a_row_that_yields_no_document_holds_up_nobody(
    database: Database,
    engine: SearchEngine,
    drainer: service.Drainer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken, sound = _make(database, "坏的示例办法"), _make(database, "齿轮箱更新示例办法")
    source = SOURCES["policy"]

    def load(session: Session, ids: Sequence[str]) -> list[Document]:
        if str(broken) in ids:
            raise ValueError("no document")
        return source.load(session, ids)

    monkeypatch.setitem(SOURCES, "policy", replace(source, load=load))
    drainer.step()
    assert str(sound) in _found(engine, "齿轮箱更新示例")
    with database.reading() as session:
        (row,) = session.scalars(select(OutboxRow))
        assert (row.object_id, row.attempts) == (str(broken), 1)
