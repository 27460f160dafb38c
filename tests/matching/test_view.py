"""What the page shows of a match: tenths that sum, one click that corrects, one change that lifts."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.matching.advice import advise
from app.matching.factors import Scene
from app.matching.facts import NeedInput
from app.matching.finding import input_of_ask
from app.matching.matcher import MatchResult
from app.matching.ranking import rank
from app.matching.reading.reader import shipped_reader
from app.matching.schemas import Ask, read_ask
from app.matching.understanding import understand
from app.matching.view import Around, answer, tenth_text, tenths
from app.matching.weights import Weights
from app.offerings import xkqz
from app.web.templating import ENVIRONMENT
from tests.matching.making import WAN, offering, package

THRESHOLDS = xkqz.Thresholds(20 * WAN, 5 * WAN, 30, 3, 2)
TEXT = "六台冲床停了没人知道，五万以内，不能停产，电话13800000000"


def result(**fields: Any) -> MatchResult:
    wanted = understand(NeedInput(TEXT, **fields), shipped_reader())
    offerings = [
        offering(title="合适的"),
        offering(title="太贵的", packages=(package(9 * WAN, 12 * WAN),)),
        offering(title="要停产的", condition_codes=frozenset({"long_stop"})),
        offering(title="太慢的", go_live_days=90),
    ]
    ranking = rank(wanted, offerings, Scene(Weights(), {}, {}, {}), limit=10)
    return MatchResult(wanted, ranking, advise(wanted, ranking))


def view(**fields: Any) -> dict[str, Any]:
    return answer(result(**fields), Around(), weights=Weights(), thresholds=THRESHOLDS)


@given(st.lists(st.integers(0, 46_000), min_size=1, max_size=10))
def test_shown_tenths_sum_to_the_shown_score(contributions: list[int]) -> None:
    total = sum(contributions)
    shown = tenths(contributions, total)
    assert sum(shown) == (total + 50) // 100
    assert all(abs(tenth * 100 - value) <= 100 for tenth, value in zip(shown, contributions, strict=True))


def test_a_card_adds_up_and_says_what_has_no_data() -> None:
    for card in view()["cards"]:
        points = sum(round(part["points"] * 10) for part in card["parts"])
        assert tenth_text(points) == card["score"]
        unknown = [reason for reason in card["reasons"] if not reason["counted"]]
        assert unknown
        assert all("无数据" in reason["text"] and reason["points_text"] == "不计" for reason in unknown)


def test_what_was_only_read_demotes_with_a_note() -> None:
    dear = next(card for card in view()["cards"] if card["title"] == "太贵的")
    assert any("只降位、不排除" in note for note in dear["notes"])


def test_every_chip_strikes_out_what_it_shows() -> None:
    for chip in view(industry="C33", district="banan", days_max=200)["chips"]:
        ask = read_ask(
            [
                ("text", TEXT),
                ("industry", "C33"),
                ("district", "banan"),
                ("days_max", "200"),
                (chip["name"], chip["value"]),
            ]
        )
        wanted = understand(input_of_ask(ask), shipped_reader())
        shown = answer(
            MatchResult(wanted, rank(wanted, [], Scene(Weights(), {}, {}, {}), limit=1), ()),
            Around(),
            weights=Weights(),
            thresholds=THRESHOLDS,
        )
        assert (chip["kind"], chip["text"]) not in {(left["kind"], left["text"]) for left in shown["chips"]}


def test_a_miss_names_its_rule_and_the_button_lifts_it() -> None:
    shown = view(budget_max_fen=5 * WAN, days_max=20)
    misses = {miss["title"]: miss for miss in shown["misses"]}
    assert set(misses) == {"太贵的", "要停产的", "太慢的"}
    assert shown["excluded_total"] == 3
    for title, miss in misses.items():
        assert miss["rule"].startswith("规则 X-0")
        ask = read_ask(
            [("text", TEXT), ("budget_max_wan", "5"), ("days_max", "20"), (miss["name"], miss["value"])]
        )
        wanted = understand(input_of_ask(ask), shipped_reader())
        kinds = {"太贵的": package(9 * WAN, 12 * WAN)}
        facts = {
            "太贵的": offering(packages=(kinds["太贵的"],)),
            "要停产的": offering(condition_codes=frozenset({"long_stop"})),
            "太慢的": offering(go_live_days=90),
        }[title]
        assert rank(wanted, [facts], Scene(Weights(), {}, {}, {}), limit=1).items, title


def test_the_form_ignores_what_is_no_code_and_keeps_corrections() -> None:
    ask = read_ask(
        [
            ("text", "一" * 5000),
            ("not_pain_points", "S01-1"),
            ("not_pain_points", "S01-1"),
            ("not_pain_points", "<script>"),
            ("budget_max_wan", "很多"),
            ("days_max", "-3"),
            ("drop", "password"),
            ("unknown", "x"),
        ]
    )
    assert len(ask.text) == 2000
    assert ask.kept == [("not_pain_points", "S01-1")]
    need = input_of_ask(ask)
    assert (need.budget_max_fen, need.days_max) == (None, None)
    assert input_of_ask(Ask(text="x", budget_max_wan="3.5", days_max="20")).budget_max_fen == 3_500_000


def test_the_fragment_renders_with_every_part() -> None:
    shown = view(budget_max_fen=5 * WAN)
    html = ENVIRONMENT.get_template("matching/_answer.html").render(answer=shown)
    assert "合适的" in html
    assert "X-01" in html
    assert "13800000000" not in html
