"""What a need's fields may hold, for programs and commands alike, and what programs get."""

import re
import unicodedata
import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from app.core import clock, money
from app.core.masking import without_markers
from app.needs.conditions import BY_CODE, is_answer
from app.needs.models import BaselineHow, Confidentiality, FundSource, NeedState, Urgency

PROBLEM, TITLE, EQUIPMENT, NOTE, METRIC = 2000, 60, 400, 1000, 60
MAX_FEN = 10**11  # ten hundred million yuan; the search index sorts no larger sums
MAX_ROWS = 5
_NUMBER = re.compile(r"\d{1,9}(?:\.\d{1,4})?", re.ASCII)
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn"}


def _line(value: Any) -> Any:
    """Return one clean line: no control or invisible characters, single spaces."""
    return " ".join(_paragraphs(value).split()) if isinstance(value, str) else value


def _paragraphs(value: Any) -> Any:
    """Return the text with its line breaks but without other control or invisible characters."""
    if not isinstance(value, str):
        return value
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in _HIDDEN)
    return kept.strip()


def none_if_blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def wan(value: Any) -> Any:
    """Return fen of what was typed in 万元; a blank is None."""
    value = none_if_blank(value)
    return money.wan_to_fen(unicodedata.normalize("NFKC", value)) if isinstance(value, str) else value


def _known_conditions(value: dict[str, str]) -> dict[str, str]:
    for code, answer in value.items():
        if code not in BY_CODE:
            raise ValueError(f"没有「{code[:20]}」这一项现场条件")
        if not is_answer(code, answer):
            raise ValueError(f"「{BY_CODE[code].title}」请从列出的选项中选一个")
    return value


def _bounded(value: str) -> str:
    """Let only the writer's own words count, not the markers that stand for hidden details."""
    if len(without_markers(value)) > PROBLEM:
        raise ValueError(f"最多 {PROBLEM} 个字")
    return value


def read_number(most: int) -> BeforeValidator:
    """Take a number that was read from a text; one that cannot be right is no reason to refuse the text."""

    def read(value: Any) -> int | None:
        if not isinstance(value, str | int) or not str(value).strip().isdecimal() or len(str(value)) > 15:
            return None
        number = int(value)
        return number if 1 <= number <= most else None

    return BeforeValidator(read)


Line = Annotated[str, BeforeValidator(_line)]
Paragraphs = Annotated[str, BeforeValidator(_paragraphs)]
Problem = Annotated[
    str, Field(max_length=2 * PROBLEM), BeforeValidator(_paragraphs), AfterValidator(_bounded)
]
ShortCode = Annotated[
    Annotated[str, Field(max_length=3)] | None, BeforeValidator(_line), BeforeValidator(none_if_blank)
]
Name = Annotated[
    Annotated[str, Field(max_length=80)] | None, BeforeValidator(_line), BeforeValidator(none_if_blank)
]
Fen = Annotated[int, Field(ge=0, le=MAX_FEN)] | None
Count = Annotated[Annotated[int, Field(ge=1, le=100_000)] | None, BeforeValidator(none_if_blank)]
Days = Annotated[Annotated[int, Field(ge=1, le=1095)] | None, BeforeValidator(none_if_blank)]
Conditions = Annotated[dict[str, str], AfterValidator(_known_conditions)]
PainPoints = list[Annotated[str, Field(max_length=8)]]


class BaselineFields(BaseModel):
    """One figure of the present state; without a value it says that nobody has counted."""

    model_config = ConfigDict(extra="forbid")

    metric: Line = Field("", max_length=METRIC)
    value: str | None = None
    unit: Line = Field("", max_length=20)
    period: Line = Field("", max_length=20)
    how: BaselineHow = BaselineHow.estimated

    @field_validator("value", mode="before")
    @classmethod
    def _value(cls, value: Any) -> str | None:
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        text = unicodedata.normalize("NFKC", str(value)).strip().replace(",", "")
        if not _NUMBER.fullmatch(text):
            raise ValueError("只写一个数，例如 60；单位写在旁边，是范围就写最常见的那个")
        return f"{Decimal(text):f}"

    @model_validator(mode="after")
    def _agrees(self) -> "BaselineFields":
        if self.value is None and self.metric and self.how is not BaselineHow.not_counted:
            raise ValueError("写一个数，或者选「没有统计过，请中心上门测」")
        if self.value is not None and self.how is BaselineHow.not_counted:
            raise ValueError("写了数，就选「有记录」或「估的」")
        if self.value is not None and not self.metric:
            raise ValueError("写上这个数是什么，例如：一个月停机次数")
        return self


class NeedFields(BaseModel):
    """Any part of a need; a field that is left out stays as it is.

    `scenario`, `pain_points`, `industry` and `district` take codes (industry and district full names too); money is in fen.
    Texts are stored with contact details masked.
    """

    model_config = ConfigDict(extra="forbid")

    title: Line = Field("", max_length=TITLE)
    problem: Problem = ""
    scenario: ShortCode = None
    pain_points: PainPoints = Field(default_factory=list, max_length=6)
    industry: Name = None
    district: Name = None
    equipment: Line = Field("", max_length=EQUIPMENT)
    machine_count: Count = None
    baselines: list[BaselineFields] = Field(default_factory=list, max_length=MAX_ROWS)
    baseline_note: Paragraphs = Field("", max_length=NOTE)
    budget_min_fen: Fen = None
    budget_max_fen: Fen = None
    fund_sources: list[FundSource] = Field(default_factory=list, max_length=len(FundSource))
    wanted_by: date | None = None
    wanted_days: Days = None
    urgency: Urgency | None = None
    conditions: Conditions = Field(default_factory=dict)
    conditions_note: Paragraphs = Field("", max_length=NOTE)
    confidentiality: Confidentiality = Confidentiality.public
    hide_name: bool = True

    @field_validator("pain_points")
    @classmethod
    def _once(cls, value: list[str]) -> list[str]:
        return list(dict.fromkeys(value))

    @field_validator("fund_sources")
    @classmethod
    def _each_once(cls, value: list[FundSource]) -> list[FundSource]:
        return list(dict.fromkeys(value))

    @field_validator("wanted_by")
    @classmethod
    def _ahead(cls, value: date | None) -> date | None:
        return check_day(value)

    @model_validator(mode="after")
    def _range(self) -> "NeedFields":
        check_range(self.budget_min_fen, self.budget_max_fen)
        return self


def check_day(value: date | None) -> date | None:
    today = clock.today()
    if value is not None and value < today:
        raise ValueError(f"这个日期已经过了，今天是 {clock.cn_date(today)}")
    if value is not None and (value - today).days > 1095:
        raise ValueError("写三年以内的日期")
    return value


def check_range(low: int | None, high: int | None) -> None:
    if low is not None and high is not None and low > high:
        raise ValueError("预算的下限比上限大，请对调或改一下")


class GateHintOut(BaseModel):
    gain: int
    text: str
    field: str


class GateLineOut(BaseModel):
    code: str
    title: str
    points: int
    hints: list[GateHintOut]


class GateOut(BaseModel):
    total: int
    full: int
    publish_from: int
    verdict: str
    lines: list[GateLineOut]


class NeedOut(BaseModel):
    """A need as its owner and staff get it."""

    id: uuid.UUID
    case_number: str
    state: NeedState
    version: int
    url: str
    title: str
    problem: str
    masked: list[str]
    scenario: str | None
    pain_points: list[str]
    industry: str | None
    district: str | None
    equipment: str
    machine_count: int | None
    baselines: list[BaselineFields]
    baseline_note: str
    budget_min_fen: int | None
    budget_max_fen: int | None
    fund_sources: list[FundSource]
    wanted_by: date | None
    wanted_days: int | None
    urgency: Urgency | None
    conditions: dict[str, str]
    conditions_note: str
    confidentiality: Confidentiality
    hide_name: bool
    published_at: datetime | None
    expires_at: datetime | None
    gate: GateOut


class PublicNeedOut(BaseModel):
    """A need as others get it: no contact details, no name while it is hidden, district and industry coarse."""

    case_number: str
    url: str
    title: str
    problem: str
    organisation: str | None
    scenario: str | None
    pain_points: list[str]
    industry: str | None
    district: str | None
    budget_min_fen: int | None
    budget_max_fen: int | None
    wanted_by: date | None
    wanted_days: int | None
    urgency: Urgency | None
    published_at: datetime | None


class NeedList(BaseModel):
    items: list[PublicNeedOut]
    total: int
    page: int
    size: int
