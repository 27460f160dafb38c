"""From a need's text and fields to what is wanted: the reading, corrected by what its owner set or struck out."""

from collections.abc import Mapping
from dataclasses import replace

from app.matching.facts import NeedInput, Wanted, Wish
from app.matching.reading.reader import Reader
from app.matching.reading.types import (
    Condition,
    Quantity,
    Reading,
    ReadPainPoint,
    ReadScenario,
    Source,
    Span,
)
from app.matching.weights import FULL

_NO_SPAN = Span(0, 0)
_FEW_PEOPLE = 50
_OWN_WORDS = 400  # characters of the need that are searched for
_EXPANDED = 2  # troubles whose dictionary words join them
_EXPANDED_FROM = 300
_CUES = 12
_LIGHT = "phone_only"
_LIGHT_WORDS = "小微企业 手机即可 轻量 报工 记账 库存 接单"
_SIMPLE = frozenset({"simple", "few_hands", "old_workers"})


def understand(need: NeedInput, reader: Reader) -> Wanted:
    """Read the text, let the owner's fields and corrections win, and weigh every trouble and scenario."""
    reading = corrected(reader.read(need.text), need, reader)
    if reading.has("small_shop") and not reading.pain_points and not reading.scenarios:
        reading = _for_a_small_shop(reading, reader, need)
    pain_points = _pain_points(reading, reader)
    return Wanted(
        reading=reading,
        pain_points=pain_points,
        scenarios=_scenarios(reading, reader),
        industries=_industries(reading, need, reader),
        district=need.district,
        budget=_field("budget_max_fen", need.budget_max_fen) or reading.quantity("budget_max_fen"),
        days=_field("days_max", need.days_max) or reading.quantity("days_max"),
        machines=_field("machines", need.machines) or reading.quantity("machines"),
        conditions=reading.conditions,
        search_text=_search_text(reading, pain_points, reader),
        prefers_small=_prefers_small(reading),
    )


def _search_text(reading: Reading, pain_points: Mapping[str, Wish], reader: Reader) -> str:
    """The need's words, and the dictionary's words for what was read: vendors write those, owners rarely do."""
    words = [reading.search_text.strip()[:_OWN_WORDS]]
    best = sorted(pain_points.values(), key=lambda wish: (-wish.fit, wish.code))[:_EXPANDED]
    for wish in best:
        entry = reader.lexicon.pain_point(wish.code)
        if entry and wish.fit >= _EXPANDED_FROM:
            words += [entry.name, entry.definition, *entry.cues[:_CUES]]
    return " ".join(filter(None, words))


def _for_a_small_shop(reading: Reading, reader: Reader, need: NeedInput) -> Reading:
    """Nothing but the size was said: look for what a phone can do, and let that be struck out like any reading."""
    name = next((term.name for term in reader.lexicon.conditions if term.code == _LIGHT), "")
    if not name or _LIGHT in need.not_conditions:
        return reading
    conditions = (*reading.conditions, Condition(_LIGHT, name, ""))
    return replace(reading, conditions=conditions, search_text=_LIGHT_WORDS)


def corrected(reading: Reading, need: NeedInput, reader: Reader) -> Reading:
    """The reading with struck-out parts removed and the owner's own choices first, at full confidence."""
    entries = reader.lexicon.by_code
    gone_points = need.not_pain_points | {
        code for code, entry in entries.items() if entry.scenario in need.not_scenarios
    }
    weights = {code: weight for code, weight in reading.weights.items() if code not in gone_points}
    gone = sum(reading.weights.values()) - sum(weights.values())
    left = sum(weights.values())
    if gone and left:
        weights = {code: weight * (left + gone) // left for code, weight in weights.items()}
    shown = [
        item
        for item in reading.pain_points
        if item.code not in gone_points and item.code not in need.pain_points
    ]
    if not shown and weights and not need.pain_points and reading.pain_points:
        code = next(iter(weights))
        shown = [ReadPainPoint(code, entries[code].name, min(999, weights[code]))]
    chosen = [
        ReadPainPoint(code, entries[code].name, FULL, None, Source.FIELD)
        for code in need.pain_points
        if code in entries
    ]
    scenarios = [
        item
        for item in (reader.scenarios_of(weights) if reading.weights else reading.scenarios)
        if item.code not in need.not_scenarios and item.code != need.scenario
    ]
    if need.scenario in reader.lexicon.scenarios:
        scenarios.insert(
            0,
            ReadScenario(
                need.scenario or "", reader.lexicon.scenarios[need.scenario or ""], FULL, Source.FIELD
            ),
        )
    named = {term.code: term.name for term in reader.lexicon.conditions}
    stated = [
        Condition(code, named[code], "", None, Source.FIELD) for code in need.conditions if code in named
    ]
    read = [
        item
        for item in reading.conditions
        if item.code not in need.not_conditions and item.code not in need.conditions
    ]
    return replace(
        reading,
        weights=weights,
        pain_points=(*chosen, *shown),
        scenarios=tuple(scenarios),
        conditions=(*stated, *read),
        quantities=tuple(item for item in reading.quantities if item.key not in need.not_quantities),
        industries=tuple(item for item in reading.industries if item.code not in need.not_industries),
    )


def _pain_points(reading: Reading, reader: Reader) -> dict[str, Wish]:
    """Each believed trouble with its fit: its share of the belief, lifted to what its own clause says.

    A scenario that the owner chose halves the troubles of other scenarios.
    """
    own = {item.code for item in reading.scenarios if item.source is Source.FIELD}
    chosen = {item.code for item in reading.pain_points if item.source is Source.FIELD}
    shown = {item.code: item for item in reading.pain_points}
    found: dict[str, Wish] = {}
    for code in sorted({*reading.weights, *shown}):
        entry = reader.lexicon.pain_point(code)
        if entry is None:
            continue
        item = shown.get(code)
        fit = max(reading.weights.get(code, 0), item.confidence * _SECOND // FULL if item else 0)
        if code in chosen:
            fit = FULL
        elif chosen:
            fit = fit // 3
        if own and entry.scenario not in own and code not in chosen:
            fit //= 2
        words = item.span.of(reading.text) if item and item.span else ""
        source = Source.FIELD if code in chosen else Source.TEXT
        if fit:
            found[code] = Wish(code, entry.name, min(FULL, fit), source, words)
    return found


_SECOND = 600  # how much of a clause's own belief a second trouble keeps


def _scenarios(reading: Reading, reader: Reader) -> dict[str, Wish]:
    names = reader.lexicon.scenarios
    own = [item for item in reading.scenarios if item.source is Source.FIELD]
    if own:
        return {item.code: Wish(item.code, names[item.code], FULL, Source.FIELD) for item in own}
    return {
        item.code: Wish(item.code, names[item.code], min(FULL, item.confidence), Source.TEXT)
        for item in reading.scenarios
    }


def _industries(reading: Reading, need: NeedInput, reader: Reader) -> tuple[Wish, ...]:
    names = {term.code: term.name for term in reader.lexicon.industries}
    if need.industry:
        name = names.get(need.industry[:3], need.industry)
        return (Wish(need.industry, name, FULL, Source.FIELD),)
    return tuple(
        Wish(hint.code, names[hint.code], 800, Source.TEXT, hint.text) for hint in reading.industries[:3]
    )


def _field(key: str, value: int | None) -> Quantity | None:
    return None if value is None else Quantity(key, value, "", _NO_SPAN, Source.FIELD)


def _prefers_small(reading: Reading) -> str:
    people = reading.quantity("people")
    if reading.has("small_shop"):
        return "您说规模小"
    if people and people.value < _FEW_PEOPLE:
        return f"您说有 {people.value} 人"
    if any(condition.code in _SIMPLE for condition in reading.conditions):
        return "您说要简单、人手少"
    return ""
