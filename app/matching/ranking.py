"""Ranks candidates: scores, exclusions, groups by trouble. Pure; ties fall by text score, then by id."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from app.matching.factors import Scene
from app.matching.facts import Wanted
from app.matching.score import Exclusion, Score, exclusion, score
from app.offerings.facts import OfferingFacts

MOST_EXCLUDED = 20
PER_GROUP = 3
_LEAST = 3_000  # 1/1000 points below which an offering is no suggestion at all


@dataclass(frozen=True, slots=True)
class Ranked:
    """One offering with its score."""

    offering: OfferingFacts
    score: Score


@dataclass(frozen=True, slots=True)
class Excluded:
    """One offering that a hard rule keeps out, with what it would have scored."""

    offering: OfferingFacts
    exclusion: Exclusion
    total: int


@dataclass(frozen=True, slots=True)
class Group:
    """One trouble of the need and the best of the list for it, best first."""

    code: str
    name: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The list, its groups (two or more troubles only), and what was kept out with counts by rule.

    `fitting` counts the candidates that meet the trouble (or the scenario, where no trouble was read).
    """

    items: tuple[Ranked, ...] = ()
    groups: tuple[Group, ...] = ()
    excluded: tuple[Excluded, ...] = ()
    excluded_counts: dict[str, int] = field(default_factory=dict)
    fitting: int = 0
    considered: int = 0


def rank(wanted: Wanted, offerings: Iterable[OfferingFacts], scene: Scene, *, limit: int) -> Ranking:
    """Rank all candidates; with several troubles each keeps a place in the list for its best offering."""
    kept: list[Ranked] = []
    out: list[Excluded] = []
    considered = 0
    for offering in offerings:
        considered += 1
        ranked = Ranked(offering, score(wanted, offering, scene))
        barred = exclusion(wanted, offering)
        if barred is None:
            if ranked.score.total >= _LEAST:
                kept.append(ranked)
        else:
            out.append(Excluded(offering, barred, ranked.score.total))

    def order(item: Ranked) -> tuple[int, int, str]:
        ident = str(item.offering.id)
        return -item.score.total, -scene.text_scores.get(ident, 0), ident

    kept.sort(key=order)
    groups = _groups(wanted, kept)
    items = _with_groups(kept, groups, limit)
    counts: dict[str, int] = {}
    for item in out:
        counts[item.exclusion.rule] = counts.get(item.exclusion.rule, 0) + 1
    out.sort(key=lambda item: (-item.total, str(item.offering.id)))
    shown = {str(item.offering.id) for item in items}
    return Ranking(
        items=tuple(items),
        groups=tuple(
            Group(group.code, group.name, tuple(ident for ident in group.ids if ident in shown))
            for group in groups
        ),
        excluded=tuple(out[:MOST_EXCLUDED]),
        excluded_counts=dict(sorted(counts.items())),
        fitting=sum(_fits(wanted, item) for item in kept),
        considered=considered,
    )


def _fits(wanted: Wanted, item: Ranked) -> bool:
    code = "pain_point" if wanted.reading.pain_points else "scenario" if wanted.scenarios else "text"
    return any(part.code == code and part.contribution > 0 for part in item.score.parts)


def _groups(wanted: Wanted, kept: Sequence[Ranked]) -> list[Group]:
    shown = wanted.reading.pain_points
    if len(shown) < 2:
        return []
    groups: list[Group] = []
    for point in shown:
        own = [item for item in kept if point.code in item.offering.pain_point_codes]
        own.sort(
            key=lambda item: (
                item.offering.pain_point_codes.index(point.code) > 0,
                -item.score.total,
                str(item.offering.id),
            )
        )
        groups.append(Group(point.code, point.name, tuple(str(item.offering.id) for item in own[:PER_GROUP])))
    return groups


def _with_groups(kept: Sequence[Ranked], groups: Sequence[Group], limit: int) -> list[Ranked]:
    """The best `limit`, with room made at the end for the first of every group that would miss the list."""
    top = list(kept[:limit])
    inside = {str(item.offering.id) for item in top}
    by_id = {str(item.offering.id): item for item in kept}
    missing: list[str] = []
    for group in groups:
        if group.ids and not inside.intersection(group.ids) and group.ids[0] not in missing:
            missing.append(group.ids[0])
    missing = missing[: max(0, limit // 2)]
    if not missing:
        return top
    top = top[: limit - len(missing)]
    top.extend(by_id[ident] for ident in missing)
    top.sort(key=kept.index)
    return top
