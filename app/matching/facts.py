"""A need as matching takes it, and as scoring sees it after reading and correcting."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.matching.reading.types import Condition, Quantity, Reading, Source


@dataclass(frozen=True, slots=True)
class NeedInput:
    """The text and whatever fields its owner set; money in fen, a condition by its code in the lexicon.

    The `not_…` fields hold readings that were struck out with one click (chips).
    """

    text: str
    scenario: str | None = None
    industry: str | None = None
    district: str | None = None
    budget_max_fen: int | None = None
    days_max: int | None = None
    machines: int | None = None
    pain_points: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    not_pain_points: frozenset[str] = frozenset()
    not_scenarios: frozenset[str] = frozenset()
    not_conditions: frozenset[str] = frozenset()
    not_quantities: frozenset[str] = frozenset()
    not_industries: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Wish:
    """One trouble as scoring holds it: its fit in per mille and where that comes from."""

    code: str
    name: str
    fit: int
    source: Source
    words: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The need as scoring sees it: the corrected reading with each fact's source. Mappings are by code."""

    reading: Reading
    pain_points: Mapping[str, Wish] = field(default_factory=dict)
    scenarios: Mapping[str, Wish] = field(default_factory=dict)
    industries: tuple[Wish, ...] = ()
    district: str | None = None
    budget: Quantity | None = None
    days: Quantity | None = None
    machines: Quantity | None = None
    conditions: tuple[Condition, ...] = ()
    search_text: str = ""
    prefers_small: str = ""  # why cheap and light offerings are preferred; empty when they are not
