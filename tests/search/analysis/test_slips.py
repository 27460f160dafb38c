"""At least 90 % of the composed slips are put right, and right spellings stay as they are."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from search import EngineSettings, Lexicon, SearchEngine, open_engine
from search.analysis.normalise import normalise
from search.analysis.slips import Vocabulary, holds, vocabulary_of
from search.analysis.tokens import Tokeniser
from search.types import Document
from tests.search.factories import find, ids, put

ROOT = Path(__file__).parents[3]
SLIPS = json.loads((ROOT / "tests" / "data" / "slips.json").read_text(encoding="utf-8"))["slips"]
TOKENISER = Tokeniser()


def dictionary() -> Lexicon:
    """The product's own dictionary, read as a file."""
    path = ROOT / "app" / "data" / "reference" / "dictionary.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    return Lexicon(
        "slips",
        words=tuple(row["term"] for row in rows if row["kind"] == "word"),
        synonyms=tuple(
            (row["term"], *row["synonyms"].split(";"))
            for row in rows
            if row["kind"] == "synonym" and row["synonyms"]
        ),
    )


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchEngine]:
    engine = open_engine(EngineSettings(data_dir=tmp_path_factory.mktemp("slips")), dictionary())
    path = ROOT / "app" / "data" / "demo" / "offerings.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    put(
        engine,
        *(
            Document("offering", r["id"], 1, title=r["title"], body=r["text"], audience=("public",))
            for r in rows
        ),
    )
    engine.warm()
    yield engine
    engine.close()


def test_nine_slips_of_ten_are_put_right(shop: SearchEngine) -> None:
    assert len(SLIPS) >= 50
    missed = []
    for typed, meant, kind in SLIPS:
        page, wanted = find(shop, typed), find(shop, meant, correct=False)
        right = page.corrected is not None and normalise(page.corrected) == normalise(meant)
        if not right or ids(page)[:3] != ids(wanted)[:3]:
            missed.append(f"{kind}: {typed} → {page.corrected}, meant {meant}")
    assert len(missed) <= len(SLIPS) // 10, missed


def test_right_spellings_are_left_alone(shop: SearchEngine) -> None:
    right = {meant for _, meant, _ in SLIPS} | {hit.title for hit in find(shop, size=384).hits}
    right |= set(shop.lexicon.words)
    changed = [(text, page.corrected) for text in sorted(right) if (page := find(shop, text)).corrected]
    assert changed == []


@pytest.mark.parametrize(
    "text", ["设备老是坏怎么办？", "点捡的时候工人总是漏吗", "有没有便宜点的监控，老板能看", "在" * 200]
)
def test_sentences_are_left_alone(shop: SearchEngine, text: str) -> None:
    assert find(shop, text).corrected is None


def test_the_visitors_own_spelling_of_the_rest_is_kept(shop: SearchEngine) -> None:
    assert find(shop, "ＷＭＳ 設備点捡").corrected == "ＷＭＳ 设备点检"


def test_kinds_of_slips() -> None:
    vocabulary = Vocabulary({"设备管理": 5, "点检": 3, "仓储": 2, "scada": 1}, ["MES"])

    def best(text: str) -> str | None:
        found = vocabulary.corrections(normalise(text), TOKENISER)
        return found[0].text if found else None

    assert best("社备管理") == "设备管理"
    assert best("备设管理") == "设备管理"
    assert best("设管理") == "设备管理"
    assert best("设备备管理") == "设备管理"
    assert best("设奋管理") == "设备管理"
    assert best("点捡") == "点检"
    assert best("scda") == "scada"
    assert best("mse") == "MES"
    assert best("设备管理") is None
    assert best("红烧牛肉") is None
    assert len(vocabulary) == 5
    assert "mes" in vocabulary


def test_a_splinter_of_other_words_does_not_count() -> None:
    assert not holds("加强建设管理工作", "设管理", TOKENISER)
    assert holds("设备管理工作", "备管理", TOKENISER) is False
    assert holds("设备管理工作", "设备管理", TOKENISER)
    assert not holds("times", "mes", TOKENISER)
    assert holds("上mes系统", "mes", TOKENISER)


def test_what_a_document_adds_to_the_vocabulary() -> None:
    words = ["设备", "管理", "云", "平台"]
    found = vocabulary_of("设备管理云平台", ["tpm", "一个很长很长的关键词语句"], words, ["保养", "，"])
    assert found == ["设备", "管理", "平台", "设备管理", "管理云", "云平台", "tpm", "保养"]
