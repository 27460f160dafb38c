"""The score of one offering for one need: Σ weight × value over the factors with evidence, out of the full 100.

Never renormalised, so more favourable evidence never lowers it; `evidence_points` says how many of the 100 points
have evidence at all. All integers in 1/1000 point: the contributions sum to the score exactly.
"""

from dataclasses import dataclass

from app.core.money import fen_to_wan
from app.matching import factors
from app.matching.factors import Evidence, Scene
from app.matching.facts import Wanted
from app.matching.reading.types import Source
from app.matching.tables import Effect, fits
from app.matching.weights import LABELS
from app.offerings.facts import OfferingFacts

NO_DATA = "无数据"

#: Hard exclusions: code, rule in words. Each needs a field that the user set or a condition that was stated.
RULES: dict[str, str] = {
    "X-01": "起价高于填写的预算上限",
    "X-02": "上线天数超过填写的时间要求",
    "X-03": "与说明的现场条件不能共存",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One factor of a score. `value` is per mille, None without evidence; `contribution` in 1/1000 point."""

    code: str
    label: str
    weight: int
    value: int | None
    contribution: int
    evidence: tuple[Evidence, ...]
    demoted: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """`total` in 1/1000 point, the exact sum of the parts; `evidence_points` in whole points."""

    total: int
    evidence_points: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Why an offering is left out: the rule, this offering's reason, and the smallest change that lifts it.

    `field` and `value` name that change on the front page's form.
    """

    rule: str
    reason: str
    change: str
    field: str
    value: str


def score(wanted: Wanted, offering: OfferingFacts, scene: Scene) -> Score:
    """Score one offering; every factor appears, those without evidence as 「无数据」."""
    parts: list[Part] = []
    for code, factor in factors.ALL.items():
        weight = scene.weights.points[code]
        value = factor(wanted, offering, scene)
        if value is None:
            parts.append(Part(code, LABELS[code], weight, None, 0, ()))
        else:
            parts.append(
                Part(
                    code,
                    LABELS[code],
                    weight,
                    value.per_mille,
                    weight * value.per_mille,
                    value.evidence,
                    value.demoted,
                )
            )
    return Score(
        total=sum(part.contribution for part in parts),
        evidence_points=sum(part.weight for part in parts if part.value is not None),
        parts=tuple(parts),
    )


def exclusion(wanted: Wanted, offering: OfferingFacts) -> Exclusion | None:
    """The first hard rule that this offering breaks, or None.

    What was only read in the text never excludes, except a site condition that it states in so many words.
    """
    if wanted.budget and wanted.budget.source is Source.FIELD:
        known = factors.cheapest(wanted, offering)
        if known.low is not None and known.low > wanted.budget.value:
            return Exclusion(
                "X-01",
                f"起价 {fen_to_wan(known.low)} 万元，高于预算 {fen_to_wan(wanted.budget.value)} 万元",
                f"预算放宽到 {fen_to_wan(known.low)} 万元即可列入",
                "budget_max_wan",
                fen_to_wan(known.low).replace(",", ""),
            )
    offered = offering.go_live_days
    if wanted.days and wanted.days.source is Source.FIELD and offered and offered > wanted.days.value:
        return Exclusion(
            "X-02",
            f"要 {offered} 天上线，超过 {wanted.days.value} 天",
            f"时间放宽到 {offered} 天即可列入",
            "days_max",
            str(offered),
        )
    for condition in wanted.conditions:
        for fit in fits().get(condition.code, ()):
            if fit.effect is Effect.HARD and fit.offering in offering.condition_codes:
                return Exclusion(
                    "X-03",
                    f"{fit.reason}，与「{condition.name}」冲突",
                    f"去掉条件「{condition.name}」即可列入",
                    "not_conditions",
                    condition.code,
                )
    return None
