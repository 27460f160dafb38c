"""Between an offering's rows and its content: read it, write it, compare two of them."""

from collections.abc import Callable, Mapping
from typing import Any

from app.core.money import format_wan
from app.offerings import conditions, labels, pricing
from app.offerings.models import Component, Offering, OfferingCase, Package
from app.offerings.schemas import CaseContent, ComponentContent, OfferingContent, PackageContent

PLAIN_FIELDS = (
    "kind", "title", "summary", "body", "product_class", "service_class", "vendor_kind", "scenario_codes",
    "pain_point_codes", "industry_codes", "go_live_days", "training_days", "prerequisites", "condition_codes",
    "not_suitable", "exit_terms",
)  # fmt: skip
PACKAGE_FIELDS = (
    "title", "price_mode", "price_unit", "price_label", "price_min_fen", "price_max_fen", "note",
)  # fmt: skip
COMPONENT_FIELDS = ("type", "title", "amount_fen", "note")
CASE_FIELDS = (
    "customer", "customer_consented", "industry_code", "scenario_code", "effect_metric", "effect_before",
    "effect_after", "effect_unit", "year", "evidence",
)  # fmt: skip


def content_of(row: Offering) -> OfferingContent:
    """Return the content that stands in the row (packages, components and cases loaded), as it is."""
    packages = [
        PackageContent.model_construct(
            **{name: getattr(package, name) for name in PACKAGE_FIELDS},
            components=[
                ComponentContent.model_construct(**{name: getattr(item, name) for name in COMPONENT_FIELDS})
                for item in package.components
            ],
        )
        for package in row.packages
    ]
    cases = [
        CaseContent.model_construct(**{name: getattr(item, name) for name in CASE_FIELDS})
        for item in row.cases
    ]
    plain = {name: getattr(row, name) for name in PLAIN_FIELDS}
    return OfferingContent.model_construct(**plain, packages=packages, cases=cases)


def pending_of(row: Offering) -> OfferingContent | None:
    """Return the change that waits beside a listed text, if any."""
    return None if row.pending is None else OfferingContent.model_validate(row.pending)


def newest_of(row: Offering) -> OfferingContent:
    """Return what the editor should show: the waiting change, else the row."""
    return pending_of(row) or content_of(row)


def shadow_of(row: Offering, given: OfferingContent) -> Offering:
    """Return how the row would read with this content: a row of its own that no session knows."""
    shadow = Offering(
        id=row.id,
        organisation_id=row.organisation_id,
        state=row.state,
        origin=row.origin,
        version=row.version,
        doc_version=row.doc_version,
        listed_at=row.listed_at,
        packages=[],
        cases=[],
    )
    write(shadow, given)
    for old, new in zip(row.cases, shadow.cases, strict=False):
        new.confirmed = old.confirmed and all(
            getattr(old, name) == getattr(new, name) for name in CASE_FIELDS
        )
    return shadow


def write(row: Offering, content: OfferingContent) -> None:
    """Make the row and its children equal to the content; children are reused by position.

    A case whose words changed loses its confirmation.
    """
    for name in PLAIN_FIELDS:
        setattr(row, name, getattr(content, name))
    _resize(row.packages, len(content.packages), lambda position: Package(position=position, components=[]))
    for package, given in zip(row.packages, content.packages, strict=True):
        for name in PACKAGE_FIELDS:
            setattr(package, name, getattr(given, name))
        _resize(package.components, len(given.components), lambda position: Component(position=position))
        for component, item in zip(package.components, given.components, strict=True):
            for name in COMPONENT_FIELDS:
                setattr(component, name, getattr(item, name))
    _resize(row.cases, len(content.cases), lambda position: OfferingCase(position=position, confirmed=False))
    for case, told in zip(row.cases, content.cases, strict=True):
        if any(getattr(case, name) != getattr(told, name) for name in CASE_FIELDS):
            case.confirmed = False
        for name in CASE_FIELDS:
            setattr(case, name, getattr(told, name))


def _resize(rows: list[Any], size: int, make: Callable[[int], Any]) -> None:
    del rows[size:]
    while len(rows) < size:
        rows.append(make(len(rows) + 1))


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


def field_label(path: str) -> str:
    """Return the Chinese name of a form field such as `packages-0-title`."""
    name, _, rest = path.partition("-")
    number = rest.split("-")[0]
    label = FIELD_LABELS.get(name, "")
    return f"{label} {int(number) + 1}" if number.isdecimal() else label


def as_text(content: OfferingContent, names: Mapping[str, str]) -> dict[str, str]:
    """Return field → how it reads on a page; `names` gives the names of codes."""
    found = {name: _plain(name, getattr(content, name), names) for name in PLAIN_FIELDS}
    for number, package in enumerate(content.packages, start=1):
        lines = [f"{package.title}：{pricing.price_text(package)}", package.note]
        lines += [
            f"{labels.COMPONENT_LABELS[item.type]} {item.title} {format_wan(item.amount_fen)}"
            for item in package.components
        ]
        found[f"packages-{number - 1}"] = "；".join(line for line in lines if line)
    for number, case in enumerate(content.cases, start=1):
        effect = f"{case.effect_metric} {case.effect_before}→{case.effect_after}{case.effect_unit}"
        parts = (case.customer, effect if case.effect_metric else "", case.evidence)
        found[f"cases-{number - 1}"] = "；".join(part for part in parts if part)
    return found


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


def changes(
    old: OfferingContent, new: OfferingContent, names: Mapping[str, str]
) -> list[tuple[str, str, str]]:
    """Return (field's Chinese name, before, after) for everything that differs, in the editor's order."""
    before, after = as_text(old, names), as_text(new, names)
    paths = list(dict.fromkeys([*before, *after]))
    return [
        (field_label(path), before.get(path, ""), after.get(path, ""))
        for path in paths
        if before.get(path, "") != after.get(path, "")
    ]
