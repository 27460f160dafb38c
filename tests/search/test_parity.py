"""Both engines give the same pages: hits, order, totals and facets, fresh and after updates."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from search import EngineSettings, Lexicon, SearchEngine, open_engine
from search.schema import PAGE_FACETS
from search.types import Document, Filter, Page, Query, Range, Sort
from tests.search.factories import PUBLIC, STAFF, ids, put

DEMO = Path(__file__).parents[2] / "app" / "data" / "demo" / "offerings.jsonl"
LEXICON = Lexicon("parity", synonyms=(("设备管理", "TPM"), ("MES", "制造执行系统")), words=("数采盒",))
START = datetime(2026, 1, 1, tzinfo=UTC)


def catalogue() -> list[Document]:
    rows = [json.loads(line) for line in DEMO.read_text(encoding="utf-8").splitlines()]
    documents = []
    for number, row in enumerate(rows):
        price = row.get("price_min_wan")
        numbers = {"price_from_fen": int(price * 1_000_000)} if price is not None else {}
        if row.get("deploy_days") is not None:
            numbers["go_live_days"] = int(row["deploy_days"])
        documents.append(
            Document(
                "offering",
                row["id"],
                1,
                title=row["title"],
                body=row["text"],
                keywords=tuple(row["pain_points"]),
                audience=("staff",) if number % 17 == 0 else ("public", "staff"),
                facets={
                    "kind": (row["kind"],),
                    "scenario": tuple(row["scenario_codes"]),
                    "industry": tuple(row["industries"]),
                },
                numbers=numbers,
                published_at=START + timedelta(hours=number % 50),
            )
        )
    return documents


def questions(documents: list[Document]) -> list[Query]:
    draw = random.Random(7)
    made = []
    for number, document in enumerate(draw.sample(documents, 60)):
        start = draw.randint(0, 20)
        text = [document.title, document.title[:4], document.body[start : start + 18], ""][number % 4]
        filters: tuple[Filter, ...] = ()
        if number % 3 == 0:
            filters = (Filter("kind", ("solution", "service")), Filter("scenario", ("S06", "S08", "S10")))
        made.append(
            Query(
                STAFF if number % 5 == 0 else PUBLIC,
                text,
                filters=filters,
                ranges=(Range("price_from_fen", at_most=20_000_000),) if number % 7 == 0 else (),
                facets=PAGE_FACETS,
                sort=list(Sort)[number % 5] if number % 2 else Sort.RELEVANCE,
                offset=10 if number % 6 == 0 else 0,
                size=10,
            )
        )
    return [
        *made,
        *(Query(PUBLIC, text, size=10) for text in ("設備管理", "ＭＥＳ", "铣", "设备点捡", "s7-1500")),
    ]


def facts(page: Page) -> object:
    return ids(page), page.total, dict(page.facets), page.corrected, page.loosened


@pytest.fixture(scope="module")
def both(
    tmp_path_factory: pytest.TempPathFactory, elasticsearch_url: str
) -> Iterator[tuple[SearchEngine, SearchEngine, list[Document]]]:
    from tests.services import elastic

    documents = catalogue()
    common = {"search_timeout": 20.0, "write_timeout": 30.0}
    engines = (
        open_engine(EngineSettings(data_dir=tmp_path_factory.mktemp("parity"), **common), LEXICON),
        open_engine(
            EngineSettings(
                backend="elasticsearch", hosts=(elasticsearch_url,), index_prefix="parity", **common
            ),
            LEXICON,
        ),
    )
    for engine in engines:
        with engine.begin_rebuild() as run:
            run.write(documents)
            run.publish()
    yield (*engines, documents)
    for engine in engines:
        engine.close()
    elastic.delete_indices(elasticsearch_url, "parity")


def test_fresh_indexes_give_equal_pages(both: tuple[SearchEngine, SearchEngine, list[Document]]) -> None:
    one, other, documents = both
    queries = questions(documents)
    differing = [
        query
        for query, mine, theirs in zip(queries, one.msearch(queries), other.msearch(queries), strict=True)
        if facts(mine) != facts(theirs)
        or any(abs(a.score - b.score) > 2e-4 for a, b in zip(mine.hits, theirs.hits, strict=True))
    ]
    assert differing == []
    for prefix in ("设", "me", "能源", "供应商"):
        suggestions = [[s.text for s in e.suggest(prefix, audience=PUBLIC)] for e in (one, other)]
        assert suggestions[0] == suggestions[1] != []


def test_after_updates_the_top_ten_still_overlap(
    both: tuple[SearchEngine, SearchEngine, list[Document]],
) -> None:
    one, other, documents = both
    draw = random.Random(11)
    changed = [
        replace(d, doc_version=2, body=d.body + "更新后另有驻场。") for d in draw.sample(documents, 38)
    ]
    for engine in (one, other):
        for at in range(0, len(changed), 10):
            put(engine, *changed[at : at + 10])
    queries = [q for q in questions(documents) if q.text]
    shares = []
    for mine, theirs in zip(one.msearch(queries), other.msearch(queries), strict=True):
        a, b = set(ids(mine)), set(ids(theirs))
        shares.append(len(a & b) / max(1, len(a), len(b)) if a | b else 1.0)
        assert mine.total == theirs.total
    assert sum(shares) / len(shares) >= 0.99
