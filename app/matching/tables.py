"""The centre's reviewed table of what an offering's condition means for a site condition (中心规则)."""

import csv
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from app.matching.reading.lexicon import reference_folder


class Effect(StrEnum):
    """What an offering's condition does to a site's: meets it, asks for a check, or cannot work with it."""

    MEETS = "meets"
    SOFT = "soft"
    HARD = "hard"


@dataclass(frozen=True, slots=True)
class Fit:
    """`offering` is a code of `app.offerings.conditions`, `condition` one of the lexicon's `conditions.txt`."""

    condition: str
    offering: str
    effect: Effect
    reason: str


@lru_cache(maxsize=1)
def fits() -> dict[str, tuple[Fit, ...]]:
    """The table's rows by site condition."""
    place = reference_folder() / "lexicon" / "fits.csv"
    found: dict[str, list[Fit]] = {}
    for row in csv.DictReader(place.read_text(encoding="utf-8").splitlines()):
        fit = Fit(row["condition"], row["offering"], Effect(row["effect"]), row["reason"])
        found.setdefault(fit.condition, []).append(fit)
    return {condition: tuple(rows) for condition, rows in found.items()}


#: Answers on a need's form that state a site condition (`app.needs.conditions`), and which one.
ANSWERS: dict[tuple[str, str], str] = {
    ("can_stop_line", "no"): "no_stop",
    ("network", "no"): "no_network",
    ("server", "no"): "no_server",
    ("data_may_leave", "no"): "on_premise",
    ("machine_interface", "no"): "old_machines",
    ("cabinet_space", "no"): "no_cabinet",
    ("operators", "no"): "few_hands",
}
