"""How two contents of an offering differ, field by field, in words that a person reads. Pure."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.money import format_wan
from app.offerings import conditions, labels, pricing
from app.offerings.content import PLAIN_FIELDS
from app.offerings.schemas import CaseContent, OfferingContent, PackageContent

FIELD_LABELS: dict[str, str] = {
    "kind": "种类",
    "title": "名称",
    "summary": "一句话",
    "body": "详细说明",
    "product_class": "产品类别",
    "service_class": "服务类别",
    "vendor_kind": "机构类型",
    "scenario_codes": "应用场景",
    "pain_point_codes": "解决的难点",
    "industry_codes": "适用行业",
    "go_live_days": "上线天数",
    "training_days": "培训天数",
    "prerequisites": "其他现场要求",
    "condition_codes": "现场条件",
    "not_suitable": "不适合",
    "exit_terms": "退出与数据导出",
    "packages": "套餐",
    "cases": "案例",
    "organisation": "机构核验",
}
Parts = list[tuple[bool, str]]
ALIKE = 0.4  # below this two texts share too little for marks within them to help


def field_label(path: str) -> str:
    """Return the Chinese name of a form field such as `packages-0-title`."""
    name, _, rest = path.partition("-")
    number = rest.split("-")[0]
    label = FIELD_LABELS.get(name, "")
    return f"{label} {int(number) + 1}" if number.isdecimal() else label


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs; `before` is empty for what was added, `after` for what was taken out."""

    field: str
    before: str
    after: str

    @property
    def kind(self) -> str:
        """Return 新增, 去掉 or 改动."""
        if not self.before:
            return "新增"
        return "改动" if self.after else "去掉"

    @property
    def parts(self) -> tuple[Parts, Parts]:
        """Return both texts in pieces, each with whether it differs from the other text."""
        matcher = difflib.SequenceMatcher(None, self.before, self.after, autojunk=False)
        if not self.before or not self.after or len(self.before) + len(self.after) > 6000:
            return [(False, self.before)], [(False, self.after)]
        if matcher.ratio() < ALIKE:
            return [(True, self.before)], [(True, self.after)]
        old: Parts = []
        new: Parts = []
        for verb, a, b, c, d in matcher.get_opcodes():
            if a < b:
                old.append((verb != "equal", self.before[a:b]))
            if c < d:
                new.append((verb != "equal", self.after[c:d]))
        return old, new


def changes(old: OfferingContent, new: OfferingContent, names: Mapping[str, str]) -> list[Difference]:
    """Return everything that differs, in the editor's order; `names` gives the names of codes.

    Packages are compared with the package of the same name, cases with that of the same customer; what is
    left over in equal places counts as renamed.
    """
    found = [
        Difference(FIELD_LABELS[name], before, after)
        for name in PLAIN_FIELDS
        if (before := _plain(name, getattr(old, name), names))
        != (after := _plain(name, getattr(new, name), names))
    ]
    for one, other in _pairs(old.packages, new.packages, "title"):
        found += _compare("套餐", one, other, "title", _package)
    for one, other in _pairs(old.cases, new.cases, "customer"):
        found += _compare("案例", one, other, "customer", lambda case: _case(case, names))
    return found


def _pairs(old: Sequence[Any], new: Sequence[Any], name: str) -> Iterator[tuple[Any, Any]]:
    left = list(new)
    alone: list[Any] = []
    for one in old:
        match = next((item for item in left if getattr(item, name) == getattr(one, name)), None)
        if match is None:
            alone.append(one)
        else:
            left.remove(match)
            yield one, match
    for number in range(max(len(alone), len(left))):
        yield (
            alone[number] if number < len(alone) else None,
            left[number] if number < len(left) else None,
        )


def _compare(word: str, one: Any, other: Any, name: str, read: Any) -> list[Difference]:
    title = f"{word}「{getattr(one or other, name) or '没有名字'}」"
    if one is None:
        return [Difference(title, "", _whole(read(other)))]
    if other is None:
        return [Difference(title, _whole(read(one)), "")]
    before, after = read(one), read(other)
    return [
        Difference(f"{title}{label}", before[label], after[label])
        for label in before
        if before[label] != after[label]
    ]


def _whole(texts: Mapping[str, str]) -> str:
    return "；".join(text for text in texts.values() if text)


def _package(package: PackageContent) -> dict[str, str]:
    lines = [
        f"{labels.COMPONENT_LABELS[item.type]} {item.title} {format_wan(item.amount_fen)}"
        + (f"（{item.note}）" if item.note else "")
        for item in package.components
    ]
    return {
        "名称": package.title,
        "价格": pricing.price_text(package),
        "明细": "；".join(lines),
        "备注": package.note,
    }


def _case(case: CaseContent, names: Mapping[str, str]) -> dict[str, str]:
    effect = f"{case.effect_metric} {case.effect_before}→{case.effect_after}{case.effect_unit}"
    where = [names.get(code, code) for code in (case.industry_code, case.scenario_code) if code]
    return {
        "客户": case.customer + ("（同意公开）" if case.customer_consented else ""),
        "效果": effect if case.effect_metric else "",
        "行业、场景、年份": "，".join([*where, *([f"{case.year} 年"] if case.year else [])]),
        "凭据": case.evidence,
    }


def _plain(name: str, value: Any, names: Mapping[str, str]) -> str:
    if value is None or value == "":
        return ""
    if name == "kind":
        return labels.KIND_LABELS[value]
    if name == "condition_codes":
        return "、".join(conditions.describe(value))
    if isinstance(value, list):
        return "、".join(names.get(code, code) for code in value)
    if name in {"go_live_days", "training_days"}:
        return f"{value} 天"
    return str(getattr(value, "value", value))
