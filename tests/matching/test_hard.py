"""The awkward inputs: what each answer must hold, reviewed line by line against `needs_hard.jsonl`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.core.masking import PHONE, mask_contacts
from app.matching import evaluation
from app.matching.evaluation import fill, offerings_of
from app.matching.facts import NeedInput
from app.matching.matcher import Matcher, MatchResult
from search import EngineSettings, open_engine
from search.evaluation import read_lines

DATA = Path(__file__).parents[1] / "data" / "matching"
OFFERINGS = Path(evaluation.__file__).parents[1] / "data" / "demo" / "offerings.jsonl"
HARD = {row["id"]: row["text"] for row in read_lines(DATA / "needs_hard.jsonl")}


@dataclass(frozen=True)
class Expected:
    """Troubles that must be among those shown, advice that must stand there, and whether a list may stand."""

    points: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    listed: bool = True
    masked: tuple[str, ...] = field(default=())


EXPECTED = {
    "H01": Expected(points=("S05-2", "S05-5", "S03-3"), advice=("several",)),
    "H04": Expected(points=("S14-3", "S14-5", "S02-1", "S10-1"), advice=("several",)),
    "H07": Expected(points=("S09-1", "S09-4", "S09-5"), advice=("several",)),
    "H10": Expected(points=("S03-1", "S02-6"), advice=("several",)),
    "H13": Expected(advice=("start_small",), listed=False),
    "H16": Expected(advice=("small_shop",)),
    "H19": Expected(advice=("diagnose",), listed=False),
    "H22": Expected(points=("S05-1",), scenarios=("S05",), advice=("keep_system",)),
    "H25": Expected(points=("S15-6",), advice=("large_model",)),
    "H28": Expected(advice=("level_assessment", "policy"), listed=False),
    "H31": Expected(advice=("policy", "say_the_work"), listed=False),
    "H34": Expected(scenarios=("S10",), advice=("pay_by_result",)),
    "H37": Expected(points=("S08-1",), advice=("masked", "no_call"), masked=("phone",)),
    "H40": Expected(points=("S12-2",), advice=("masked", "no_call"), masked=("address", "phone")),
    "H43": Expected(points=("S02-1",)),
    "H46": Expected(points=("S14-1",)),
    "H49": Expected(points=("S10-6",), advice=("law",)),
    "H52": Expected(advice=("out_of_scope",), listed=False),
    "H55": Expected(scenarios=("S12",), advice=("misunderstood",)),
    "H58": Expected(points=("S05-1", "S11-5"), advice=("old_workers", "keep_old_system", "several")),
}


@pytest.fixture(scope="module")
def matcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matcher]:
    offerings, _ = offerings_of(list(read_lines(OFFERINGS)))
    engine = open_engine(EngineSettings(data_dir=tmp_path_factory.mktemp("index")))
    fill(engine, offerings.values())
    yield Matcher(engine=engine, load=lambda ids: [offerings[ident] for ident in ids])
    engine.close()


def answer(matcher: Matcher, text: str) -> MatchResult:
    return matcher.match(NeedInput(text), audience=frozenset({"public"}))


def test_every_line_has_been_reviewed() -> None:
    assert set(EXPECTED) == set(HARD)


@pytest.mark.parametrize("ident", sorted(EXPECTED))
def test_an_awkward_input_is_answered_helpfully(ident: str, matcher: Matcher) -> None:
    expected, result = EXPECTED[ident], answer(matcher, HARD[ident])
    shown = {point.code for point in result.wanted.reading.pain_points}
    assert set(expected.points) <= shown
    assert set(expected.scenarios) <= set(result.wanted.scenarios)
    assert set(expected.advice) <= {item.code for item in result.advice}
    assert bool(result.ranking.items) == expected.listed
    assert result.wanted.reading.masked == expected.masked
    for code in expected.points:  # each trouble has an offering of its own in the list
        assert any(code in item.offering.pain_point_codes for item in result.ranking.items), code


@pytest.mark.parametrize("ident", sorted(EXPECTED))
def test_advice_promises_no_figures(ident: str, matcher: Matcher) -> None:
    result = answer(matcher, HARD[ident])
    for item in result.advice:
        assert "%" not in item.text
        assert "万" not in item.text
        assert PHONE not in mask_contacts(item.text).found


def test_an_awkward_text_is_readable_whatever_is_wrapped_around_it(matcher: Matcher) -> None:
    wrapped = json.loads('"\\u200b' + "　仓库老是找不到料　" + '\\n\\n"')
    assert {point.code for point in answer(matcher, wrapped).wanted.reading.pain_points} == {"S12-2"}
