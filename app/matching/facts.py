"""What matching needs to know of an offering and of a need, free of any database row.

Lower rooms fill these from their rows, `evaluation` from files; scoring sees nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.matching.reading.types import Condition, Quantity, Reading, Source


@dataclass(frozen=True, slots=True)
class OfferingFacts:
    """One listed offering. `pain_points` stand in the vendor's order, the main one first; `None` is unknown.

    `cases` counts accepted cases by GB/T 4754 division (`C33`); None while the platform holds no deals.
    """

    id: str
    title: str
    text: str = ""
    organisation: str = ""
    organisation_id: str = ""
    kind: str = "solution"
    scenarios: tuple[str, ...] = ()
    pain_points: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    price_from_fen: int | None = None
    price_to_fen: int | None = None
    price_mode: str = ""
    go_live_days: int | None = None
    prerequisites: tuple[str, ...] = ()
    organisation_verified: bool | None = None
    district: str | None = None
    cases: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class NeedFacts:
    """A need to be matched: its text and whatever fields its owner set.

    `not_pain_points` and the like are readings that the owner struck out with one click. A `conditions` entry is
    a condition's code from the lexicon.
    """

    text: str
    scenario: str | None = None
    industry: str | None = None
    district: str | None = None
    budget_max_fen: int | None = None
    days_max: int | None = None
    pain_points: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    not_pain_points: frozenset[str] = frozenset()
    not_scenarios: frozenset[str] = frozenset()
    not_conditions: frozenset[str] = frozenset()
    not_quantities: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Wanted:
    """The need as scoring sees it: the corrected reading, with each fact's source."""

    reading: Reading
    #: fit of each pain point in per mille, the best one at its confidence
    pain_points: Mapping[str, int]
    scenarios: Mapping[str, int]
    industry: str | None = None
    industry_source: Source = Source.TEXT
    industry_words: str = ""
    district: str | None = None
    budget: Quantity | None = None
    days: Quantity | None = None
    conditions: tuple[Condition, ...] = ()
    prefers_small: str = ""  # why cheap and light ones are preferred, empty when they are not
    text_scores: Mapping[str, int] = field(default_factory=dict)  # offering id → per mille of the best text hit
