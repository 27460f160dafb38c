"""What was read in a text. Frozen, so that a reading can be stored, shown, corrected and compared."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Source(StrEnum):
    """Where a fact comes from; only `FIELD` and a stated condition may exclude an offering."""

    TEXT = "text"
    FIELD = "field"


@dataclass(frozen=True, slots=True)
class Span:
    """[start, end) in the masked text."""

    start: int
    end: int

    def of(self, text: str) -> str:
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class ReadPainPoint:
    """A pain point with its confidence in per mille and the words that speak for it."""

    code: str
    name: str
    confidence: int
    span: Span | None = None
    source: Source = Source.TEXT


@dataclass(frozen=True, slots=True)
class ReadScenario:
    """A scenario with its confidence in per mille."""

    code: str
    name: str
    confidence: int
    source: Source = Source.TEXT


@dataclass(frozen=True, slots=True)
class Quantity:
    """One figure: `key` is budget_min_fen, budget_max_fen, days_max, people, machines or orders."""

    key: str
    value: int
    text: str
    span: Span
    source: Source = Source.TEXT


@dataclass(frozen=True, slots=True)
class Condition:
    """A site condition such as 不停产 (codes stand in the lexicon's `conditions.txt`)."""

    code: str
    name: str
    text: str
    span: Span | None = None
    source: Source = Source.TEXT


@dataclass(frozen=True, slots=True)
class IndustryHint:
    """An industry named or hinted at in the text: it moves offerings up or down and never excludes one."""

    code: str
    text: str
    source: Source = Source.TEXT


@dataclass(frozen=True, slots=True)
class Reading:
    """All that was read. `weights` is the whole belief over pain points (per mille, sums to about 1000).

    `topics` are kinds of request beside or instead of a trouble (`policy`, `out_of_scope`, … from `topics.txt`);
    `script` is `han`, `pinyin`, `latin` or `empty`.
    """

    text: str
    masked: tuple[str, ...] = ()
    pain_points: tuple[ReadPainPoint, ...] = ()
    weights: Mapping[str, int] = field(default_factory=dict)
    scenarios: tuple[ReadScenario, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    conditions: tuple[Condition, ...] = ()
    industries: tuple[IndustryHint, ...] = ()
    topics: tuple[str, ...] = ()
    script: str = "han"
    search_text: str = ""
    lexicon_version: str = ""

    @property
    def scenario(self) -> ReadScenario | None:
        return self.scenarios[0] if self.scenarios else None

    def quantity(self, key: str) -> Quantity | None:
        return next((quantity for quantity in self.quantities if quantity.key == key), None)

    def has(self, topic: str) -> bool:
        return topic in self.topics
