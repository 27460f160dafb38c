"""From a match to what `templates/matching/_answer.html` shows; the shape stands at that template's head.

`answer(result, …)` gives the whole view: chips that strike out a reading, cards with bars and reasons, near misses with
the one change that lifts each, advice, groups, weights. All shown tenths of points sum to the shown score.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.core.masking import KIND_NAMES
from app.core.money import fen_to_wan
from app.matching.matcher import MatchResult
from app.matching.ranking import Excluded, Ranked
from app.matching.reading.types import Source
from app.matching.score import RULES, Part
from app.matching.weights import LABELS, Weights
from app.offerings import xkqz
from app.offerings.facts import OfferingFacts
from app.offerings.labels import KIND_LABELS

#: The colour of each factor, the same on every card.
SLOTS: Mapping[str, int] = {
    "pain_point": 1,
    "price": 2,
    "site": 3,
    "days": 4,
    "cases": 5,
    "scenario": 6,
    "text": 7,
    "industry": 8,
    "trust": 9,
    "district": 10,
}
MOST_MISSES = 4
_UNSURE = 600

Choices = Sequence[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Around:
    """What the page adds: where things post and link to, the choices of the extra fields, corrections so far."""

    form: str = "ask"
    kept: Sequence[tuple[str, str]] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    scenarios: Choices = ()
    industries: Choices = ()
    districts: Choices = ()
    need_href: str = ""
    more_href: str = ""
    district_names: Mapping[str, str] = field(default_factory=dict)
    industry_names: Mapping[str, str] = field(default_factory=dict)


def answer(
    result: MatchResult, around: Around, *, weights: Weights, thresholds: xkqz.Thresholds
) -> dict[str, Any]:
    """Return the `answer` of the template."""
    ranking = result.ranking
    places = {str(item.offering.id): number for number, item in enumerate(ranking.items, 1)}
    return {
        "form": around.form,
        "kept": list(around.kept),
        "masked": [KIND_NAMES[kind] for kind in result.wanted.reading.masked],
        "chips": chips(result, around),
        "add": {
            "scenarios": around.scenarios,
            "industries": around.industries,
            "districts": around.districts,
            "values": around.values,
        },
        "total": max(ranking.fitting, len(ranking.items)),
        "cards": [card(item, number, around, thresholds) for number, item in enumerate(ranking.items, 1)],
        "more_href": around.more_href,
        "advice": [item.text for item in result.advice if item.code != "masked"],  # `masked` says it
        "groups": [
            {
                "title": group.name,
                "ranks": "、".join(str(place) for place in sorted(places[ident] for ident in group.ids)),
            }
            for group in ranking.groups
            if group.ids
        ],
        "misses": [miss(item) for item in ranking.excluded[:MOST_MISSES]],
        "excluded_total": sum(ranking.excluded_counts.values()),
        "weights": [
            {"slot": SLOTS[code], "name": LABELS[code], "weight": points}
            for code, points in weights.points.items()
        ],
        "need_href": around.need_href,
        "start": start_fields(result),
        "degraded": result.degraded,
    }


def start_fields(result: MatchResult) -> list[tuple[str, str]]:
    """Return what a need draft begins with: the masked sentence and everything that was read or set."""
    wanted = result.wanted
    fields = [("text", wanted.reading.text)]
    fields.extend(("scenario", item.code) for item in wanted.reading.scenarios[:1])
    fields.extend(("pain_points[]", item.code) for item in wanted.reading.pain_points)
    fields.extend(("industry", wish.code) for wish in wanted.industries[:1])
    if wanted.district:
        fields.append(("district", wanted.district))
    if wanted.budget:
        fields.append(("budget_max_fen", str(wanted.budget.value)))
    if wanted.days:
        fields.append(("days_max", str(wanted.days.value)))
    return fields


def chips(result: MatchResult, around: Around) -> list[dict[str, Any]]:
    """Everything that was read or set, each with the name and value that strike it out."""
    wanted = result.wanted
    reading = wanted.reading
    found: list[dict[str, Any]] = []

    def add(kind: str, text: str, name: str, value: str, *, guess: bool = False) -> None:
        found.append({"kind": kind, "text": text, "name": name, "value": value, "guess": guess})

    for scenario in reading.scenarios[:2]:
        if scenario.source is Source.FIELD:
            add("场景", scenario.name, "drop", "scenario")
        elif scenario is reading.scenarios[0] or scenario.confidence >= _UNSURE // 2:
            add("场景", scenario.name, "not_scenarios", scenario.code, guess=scenario.confidence < _UNSURE)
    for point in reading.pain_points:
        add("难点", point.name, "not_pain_points", point.code, guess=point.confidence < _UNSURE)
    if wanted.budget:
        text = f"≤ {fen_to_wan(wanted.budget.value)} 万元"
        field_set = wanted.budget.source is Source.FIELD
        add(
            "预算", text, *(("drop", "budget_max_wan") if field_set else ("not_quantities", "budget_max_fen"))
        )
    if wanted.days:
        field_set = wanted.days.source is Source.FIELD
        add(
            "时间",
            f"{wanted.days.value} 天内",
            *(("drop", "days_max") if field_set else ("not_quantities", "days_max")),
        )
    for key, kind, unit in (("machines", "设备", "台"), ("people", "人数", "人")):
        quantity = reading.quantity(key)
        if quantity:
            add(kind, f"{quantity.value} {unit}", "not_quantities", key)
    for condition in reading.conditions:
        add("现场", condition.name, "not_conditions", condition.code)
    for wish in wanted.industries[:2]:
        name = around.industry_names.get(wish.code, wish.name)
        if wish.source is Source.FIELD:
            add("行业", name, "drop", "industry")
        else:
            add("行业", name, "not_industries", wish.code, guess=True)
    if wanted.district:
        add("区县", around.district_names.get(wanted.district, wanted.district), "drop", "district")
    return found


def card(item: Ranked, place: int, around: Around, thresholds: xkqz.Thresholds) -> dict[str, Any]:
    """One ranked offering as `match.match_card` takes it."""
    offering = item.offering
    parts = _shown_parts(item)
    district = around.district_names.get(offering.district_slug or "", "")
    return {
        "rank": place,
        "id": str(offering.id),
        "href": f"/offerings/{offering.id}",
        "title": offering.title,
        "by": [offering.organisation_name, KIND_LABELS[offering.kind], offering.vendor_kind, district],
        "price": "" if offering.price_text == "需核实" else offering.price_text,
        "terms": [f"{offering.go_live_days} 天上线" if offering.go_live_days is not None else "上线天数未填"],
        "cells": cells(offering, thresholds),
        "score": tenth_text(sum(points for _part, points in parts)),
        "known": str(item.score.evidence_points),
        "parts": [{"slot": SLOTS[part.code], "points": points / 10} for part, points in parts if points],
        "reasons": reasons_of(item),
        "notes": [_note(part) for part in item.score.parts if part.demoted and part.code in _NOTES],
        "evidence": "还没有已验收案件，实测「无数据」",
        "evidence_href": "",
    }


def _shown_parts(item: Ranked) -> list[tuple[Part, int]]:
    """The parts with their shown tenths of points, the strongest first, those without evidence last."""
    shown = tenths([part.contribution for part in item.score.parts], item.score.total)
    return sorted(
        zip(item.score.parts, shown, strict=True),
        key=lambda pair: (pair[0].value is None, -pair[0].contribution, pair[0].code),
    )


def reasons_of(item: Ranked) -> list[dict[str, Any]]:
    """The reasons of one ranked offering as its card shows them."""
    return [_reason(part, points) for part, points in _shown_parts(item)]


def cells(offering: OfferingFacts, thresholds: xkqz.Thresholds) -> list[dict[str, Any]]:
    """The four letters 小快轻准: the promise from the listing; facts are missing until there are accepted cases."""
    return [
        {
            "letter": letter.letter,
            "label": letter.label,
            "promise": letter.promise,
            "fact": None,
            "met": None,
            "cases": 0,
            "href": "",
        }
        for letter in xkqz.letters(offering, thresholds)
    ]


def miss(item: Excluded) -> dict[str, Any]:
    """One excluded offering as `match.miss` takes it, with the button that makes the smallest change."""
    barred = item.exclusion
    return {
        "title": item.offering.title,
        "href": f"/offerings/{item.offering.id}",
        "why": barred.reason,
        "rule": f"规则 {barred.rule}（{RULES[barred.rule]}）",
        "fix": barred.change,
        "name": barred.field,
        "value": barred.value,
        "action": "这样重排",
    }


def tenths(contributions: Sequence[int], total: int) -> list[int]:
    """1/1000 points as tenths of points that sum to the rounded total: the largest remainders are rounded up."""
    target = (total + 50) // 100
    floors = [value // 100 for value in contributions]
    order = sorted(range(len(floors)), key=lambda at: (-(contributions[at] % 100), at))
    for at in order[: target - sum(floors)]:
        floors[at] += 1
    return floors


def tenth_text(value: int) -> str:
    """`36.7`, and `36` for whole points."""
    return f"{value // 10}.{value % 10}" if value % 10 else str(value // 10)


_NOTES = {
    "price": "价格高于原话里的预算：是从文字读出的，只降位、不排除",
    "days": "上线晚于原话里的时间：是从文字读出的，只降位、不排除",
    "site": "现场条件有一项要核实，已降位",
    "industry": "面向的行业里没有您说的这一行，已降位",
}


def _note(part: Part) -> str:
    return _NOTES[part.code]


def _reason(part: Part, points: int) -> dict[str, Any]:
    if part.value is None:
        return {
            "slot": SLOTS[part.code],
            "points_text": "不计",
            "text": f"{part.label}：无数据，不计分",
            "counted": False,
        }
    return {
        "slot": SLOTS[part.code],
        "points_text": f"{tenth_text(points)} 分",
        "text": f"{part.label}：" + "；".join(evidence.text for evidence in part.evidence),
        "counted": True,
    }
