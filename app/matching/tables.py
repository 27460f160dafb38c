"""Reviewed tables of the centre: which price modes can be compared, which prerequisites meet which condition."""

import csv
from dataclasses import dataclass
from functools import lru_cache

from app.matching.reading.lexicon import reference_folder


@dataclass(frozen=True, slots=True)
class PriceMode:
    """How a listed price is meant. Only comparable ones are held against a budget."""

    mode: str
    group: str
    comparable: bool
    label: str
    note: str


@dataclass(frozen=True, slots=True)
class PrerequisiteRule:
    """What a prerequisite containing `pattern` means for a condition: meets, soft or hard conflict."""

    condition: str
    pattern: str
    effect: str
    reason: str


UNKNOWN_MODE = PriceMode("", "unknown", comparable=False, label="计价方式未列", note="计价方式未列，需核实")


@lru_cache(maxsize=1)
def price_modes() -> dict[str, PriceMode]:
    return {
        row["mode"]: PriceMode(row["mode"], row["class"], row["comparable"] == "yes", row["label"], row["note"])
        for row in _rows("price_modes.csv")
    }


@lru_cache(maxsize=1)
def prerequisite_rules() -> tuple[PrerequisiteRule, ...]:
    return tuple(
        PrerequisiteRule(row["condition"], row["pattern"], row["effect"], row["reason"])
        for row in _rows("prerequisites.csv")
    )


def _rows(name: str) -> list[dict[str, str]]:
    place = reference_folder() / "lexicon" / name
    return list(csv.DictReader(place.read_text(encoding="utf-8").splitlines()))
