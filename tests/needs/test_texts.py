"""Titles out of sentences, names out of texts, and what a need's fields may hold."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.core import clock
from app.core.masking import KIND_NAMES, marker
from app.needs import masking, problem_text
from app.needs.schemas import MAX_FEN, NeedFields
from app.needs.steps import STEPS, BudgetForm


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("夜班冲床停了没人发现，早上接班才知道。误了交货", "夜班冲床停了没人发现，早上接班才知道"),
        ("仓库老是找不到料", "仓库老是找不到料"),
        ("一" * 40, "一" * 24),
        ("  \n排产天天变\n还有很多", "排产天天变"),
        (f"找我{marker('phone')}，料对不上", "找我，料对不上"),
        ("", ""),
    ],
)
def test_the_first_clause_is_the_working_title(text: str, title: str):
    assert problem_text.suggest_title(text).replace(" ", "") == title


@given(st.text(max_size=300))
def test_a_title_always_fits(text: str):
    assert len(problem_text.suggest_title(text)) <= 24


def test_a_firms_name_is_found_in_its_writings():
    names = masking.name_variants("示例冲压件有限公司", "示例冲压")
    text, found = masking.clean(
        "示例冲压件有限公司的夜班，示例冲压件这边，示例冲压老停机，打13812345678", names
    )
    assert text == f"本厂的夜班，本厂这边，本厂老停机，打{marker('phone')}"
    assert set(found) == {masking.NAME, "phone"}
    assert masking.describe(list(found)) == "单位名称、电话"
    assert masking.clean("示例冲压老停机", ()) == ("示例冲压老停机", ())


def test_short_names_are_left_alone():
    assert masking.name_variants("甲乙厂", "甲乙") == ()
    assert set(KIND_NAMES) < set(masking.NAMES)


@pytest.mark.parametrize(
    "given_fields",
    [
        {"problem": "字" * 2001},
        {"title": "字" * 61},
        {"budget_min_fen": -1},
        {"budget_max_fen": MAX_FEN + 1},
        {"budget_min_fen": 2, "budget_max_fen": 1},
        {"wanted_days": 0},
        {"wanted_days": 1096},
        {"conditions": {"weather": "yes"}},
        {"conditions": {"network": "perhaps"}},
        {"pain_points": ["S01-1"] * 7},
        {"machine_count": 0},
        {"confidentiality": "secret"},
        {"state": "published"},
        {"gate_score": 25},
        {"organisation_id": "x"},
        {"baselines": [{"metric": "停机"}]},
        {"baselines": [{"metric": "停机", "value": "约 60"}]},
        {"baselines": [{"metric": "停机", "value": "6", "how": "not_counted"}]},
        {"baselines": [{"value": "6"}]},
        {"baselines": [{"metric": "停机", "value": "6"}] * 6},
        {"baselines": [{"metric": "停机", "value": "1e9"}]},
        {"baselines": [{"metric": "停机", "value": "٣"}]},
    ],
)
def test_what_a_field_may_not_hold(given_fields: dict[str, object]):
    with pytest.raises(ValidationError):
        NeedFields.model_validate(given_fields)


def test_days_lie_ahead_and_near():
    today = clock.today()
    assert NeedFields(wanted_by=today).wanted_by == today
    for day in (today - timedelta(days=1), today + timedelta(days=1096)):
        with pytest.raises(ValidationError):
            NeedFields(wanted_by=day)


def test_texts_lose_invisible_characters():
    fields = NeedFields(title=" 夜班\u202e\u0000\n停机 ", problem="第一行\r\n第二行\u200b\u0007")
    assert fields.title == "夜班 停机"
    assert fields.problem == "第一行\n第二行"


@pytest.mark.parametrize(
    ("typed", "kept"), [("６０", "60"), ("1,200", "1200"), ("3.50", "3.50"), ("0", "0"), (" 9 ", "9")]
)
def test_figures_are_exact_decimals(typed: str, kept: str):
    fields = NeedFields.model_validate({"baselines": [{"metric": "停机", "value": typed}]})
    assert fields.baselines[0].value == kept


def test_money_is_typed_in_wan_and_kept_in_fen():
    form = BudgetForm.model_validate(
        {"version": "3", "budget_min": "0.5", "budget_max": "３", "fund_sources": ["own"]}
    )
    fields = form.fields()
    assert (fields.budget_min_fen, fields.budget_max_fen) == (500_000, 3_000_000)
    for wrong in ({"budget_min": "三万"}, {"budget_min": "-1"}, {"budget_min": "5", "budget_max": "3"}):
        with pytest.raises(ValidationError):
            BudgetForm.model_validate({"version": "3", **wrong})


@pytest.mark.parametrize("step", sorted(STEPS))
def test_an_empty_step_is_a_step(step: str):
    fields = STEPS[step].model_validate({"version": "1"}).fields()
    assert isinstance(fields, NeedFields)


def test_lines_that_nobody_filled_in_are_left_out():
    form = STEPS["baseline"].model_validate(
        {
            "version": "1",
            "baselines": [
                {"metric": "停机", "value": "", "unit": "次"},
                {"metric": "停多久", "value": " 60 ", "unit": "分钟"},
                {"metric": "修多久", "value": "", "how": "not_counted"},
            ],
        }
    )
    assert [(row.metric, row.value) for row in form.fields().baselines] == [
        ("停多久", "60"),
        ("修多久", None),
    ]


def test_an_error_names_the_line_it_stands_on():
    with pytest.raises(ValidationError) as refused:
        STEPS["baseline"].model_validate(
            {
                "version": "1",
                "baselines": [
                    {"metric": "停机", "value": "", "unit": "次"},
                    {"metric": "停多久", "value": "很久", "unit": "分钟"},
                    {"metric": "题" * 61, "value": ""},
                ],
            }
        )
    places = {error["loc"] for error in refused.value.errors()}
    assert places == {("baselines", 1, "value"), ("baselines", 2, "metric")}
