"""The product's own matching, measured on the labelled needs: the figures, their control, both engines."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.matching import evaluation
from app.matching.evaluation import evaluate_match, measure
from app.matching.facts import NeedInput
from app.matching.matcher import Matcher
from app.matching.reading.lexicon import load_lexicon
from app.matching.reading.reader import Reader
from search import EngineSettings

DATA = Path(__file__).parents[1] / "data" / "matching"
NEEDS, HARD = DATA / "needs.jsonl", DATA / "needs_hard.jsonl"
OFFERINGS = Path(evaluation.__file__).parents[1] / "data" / "demo" / "offerings.jsonl"


def test_the_figures_on_the_labelled_needs() -> None:
    report = evaluate_match(OFFERINGS, NEEDS)
    assert report["needs"] == 192
    assert report["ndcg@10"] >= 0.80
    assert report["top1"] >= 0.75
    assert report["top3"] >= 0.80
    assert report["scenario_accuracy"] >= 0.88
    assert report["pain_point_accuracy"] >= 0.85
    styles = report["by_style"]
    assert set(styles) == {"plain", "terse", "rambling", "indirect", "formal"}
    assert all(styles[name]["ndcg@10"] >= 0.75 for name in ("plain", "terse", "rambling", "formal"))
    assert styles["indirect"]["ndcg@10"] >= 0.40


def test_control_without_the_lexicon_the_figures_fall(monkeypatch: pytest.MonkeyPatch) -> None:
    lexicon = load_lexicon()
    bare = Reader(
        replace(
            lexicon,
            version="bare",
            pain_points=tuple(replace(entry, cues=(), utterances=()) for entry in lexicon.pain_points),
        )
    )
    monkeypatch.setattr(evaluation, "Matcher", _with_reader(bare))
    assert evaluate_match(OFFERINGS, NEEDS)["ndcg@10"] < 0.65


def _with_reader(reader: Reader):
    def build(**fields):
        return Matcher(**fields, reader=reader)

    return build


def test_labels_are_never_read(tmp_path: Path) -> None:
    """Only `text` reaches the matching: turned labels change the figures, not the runs."""
    some = [json.loads(line) for line in NEEDS.read_text(encoding="utf-8").splitlines()][:12]
    plain, turned = tmp_path / "plain.jsonl", tmp_path / "turned.jsonl"
    plain.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in some), encoding="utf-8")
    for row, other in zip(some, [*some[1:], some[0]], strict=True):
        row.update(pain_point=other["pain_point"], scenario_codes=other["scenario_codes"], industry="C15")
    turned.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in some), encoding="utf-8")
    assert measure(OFFERINGS, plain).runs == measure(OFFERINGS, turned).runs


def test_missing_fields_and_labels_are_null(tmp_path: Path) -> None:
    offerings = tmp_path / "offerings.jsonl"
    offerings.write_text(
        '{"id": "A", "title": "设备停机提醒", "text": "机器停了手机就响"}\n{"id": "B", "title": "仓库"}\n{"id": "C"}\n',
        encoding="utf-8",
    )
    needs = tmp_path / "needs.jsonl"
    needs.write_text('{"text": "机器停了没人知道", "relevant": {"A": 3}}\n', encoding="utf-8")
    report = evaluate_match(offerings, needs)
    assert report["needs"] == 1
    assert report["scenario_accuracy"] is None
    assert report["pain_point_accuracy"] is None
    assert report["ndcg@10"] == 1.0
    assert report["by_style"]["unknown"]["needs"] == 1


@pytest.mark.parametrize("line", ["[]", '{"text": 5, "relevant": {}}', '{"text": "x"}', "no json"])
def test_a_file_that_is_not_so_says_where(tmp_path: Path, line: str) -> None:
    needs = tmp_path / "needs.jsonl"
    needs.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"line 1|need 1"):
        evaluate_match(OFFERINGS, needs)


def test_both_engines_agree(elasticsearch_url: str) -> None:
    embedded = measure(OFFERINGS, NEEDS)
    elastic = measure(
        OFFERINGS, NEEDS, backend="elasticsearch", settings=EngineSettings(hosts=(elasticsearch_url,))
    )
    assert abs(embedded.report["ndcg@10"] - elastic.report["ndcg@10"]) <= 0.005
    same = sum(embedded.runs[key] == elastic.runs[key] for key in embedded.runs)
    assert same >= 0.9 * len(embedded.runs)


def test_no_awkward_input_fails_and_each_gets_an_answer() -> None:
    """Every hard input has a list or advice; `tests/matching/test_hard.py` holds what each must say."""
    from app.matching.advice import advise
    from app.matching.ranking import Ranking
    from app.matching.reading.reader import shipped_reader
    from app.matching.understanding import understand

    for line in HARD.read_text(encoding="utf-8").splitlines():
        wanted = understand(NeedInput(json.loads(line)["text"]), shipped_reader())
        assert wanted.pain_points or wanted.scenarios or advise(wanted, Ranking())
