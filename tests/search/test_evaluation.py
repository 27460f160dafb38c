"""The evaluation command's engine room on a tiny labelled corpus."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from search import EngineSettings
from search.evaluation import evaluate_search, ndcg, overlap, recall, reciprocal_rank

CORPUS = [
    {"id": "d:1", "title": "设备点检", "text": "每天扫码点检设备。", "source": "示例"},
    {"id": "d:2", "title": "", "text": "能源分项计量与峰谷分析。"},
    {"id": "d:3", "text": "叉车防碰撞雷达。"},
]
QUERIES = [
    {"id": "q1", "set": "甲", "text": "設備點檢", "relevant": {"d:1": 2, "d:3": 1}},
    {"id": "q2", "set": "甲", "text": "峰谷", "relevant": {"d:2": 1}},
    {"id": "q3", "set": "乙", "text": "雷达", "relevant": {"d:1": 1}},
]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    corpus, queries = tmp_path / "corpus.jsonl.gz", tmp_path / "queries.jsonl"
    with gzip.open(corpus, "wt", encoding="utf-8") as handle:
        handle.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in CORPUS)
    queries.write_text("\n".join(json.dumps(row) for row in QUERIES) + "\n\n", encoding="utf-8")
    return corpus, queries


def test_measures_by_hand() -> None:
    assert ndcg(["b", "a"], {"a": 1}) == pytest.approx(0.63093, abs=1e-5)
    assert ndcg(["a", "b"], {"a": 2, "b": 1}) == 1.0
    assert ndcg(["b", "a"], {"a": 2, "b": 1}) == pytest.approx((1 + 3 * 0.63093) / (3 + 0.63093), abs=1e-5)
    assert ndcg(["x"], {}) == 0.0
    assert reciprocal_rank(["x", "a"], {"a": 1}) == 0.5
    assert reciprocal_rank(["x", "a"], {"a": 0}) == 0.0
    assert recall(["a", "x"], {"a": 1, "b": 1}) == 0.5
    assert overlap({"q": ["a", "b"], "r": []}, {"q": ["b", "c"], "r": []}) == 0.75


@pytest.mark.parametrize("backend", ["embedded", "elasticsearch"])
def test_the_report(
    files: tuple[Path, Path], backend: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    settings = None
    if backend == "elasticsearch":
        settings = EngineSettings(hosts=(request.getfixturevalue("elasticsearch_url"),))
    before = sorted(tmp_path.iterdir())
    result = evaluate_search(*files, backend, settings=settings)
    assert result.runs["q1"] == ["d:1"]
    gained = round(3 / (3 + 1 / 1.5849625), 4)
    assert result.report == {
        "sets": {
            "甲": {"ndcg@10": round((gained + 1) / 2, 4), "mrr@10": 1.0, "recall@100": 0.75, "queries": 2},
            "乙": {"ndcg@10": 0.0, "mrr@10": 0.0, "recall@100": 0.0, "queries": 1},
        },
        "mean": {"ndcg@10": round(round((gained + 1) / 2, 4) / 2, 4), "mrr@10": 0.5, "recall@100": 0.375},
    }
    assert sorted(tmp_path.iterdir()) == before


def test_bad_files_are_named(files: tuple[Path, Path], tmp_path: Path) -> None:
    corpus, queries = files
    bad = tmp_path / "bad.jsonl"
    bad.write_text("{not json\n")
    with pytest.raises(ValueError, match=r"bad\.jsonl, line 1"):
        evaluate_search(corpus, bad)
    bad.write_text('{"text": "x"}\n')
    with pytest.raises(ValueError, match="query 1"):
        evaluate_search(corpus, bad)
    bad.write_text("[1]\n")
    with pytest.raises(ValueError, match="not an object"):
        evaluate_search(bad, queries)
