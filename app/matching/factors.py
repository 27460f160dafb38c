"""The ten factors of a match: each says its value in per mille with evidence, or nothing at all.

No factor has a value without evidence (house rule 1): `None` is 「无数据」 and adds nothing. Money is in fen.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.core.money import fen_to_wan
from app.matching.facts import Wanted, Wish
from app.matching.reading.types import Source
from app.matching.tables import Effect, fits
from app.matching.weights import FULL, Weights
from app.offerings import pricing
from app.offerings.conditions import BY_CODE as OFFERING_CONDITIONS
from app.offerings.facts import OfferingFacts, PackageFacts
from app.offerings.pricing import Comparable

#: A pain point's share by its place in the vendor's own order: the first is what the offering is for.
_BY_PLACE = (1000, 780, 660, 600)
_FROM = {Source.TEXT: "从原话读出", Source.FIELD: "您填写的"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence for a person, and where it comes from (`need`, `offering`, `search`, `rule`, `platform`)."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Value:
    """Per mille of the factor's weight, with the evidence behind it. `demoted` says that it was lowered."""

    per_mille: int
    evidence: tuple[Evidence, ...]
    demoted: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """What all offerings of one ranking share: names of codes and the text scores (per mille by offering id)."""

    weights: Weights
    text_scores: Mapping[str, int]
    industry_names: Mapping[str, str]
    district_names: Mapping[str, str]


def pain_point(wanted: Wanted, offering: OfferingFacts, _: Scene) -> Value | None:
    if not wanted.pain_points or not offering.pain_point_codes:
        return None
    best, wish, place = 0, None, 0
    for position, code in enumerate(offering.pain_point_codes):
        found = wanted.pain_points.get(code)
        if found is not None:
            value = found.fit * _BY_PLACE[min(position, len(_BY_PLACE) - 1)] // FULL
            if value > best:
                best, wish, place = value, found, position
    if wish is None:
        return Value(0, (Evidence("供给声明的难点里没有您说的这一项", "offering"),))
    where = "首要难点" if place == 0 else f"第 {place + 1} 个难点"
    return Value(
        best,
        (
            Evidence(f"{_FROM[wish.source]}「{wish.name}」{_quoted(wish)}{_sure(wish)}", "need"),
            Evidence(f"供给声明的{where}就是它", "offering"),
        ),
    )


def scenario(wanted: Wanted, offering: OfferingFacts, _: Scene) -> Value | None:
    if not wanted.scenarios or not offering.scenario_codes:
        return None
    best, wish = 0, None
    for position, code in enumerate(offering.scenario_codes):
        found = wanted.scenarios.get(code)
        if found is not None:
            value = found.fit * (FULL if position == 0 else 900) // FULL
            if value > best:
                best, wish = value, found
    if wish is None:
        return Value(0, (Evidence("供给不在您说的应用场景里", "offering"),))
    return Value(
        best,
        (
            Evidence(f"{_FROM[wish.source]}场景「{wish.name}」{_sure(wish)}", "need"),
            Evidence("供给声明了这个场景", "offering"),
        ),
    )


def text(_: Wanted, offering: OfferingFacts, scene: Scene) -> Value | None:
    score = scene.text_scores.get(str(offering.id))
    if score is None:
        return None
    return Value(
        score,
        (
            Evidence(
                f"您的话和词典里同一难点的说法，与供给文字的相近程度为本次最高的 {score // 10}%", "search"
            ),
        ),
    )


def price_of(wanted: Wanted, package: PackageFacts) -> Comparable:
    """The first-year total of a package; a price per machine counts when the need says how many."""
    quantity = wanted.machines.value if wanted.machines and package.price_unit in {"台", "设备"} else None
    return pricing.first_year(package, quantity=quantity)


def cheapest(wanted: Wanted, offering: OfferingFacts) -> Comparable:
    """The lowest comparable first-year total over the packages, else the reason why there is none."""
    found = [price_of(wanted, package) for package in offering.packages]
    known = sorted((item.low, item.high or item.low) for item in found if item.low is not None)
    if known:
        return Comparable(*known[0])
    return found[0] if found else Comparable(None, None, "需核实：没有标价")


def price(wanted: Wanted, offering: OfferingFacts, scene: Scene) -> Value | None:
    limit = (
        wanted.budget.value
        if wanted.budget
        else scene.weights.small_price_fen
        if wanted.prefers_small
        else None
    )
    if limit is None:
        return None
    known = cheapest(wanted, offering)
    if known.low is None or known.high is None:
        return None
    shown = Evidence(f"首年价 {_wan(known.low, known.high)}（{offering.price_text}）", "offering")
    if wanted.budget:
        against = Evidence(f"{_FROM[wanted.budget.source]}预算 {fen_to_wan(limit)} 万元以内", "need")
    else:
        against = Evidence(
            f"{wanted.prefers_small}，按 {fen_to_wan(limit)} 万元以内算“小”（中心规则）", "rule"
        )
    if known.high <= limit:
        return Value(FULL, (against, shown))
    if known.low <= limit:
        share = (limit - known.low) * 400 // max(1, known.high - known.low)
        return Value(600 + share, (against, shown, Evidence("最高价超过预算，谈定配置后再定", "rule")))
    over = Evidence(f"起价高出 {fen_to_wan(known.low - limit)} 万元", "rule")
    value = 300 * limit // known.low
    return Value(value, (against, shown, over), demoted=True)


def days(wanted: Wanted, offering: OfferingFacts, _: Scene) -> Value | None:
    if wanted.days is None or offering.go_live_days is None:
        return None
    limit, offered = wanted.days.value, offering.go_live_days
    stated = (
        Evidence(f"{_FROM[wanted.days.source]}时间 {limit} 天以内", "need"),
        Evidence(f"供给写明 {offered} 天上线", "offering"),
    )
    if offered <= limit:
        return Value(FULL, stated)
    return Value(
        500 * limit // offered, (*stated, Evidence(f"晚 {offered - limit} 天", "rule")), demoted=True
    )


def site(wanted: Wanted, offering: OfferingFacts, _: Scene) -> Value | None:
    met: list[Evidence] = []
    missed: list[Evidence] = []
    seen = 0
    for condition in wanted.conditions:
        effects = [fit for fit in fits().get(condition.code, ()) if fit.offering in offering.condition_codes]
        against = [fit for fit in effects if fit.effect is not Effect.MEETS]
        if not effects:
            continue
        seen += 1
        shown = against[0] if against else effects[0]
        listed = OFFERING_CONDITIONS[shown.offering].text
        words = f"「{condition.name}」：{shown.reason}（供给写明“{listed}”）"
        (missed if against else met).append(Evidence(words, "offering"))
    if not seen:
        return None
    return Value(FULL * len(met) // seen, (*met, *missed), demoted=bool(missed))


def cases(wanted: Wanted, offering: OfferingFacts, scene: Scene) -> Value | None:
    """Confirmed cases of the offering in the need's industry; house rule 1: below three 「样本不足」 is said."""
    if not wanted.industries:
        return None
    confirmed = [case for case in offering.cases if case.confirmed and case.industry_code]
    if not confirmed:
        return None
    near = [
        max(
            (_nearness(wish.code, case.industry_code or "") * wish.fit // FULL for wish in wanted.industries),
            default=0,
        )
        for case in confirmed
    ]
    count = sum(value >= 600 for value in near)
    if count == 0:
        return Value(0, (Evidence(f"{len(confirmed)} 个已确认案例都在别的行业", "platform"),))
    name = scene.industry_names.get(wanted.industries[0].code, wanted.industries[0].code)
    note = "，样本不足" if count < 3 else ""
    return Value(
        min(FULL, 500 + 250 * (count - 1)), (Evidence(f"{name}有 {count} 个已确认案例{note}", "platform"),)
    )


def industry(wanted: Wanted, offering: OfferingFacts, scene: Scene) -> Value | None:
    if not wanted.industries:
        return None
    best, wish = 0, wanted.industries[0]
    for found in wanted.industries:
        if not offering.industry_codes:
            value = 700 * found.fit // FULL
        else:
            value = max(_nearness(found.code, code) for code in offering.industry_codes) * found.fit // FULL
        if value > best:
            best, wish = value, found
    name = scene.industry_names.get(wish.code, wish.code)
    stated = Evidence(f"{_FROM[wish.source]}行业「{name}」{_quoted(wish)}", "need")
    if not offering.industry_codes:
        return Value(best, (stated, Evidence("供给不限行业", "offering")))
    listed = "、".join(scene.industry_names.get(code, code) for code in offering.industry_codes[:4])
    return Value(best, (stated, Evidence(f"供给写明面向{listed}", "offering")), demoted=best == 0)


def trust(_: Wanted, offering: OfferingFacts, __: Scene) -> Value | None:
    """Whether the vendor is verified; an unverified one adds nothing, as if nothing were known."""
    if not offering.organisation_verified:
        return None
    return Value(FULL, (Evidence(f"{offering.organisation_name or '服务商'}已通过中心核验", "platform"),))


def district(wanted: Wanted, offering: OfferingFacts, scene: Scene) -> Value | None:
    if wanted.district is None or offering.district_slug is None:
        return None
    there = scene.district_names.get(offering.district_slug, offering.district_slug)
    if offering.district_slug == wanted.district:
        return Value(FULL, (Evidence(f"服务商也在{there}", "platform"),))
    return Value(0, (Evidence(f"服务商在{there}", "platform"),))


Factor = Callable[[Wanted, OfferingFacts, Scene], Value | None]

ALL: Mapping[str, Factor] = {
    "pain_point": pain_point,
    "scenario": scenario,
    "text": text,
    "price": price,
    "days": days,
    "site": site,
    "cases": cases,
    "industry": industry,
    "trust": trust,
    "district": district,
}


def _nearness(one: str, other: str) -> int:
    """Per mille by the widest class that two GB/T 4754 codes share: class, group, division, else nothing."""
    if one == other or one.startswith(other) or (other.startswith(one) and len(one) > 3):
        return FULL
    if one[:4] == other[:4] and min(len(one), len(other)) >= 4:
        return 900
    return 800 if one[:3] == other[:3] else 0


def _wan(low: int, high: int) -> str:
    return f"{fen_to_wan(low)} 万元" if low == high else f"{fen_to_wan(low)}–{fen_to_wan(high)} 万元"


def _quoted(wish: Wish) -> str:
    return f"（“{wish.words}”）" if wish.words else ""


def _sure(wish: Wish) -> str:
    return f"，把握 {wish.fit // 10}%" if wish.source is Source.TEXT else ""
