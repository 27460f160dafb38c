import pytest
from pydantic import BaseModel, ConfigDict, Field

from app.core.errors import Conflict, FormRejected, Invalid
from app.web.forms import Form, empty_to_none, nest


class Part(BaseModel):
    title: str = Field(min_length=1, max_length=5)
    amount: int = Field(ge=0, le=9)


class Whole(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    parts: list[Part] = Field(default_factory=list, max_length=2)
    tags: list[str] = Field(default_factory=list)


def test_names_nest_into_lists_and_keep_their_order() -> None:
    data = nest(
        [
            ("name", "x"),
            ("parts-10-title", "c"),
            ("parts-2-title", "b"),
            ("parts-0-title", "a"),
            ("parts-0-amount", "1"),
            ("tags[]", "u"),
            ("tags[]", "v"),
        ]
    )
    assert data == {
        "name": "x",
        "parts": [{"title": "a", "amount": "1"}, {"title": "b"}, {"title": "c"}],
        "tags": ["u", "v"],
    }


@pytest.mark.parametrize(
    "pairs",
    [
        [("a", "1"), ("a-b", "2")],
        [("a-b", "2"), ("a", "1")],
        [("-", "x")],
        [("a--b", "x")],
        [("a", "1"), ("a[]", "2")],
        [("a-b", "1"), ("a[]", "2")],
        [("a-²", "x")],
    ],
)
def test_contradictory_names_are_no_crash(pairs: list[tuple[str, str]]) -> None:
    assert isinstance(nest(pairs), dict)


def test_every_reason_is_chinese_and_names_its_field() -> None:
    form = Form(
        data={
            "name": "x",
            "other": "1",
            "parts": [{"title": "toolong", "amount": "x"}, {"title": "", "amount": "10"}],
        }
    )
    with pytest.raises(Invalid) as caught:
        form.parse(Whole)
    assert caught.value.fields == {
        "parts-0-title": "最多 5 个字",
        "parts-0-amount": "请填整数，例如 30",
        "parts-1-title": "请填写",
        "parts-1-amount": "不能大于 9",
        "other": "不认识这个字段",
    }


def test_what_was_typed_survives_a_refusal() -> None:
    form = Form(data={"name": "<b>重庆</b>"})
    with pytest.raises(FormRejected) as caught, form.rejecting("x.html", lambda _session: {}):
        raise Invalid({"name": "不行"})
    assert caught.value.context["values"] == {"name": "<b>重庆</b>"}
    assert caught.value.fields == {"name": "不行"}


def test_a_conflict_is_shown_on_the_form() -> None:
    with pytest.raises(FormRejected) as caught, Form().rejecting("x.html", lambda _session: {}):
        raise Conflict("已经有了")
    assert caught.value.fields == {"form": "已经有了"}


def test_blank_becomes_none_everywhere() -> None:
    assert empty_to_none({"a": " ", "b": {"c": ""}, "d": ["", "x"], "e": [{"f": ""}]}) == {
        "a": None,
        "b": {"c": None},
        "d": ["x"],
        "e": [{"f": None}],
    }
