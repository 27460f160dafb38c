"""The letters 小 快 轻 准 of one offering: pass, fail or no data, each with its rows. Pure.

No official document sets these thresholds; they are the centre's own rule (中心规则), dated parameters that
staff edit. A letter passes only on evidence: what is not stated is 「未填」 or 「无数据」 and earns nothing.
Measured facts (实测) come from accepted cases and are missing until there are some.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.core import parameters
from app.core.money import format_wan
from app.offerings import conditions
from app.offerings.facts import OfferingFacts
from app.offerings.pricing import cheapest

PREFIX = "offerings.xkqz."
NOTE = "中心规则：没有官方文件规定上限，由中心设定，可修改"

parameters.declare(f"{PREFIX}price_max_fen", 20_000_000, "「小」首年价格上限", unit="分", note=NOTE)
parameters.declare(
    f"{PREFIX}module_price_max_fen", 5_000_000, "「小」单模块首年价格上限", unit="分", note=NOTE
)
parameters.declare(f"{PREFIX}go_live_days_max", 30, "「快」上线天数上限", unit="天", note=NOTE)
parameters.declare(f"{PREFIX}training_days_max", 3, "「快」培训天数上限", unit="天", note=NOTE)
parameters.declare(f"{PREFIX}cases_min", 2, "「准」可核实案例数下限", unit="案", note=NOTE)


class Verdict(StrEnum):
    passed = "pass"
    failed = "fail"
    unknown = "none"


VERDICT_LABELS = {Verdict.passed: "符合", Verdict.failed: "不符合", Verdict.unknown: "无数据"}


@dataclass(frozen=True, slots=True)
class Thresholds:
    price_max_fen: int
    module_price_max_fen: int
    go_live_days_max: int
    training_days_max: int
    cases_min: int

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Thresholds":
        """Return thresholds from `core.parameters.values(session, xkqz.PREFIX)`."""
        return cls(**{key.removeprefix(PREFIX): int(value) for key, value in values.items()})


@dataclass(frozen=True, slots=True)
class Row:
    """One piece of evidence: the question, what the listing says, the rule, and what follows.

    `needed` rows must all pass for the letter; the others only add or take away when they are known.
    """

    title: str
    text: str
    rule: str
    verdict: Verdict
    needed: bool = True


@dataclass(frozen=True, slots=True)
class Letter:
    letter: str
    label: str
    promise: str | None
    verdict: Verdict
    rows: tuple[Row, ...]

    @property
    def verdict_label(self) -> str:
        return VERDICT_LABELS[self.verdict]


def judge(rows: Iterable[Row]) -> Verdict:
    """Return fail on any failed row, pass when every needed row passed, else no data."""
    found = list(rows)
    if any(row.verdict is Verdict.failed for row in found):
        return Verdict.failed
    needed = [row for row in found if row.needed]
    if needed and all(row.verdict is Verdict.passed for row in needed):
        return Verdict.passed
    return Verdict.unknown


def letters(offering: OfferingFacts, thresholds: Thresholds) -> tuple[Letter, ...]:
    """Return the four letters in their order."""
    return (
        _small(offering, thresholds),
        _fast(offering, thresholds),
        _light(offering),
        _precise(offering, thresholds),
    )


def _small(offering: OfferingFacts, thresholds: Thresholds) -> Letter:
    count = len(offering.scenario_codes)
    scenario = Row(
        "管几个场景",
        f"{count} 个" if count else "未填",
        "只管一个场景，可以单独用",
        Verdict.unknown if count == 0 else _by(count == 1),
    )
    price = cheapest(offering.packages)
    is_module = len(offering.packages) == 1 and len(offering.packages[0].components) == 1
    limit = thresholds.module_price_max_fen if is_module else thresholds.price_max_fen
    rule = f"{'单模块' if is_module else '最低一档'}首年不超过 {format_wan(limit)}"
    if price.high is None:
        cost = Row("首年价格", price.reason, rule, Verdict.unknown)
    else:
        text = f"最低一档最多 {format_wan(price.high)}"
        cost = Row("首年价格", text, rule, _by(price.high <= limit))
    rows = (scenario, cost)
    promise = None if offering.price_text == "需核实" else offering.price_text
    return Letter("小", "首年投入", promise, judge(rows), rows)


def _fast(offering: OfferingFacts, thresholds: Thresholds) -> Letter:
    days, training = offering.go_live_days, offering.training_days
    rows = (
        Row(
            "多少天上线",
            "未填" if days is None else f"{days} 天",
            f"不超过 {thresholds.go_live_days_max} 天",
            Verdict.unknown if days is None else _by(days <= thresholds.go_live_days_max),
        ),
        Row(
            "培训几天",
            "未填" if training is None else f"{training} 天",
            f"不超过 {thresholds.training_days_max} 天（未填不计）",
            Verdict.unknown if training is None else _by(training <= thresholds.training_days_max),
            needed=False,
        ),
    )
    return Letter("快", "上线天数", None if days is None else f"{days} 天", judge(rows), rows)


def _light(offering: OfferingFacts) -> Letter:
    stated = offering.condition_codes
    rows = (
        _stated(
            "要不要新服务器", stated, good=conditions.NO_SERVER, bad=("own_server",), rule="不需要新服务器"
        ),
        _stated("安装停不停线", stated, good=conditions.NO_STOP, bad=("long_stop",), rule="停线不超过一个班"),
        Row(
            "不用了怎么退",
            offering.exit_terms or "未填",
            "数据能导出、能退出（未填不计）",
            Verdict.passed if offering.exit_terms else Verdict.unknown,
            needed=False,
        ),
    )
    promise = "，".join(conditions.describe(stated & set(conditions.NO_SERVER + conditions.NO_STOP)))
    return Letter("轻", "现场影响", promise or None, judge(rows), rows)


def _stated(
    title: str, stated: frozenset[str], *, good: tuple[str, ...], bad: tuple[str, ...], rule: str
) -> Row:
    against = conditions.describe(stated & set(bad))
    if against:
        return Row(title, "，".join(against), rule, Verdict.failed)
    found = conditions.describe(stated & set(good))
    return Row(title, "，".join(found) or "未填", rule, Verdict.passed if found else Verdict.unknown)


def _precise(offering: OfferingFacts, thresholds: Thresholds) -> Letter:
    cases = [case for case in offering.cases if case.is_measurable]
    checked = [case for case in cases if case.confirmed]
    enough = len(checked) >= thresholds.cases_min
    rows = (
        _named("写明场景", len(offering.scenario_codes), "个场景"),
        _named("写明难点", len(offering.pain_point_codes), "个难点"),
        Row(
            "写明行业",
            f"{len(offering.industry_codes)} 个行业" if offering.industry_codes else "不限行业",
            "写明适用行业",
            _by(bool(offering.industry_codes)),
        ),
        Row(
            "效果有案例",
            f"中心核实 {len(checked)} 案，共填 {len(cases)} 案" if cases else "没有写明前后数字的案例",
            f"至少 {thresholds.cases_min} 个核实过、有前后数字的案例",
            Verdict.passed if enough else Verdict.unknown,
        ),
    )
    best = next(iter(checked or cases), None)
    promise = None
    if best is not None:
        promise = f"{best.effect_metric} {best.effect_before}→{best.effect_after}{best.effect_unit}"
    return Letter("准", "效果", promise, judge(rows), rows)


def _named(title: str, count: int, unit: str) -> Row:
    verdict = Verdict.passed if count else Verdict.unknown
    return Row(title, f"{count} {unit}" if count else "未填", title, verdict)


def _by(good: bool) -> Verdict:
    return Verdict.passed if good else Verdict.failed
