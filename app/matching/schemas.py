"""The API's shapes. Money in fen, points as numbers with at most three decimals, confidence 0 to 1."""

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Code = Annotated[str, Field(max_length=40)]
MOST_TEXT = 2000
#: Matchings from one address: each costs as much as several searches.
LIMITS = ("3/second", "60/minute")
MOST_FEN = 10**13


class PreviewIn(BaseModel):
    """What `POST /api/v1/match/preview` takes. The fields behind `limit` correct the reading (all optional)."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=MOST_TEXT)
    scenario: Annotated[str | None, Field(max_length=3)] = None
    industry: Annotated[str | None, Field(max_length=8)] = None
    district: Annotated[str | None, Field(max_length=40)] = None
    budget_max_fen: Annotated[int | None, Field(ge=0, le=MOST_FEN)] = None
    days_max: Annotated[int | None, Field(ge=1, le=3650)] = None
    limit: Annotated[int, Field(ge=1, le=50)] = 10
    pain_points: Annotated[list[Code], Field(max_length=10)] = []
    conditions: Annotated[list[Code], Field(max_length=20)] = []
    not_pain_points: Annotated[list[Code], Field(max_length=40)] = []
    not_scenarios: Annotated[list[Code], Field(max_length=16)] = []
    not_conditions: Annotated[list[Code], Field(max_length=20)] = []
    not_quantities: Annotated[list[Code], Field(max_length=20)] = []
    not_industries: Annotated[list[Code], Field(max_length=20)] = []


class ScenarioOut(BaseModel):
    code: str
    name: str
    confidence: float
    source: str


class SpanOut(BaseModel):
    start: int
    end: int
    text: str


class PainPointOut(BaseModel):
    code: str
    name: str
    confidence: float
    span: SpanOut | None
    source: str


class ConditionOut(BaseModel):
    code: str
    name: str
    text: str
    source: str


class ReadingOut(BaseModel):
    """What was read. `quantities` holds budget_max_fen, budget_min_fen, days_max, people, machines as read."""

    scenario: ScenarioOut | None
    scenarios: list[ScenarioOut]
    pain_points: list[PainPointOut]
    quantities: dict[str, int]
    conditions: list[ConditionOut]
    industries: list[str]
    masked: list[str]
    lexicon_version: str


class OfferingOut(BaseModel):
    id: str
    title: str
    organisation: str
    scenarios: list[str]
    price_from_fen: int | None
    go_live_days: int | None


class EvidenceOut(BaseModel):
    text: str
    source: str


class FactorOut(BaseModel):
    """`value` runs from 0 to 1, null without evidence (「无数据」); `contribution` is in points."""

    name: str
    code: str
    weight: int
    value: float | None
    contribution: float
    evidence: list[EvidenceOut]


class ItemOut(BaseModel):
    """The contributions sum to `score`; `evidence_points` is how many of the 100 points have evidence."""

    offering: OfferingOut
    score: float
    evidence_points: int
    factors: list[FactorOut]


class GroupOut(BaseModel):
    pain_point: str
    name: str
    item_ids: list[str]


class AdviceOut(BaseModel):
    code: str
    text: str


class ExcludedOut(BaseModel):
    id: str
    title: str
    rule: str
    reason: str
    change: str


class MatchOut(BaseModel):
    reading: ReadingOut
    items: list[ItemOut]
    groups: list[GroupOut]
    advice: list[AdviceOut]
    excluded: list[ExcludedOut]
    excluded_counts: dict[str, int]
    degraded: bool


class Ask(BaseModel):
    """The front page's form: the sentence, the added fields, and the corrections made so far."""

    text: str = ""
    scenario: str = ""
    industry: str = ""
    district: str = ""
    budget_max_wan: str = ""
    days_max: str = ""
    pain_points: tuple[str, ...] = ()
    not_pain_points: tuple[str, ...] = ()
    not_scenarios: tuple[str, ...] = ()
    not_conditions: tuple[str, ...] = ()
    not_quantities: tuple[str, ...] = ()
    not_industries: tuple[str, ...] = ()
    #: struck-out fields of the form itself: scenario, industry, district, budget_max_wan, days_max
    drop: tuple[str, ...] = ()
    #: fields of a posted need that were struck out earlier; a value typed since wins over them
    dropped: tuple[str, ...] = ()

    @property
    def kept(self) -> list[tuple[str, str]]:
        """The corrections as (name, value), to be posted again."""
        named = {
            "pain_points": self.pain_points,
            "not_pain_points": self.not_pain_points,
            "not_scenarios": self.not_scenarios,
            "not_conditions": self.not_conditions,
            "not_quantities": self.not_quantities,
            "not_industries": self.not_industries,
            "dropped": tuple(dict.fromkeys((*self.dropped, *self.drop))),
        }
        return [(name, value) for name, values in named.items() for value in values]


_CODE = re.compile(r"[A-Za-z0-9_\-]{1,40}")
_LISTS = (
    "pain_points",
    "not_pain_points",
    "not_scenarios",
    "not_conditions",
    "not_quantities",
    "not_industries",
)
_FIELDS = ("scenario", "industry", "district", "budget_max_wan", "days_max")


def read_ask(pairs: list[tuple[str, str]]) -> Ask:
    """Read the form's (name, value) pairs; unknown or absurd parts are ignored, not errors."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    drop = tuple(name for name in dict.fromkeys(values.get("drop", [])) if name in _FIELDS)
    dropped = tuple(name for name in dict.fromkeys(values.get("dropped", [])) if name in _FIELDS)
    single = {
        name: values[name][-1].strip()[:40] for name in _FIELDS if values.get(name) and name not in drop
    }
    lists = {
        name: tuple(dict.fromkeys(value for value in values.get(name, []) if _CODE.fullmatch(value)))[:40]
        for name in _LISTS
    }
    return Ask(
        text=(values.get("text") or [""])[-1][:MOST_TEXT], drop=drop, dropped=dropped, **single, **lists
    )
