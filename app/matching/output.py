"""From a match to the API's shape."""

from decimal import Decimal

from app.core.masking import KIND_NAMES
from app.matching.matcher import MatchResult
from app.matching.ranking import Excluded, Ranked
from app.matching.reading.types import Reading, ReadPainPoint, ReadScenario
from app.matching.schemas import (
    AdviceOut,
    ConditionOut,
    EvidenceOut,
    ExcludedOut,
    FactorOut,
    GroupOut,
    ItemOut,
    MatchOut,
    OfferingOut,
    PainPointOut,
    ReadingOut,
    ScenarioOut,
    SpanOut,
)


def points(thousandths: int) -> float:
    """1/1000 points as a number of points: 36708 → 36.708, exact to the third decimal."""
    return float(Decimal(thousandths) / 1000)


def to_out(result: MatchResult) -> MatchOut:
    ranking = result.ranking
    return MatchOut(
        reading=_reading(result),
        items=[_item(item) for item in ranking.items],
        groups=[
            GroupOut(pain_point=group.code, name=group.name, item_ids=list(group.ids))
            for group in ranking.groups
        ],
        advice=[AdviceOut(code=item.code, text=item.text) for item in result.advice],
        excluded=[_excluded(item) for item in ranking.excluded],
        excluded_counts=ranking.excluded_counts,
        degraded=result.degraded,
    )


def _reading(result: MatchResult) -> ReadingOut:
    reading: Reading = result.wanted.reading
    scenarios = [_scenario(item) for item in reading.scenarios]
    quantities = {item.key: item.value for item in reading.quantities}
    for key, quantity in (("budget_max_fen", result.wanted.budget), ("days_max", result.wanted.days)):
        if quantity is not None:
            quantities[key] = quantity.value
    return ReadingOut(
        scenario=scenarios[0] if scenarios else None,
        scenarios=scenarios,
        pain_points=[_pain_point(item, reading.text) for item in reading.pain_points],
        quantities=quantities,
        conditions=[
            ConditionOut(code=item.code, name=item.name, text=item.text, source=item.source)
            for item in reading.conditions
        ],
        industries=[wish.code for wish in result.wanted.industries],
        masked=[KIND_NAMES[kind] for kind in reading.masked],
        lexicon_version=reading.lexicon_version,
    )


def _scenario(item: ReadScenario) -> ScenarioOut:
    return ScenarioOut(code=item.code, name=item.name, confidence=points(item.confidence), source=item.source)


def _pain_point(item: ReadPainPoint, text: str) -> PainPointOut:
    span = item.span
    return PainPointOut(
        code=item.code,
        name=item.name,
        confidence=points(item.confidence),
        span=SpanOut(start=span.start, end=span.end, text=span.of(text)) if span else None,
        source=item.source,
    )


def _item(item: Ranked) -> ItemOut:
    offering = item.offering
    return ItemOut(
        offering=OfferingOut(
            id=str(offering.id),
            title=offering.title,
            organisation=offering.organisation_name,
            scenarios=list(offering.scenario_codes),
            price_from_fen=offering.price_from_fen,
            go_live_days=offering.go_live_days,
        ),
        score=points(item.score.total),
        evidence_points=item.score.evidence_points,
        factors=[
            FactorOut(
                name=part.label,
                code=part.code,
                weight=part.weight,
                value=None if part.value is None else points(part.value),
                contribution=points(part.contribution),
                evidence=[EvidenceOut(text=each.text, source=each.source) for each in part.evidence],
            )
            for part in item.score.parts
        ],
    )


def _excluded(item: Excluded) -> ExcludedOut:
    return ExcludedOut(
        id=str(item.offering.id),
        title=item.offering.title,
        rule=item.exclusion.rule,
        reason=item.exclusion.reason,
        change=item.exclusion.change,
    )
