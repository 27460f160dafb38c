"""Writes are versioned, repeatable and independent of each other."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search import SearchEngine
from search.types import Document, Outcome, Ref
from tests.search.contract.conftest import OpenAgain
from tests.search.factories import find, ids, offering, put


def outcomes(engine: SearchEngine, *documents: Document) -> list[Outcome]:
    return [item.outcome for item in engine.write(documents).items]


def test_the_newest_version_wins_in_any_order(engine: SearchEngine) -> None:
    put(engine, offering("a", "第三版", version=3))
    assert outcomes(engine, offering("a", "第二版", version=2)) == [Outcome.STALE]
    assert outcomes(engine, offering("a", "第三版", version=3)) == [Outcome.OK]  # a repeat is harmless
    assert find(engine).hits[0].title == "第三版"
    assert find(engine).total == engine.count() == 1


def test_within_one_batch_too(engine: SearchEngine) -> None:
    report = engine.write([offering("a", "新", version=5), offering("a", "旧", version=4)])
    assert [item.outcome for item in report.items] == [Outcome.OK, Outcome.STALE]
    assert report.settled == (Ref("offering", "a"), Ref("offering", "a"))
    assert find(engine).hits[0].title == "新"


def test_an_older_write_cannot_bring_a_deleted_object_back(engine: SearchEngine) -> None:
    put(engine, offering("a", "旧", version=1), Document.tombstone("offering", "a", 3))
    assert outcomes(engine, offering("a", "迟到", version=2)) == [Outcome.STALE]
    assert find(engine).total == 0
    assert engine.lookup([Ref("offering", "a")])[Ref("offering", "a")].tombstone


#: (object, version, deleted): what happened to three objects, each with rising versions
EVENTS = st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=12)


def test_any_order_and_any_repeats_end_in_the_last_state(
    engine: SearchEngine, figure: Callable[[int, int], int]
) -> None:
    @settings(max_examples=figure(15, 1_000))
    @given(events=EVENTS, seed=st.integers(0, 2**16))
    def holds(events: list[tuple[int, bool]], seed: int) -> None:
        shuffle = random.Random(seed)
        prefix = f"{uuid.uuid4().hex[:12]}-"  # objects of their own for every example
        history = [
            Document.tombstone("offering", f"{prefix}{who}", version)
            if deleted
            else offering(f"{prefix}{who}", f"第{version}版", version=version)
            for version, (who, deleted) in enumerate(events, 1)
        ]
        last = {document.ref: document for document in history}
        applied = history + shuffle.choices(history, k=len(history) // 2)
        shuffle.shuffle(applied)
        cut = shuffle.randint(0, len(applied))
        for batch in (applied[:cut], applied[cut:]):
            assert {Outcome.REJECTED, Outcome.RETRY}.isdisjoint(outcomes(engine, *batch))
        stamps = engine.lookup(last)
        assert {
            ref: (stamp.doc_version, stamp.content_hash, stamp.tombstone) for ref, stamp in stamps.items()
        } == {ref: (d.doc_version, d.content_hash(), d.is_tombstone) for ref, d in last.items()}

    holds()


@pytest.mark.parametrize(
    "bad",
    [
        offering("bad", "字段不许", facets={"phone": ("13800000000",)}),
        offering("bad", "数字出界", numbers={"price_from_fen": -1}),
        offering("bad", "数字太大", numbers={"price_from_fen": 2**60}),
        offering("bad", "无受众", audience=()),
        offering("bad", "长" * 301),
        offering("bad", "超长", body="字" * 70_000),
        offering("x" * 300, "长编号"),
        offering("bad", "空值", facets={"scenario": ("",)}),
        offering("bad", "裸字符串", facets={"scenario": "S08"}),  # type: ignore[dict-item]  # the mistake meant
        offering("bad", "版本", version=-1),
        Document("invoice", "bad", 1, title="不认识", audience=("public",)),
    ],
    ids=lambda document: document.title[:4],
)
def test_one_bad_document_never_blocks_the_rest(engine: SearchEngine, bad: Document) -> None:
    good = [offering(str(n), f"好的 {n}") for n in range(4)]
    report = engine.write([*good[:2], bad, *good[2:]])
    assert [item.outcome for item in report.items] == [Outcome.OK] * 2 + [Outcome.REJECTED] + [Outcome.OK] * 2
    assert report.of(Outcome.REJECTED)[0].reason
    assert sorted(ids(find(engine))) == ["0", "1", "2", "3"]
    assert bad.ref not in engine.lookup([bad.ref])


def test_a_rejected_update_leaves_the_old_document(engine: SearchEngine) -> None:
    put(engine, offering("a", "还在"))
    assert outcomes(engine, offering("a", "坏", version=2, numbers={"go_live_days": -5})) == [
        Outcome.REJECTED
    ]
    assert find(engine).hits[0].title == "还在"


def test_odd_texts_are_taken(engine: SearchEngine) -> None:
    odd = [
        "",
        "\x00\x07",
        "\ud800".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
        "𠮷野家",
        "é" * 200,
    ]
    put(engine, *(offering(f"o{n}", text, text * 3) for n, text in enumerate(odd)))
    put(engine, offering("long", "长词", "a" * 5000 + " " + "あ" * 300))
    assert engine.count() == len(odd) + 1
    assert ids(find(engine, "𠮷野")) == ["o3"]


def test_an_empty_batch_is_nothing(engine: SearchEngine) -> None:
    assert engine.write([]).items == ()


def test_what_was_written_is_there_after_reopening(engine: SearchEngine, open_one: OpenAgain) -> None:
    put(engine, offering("a", "留得住"))
    engine.close()
    again = open_one()
    assert ids(find(again, "留得住")) == ["a"]
    assert outcomes(again, offering("a", "更旧", version=0)) == [Outcome.STALE]


def test_tombstones_are_purged_by_age_only(engine: SearchEngine) -> None:
    put(engine, offering("a", "在"), Document.tombstone("offering", "b", 2))
    assert engine.purge(datetime.now(UTC) - timedelta(days=1)) == 0
    assert engine.purge(datetime.now(UTC) + timedelta(minutes=1)) == 1
    assert engine.lookup([Ref("offering", "a"), Ref("offering", "b")]).keys() == {Ref("offering", "a")}
    assert find(engine).total == 1


def test_a_scan_meets_every_stamp_once(engine: SearchEngine) -> None:
    written = [offering(f"s{n}", f"第 {n} 个", version=n + 1) for n in range(53)]
    put(engine, *written, Document.tombstone("need", "t", 9))
    stamps, after = [], None
    while True:
        page = engine.scan(after, size=10)
        stamps += page.stamps
        if page.next is None:
            break
        after = page.next
    assert len(stamps) == 54
    expected = {d.ref: (d.doc_version, d.content_hash(), False) for d in written}
    expected[Ref("need", "t")] = (9, "0" * 16, True)
    assert {s.ref: (s.doc_version, s.content_hash, s.tombstone) for s in stamps} == expected


def test_counts_leave_tombstones_out(engine: SearchEngine) -> None:
    put(engine, offering("a", "一"), Document("need", "n", 1, title="二", audience=("staff",)))
    put(engine, Document.tombstone("offering", "z", 1))
    assert (engine.count(), engine.count("need"), engine.count("policy")) == (2, 1, 0)
    assert engine.lookup([]) == {}
