"""The dictionary is complete, varied, and the centre's own."""

import json
import re
from collections import Counter
from pathlib import Path

from app.matching.reading.lexicon import load_lexicon, reference_folder
from app.matching.tables import ANSWERS, fits
from app.needs.conditions import is_answer
from app.offerings.conditions import BY_CODE as OFFERING_CONDITIONS

NEEDS = Path(__file__).parents[1] / "data" / "matching"
SHARED_RUN = 8
LEXICON = load_lexicon()


def test_every_pain_point_has_many_varied_lines() -> None:
    assert len(LEXICON.pain_points) == 96
    for entry in LEXICON.pain_points:
        lines = (*entry.cues, *entry.utterances)
        assert len(set(lines)) >= 30, entry.code
        assert len(entry.cues) >= 8, entry.code


def test_no_line_stands_for_two_pain_points() -> None:
    seen = Counter(line for entry in LEXICON.pain_points for line in entry.utterances)
    assert [line for line, count in seen.items() if count > 1] == []


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text.lower())


def _runs(text: str) -> set[str]:
    letters = _letters(text)
    return {letters[at : at + SHARED_RUN] for at in range(len(letters) - SHARED_RUN + 1)}


def _quotations(lines: list[str]) -> list[str]:
    measured: set[str] = set()
    for name in ("needs.jsonl", "needs_hard.jsonl"):
        for line in (NEEDS / name).read_text(encoding="utf-8").splitlines():
            measured |= {run for run in _runs(json.loads(line)["text"]) if not run.isascii()}
    return [line for line in lines if _runs(line) & measured]


def test_nothing_is_copied_from_the_needs_that_measure_it() -> None:
    lines = [
        part
        for place in (reference_folder() / "lexicon").iterdir()
        if place.name.endswith((".txt", ".csv"))
        for line in place.read_text(encoding="utf-8").splitlines()
        for part in re.split(r"[|,]", line)
    ]
    assert len(lines) > 5_000
    assert _quotations(lines) == []


def test_the_guard_against_copies_sees_a_copy() -> None:
    first = json.loads((NEEDS / "needs.jsonl").read_text(encoding="utf-8").splitlines()[0])["text"]
    assert _quotations([first[5:20]]) != []


def test_the_tables_speak_of_conditions_that_exist() -> None:
    known = {term.code for term in LEXICON.conditions}
    for condition, rows in fits().items():
        assert condition in known
        assert {row.offering for row in rows} <= set(OFFERING_CONDITIONS)
    for (question, answer), condition in ANSWERS.items():
        assert is_answer(question, answer)
        assert condition in known
