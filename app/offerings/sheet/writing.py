"""From a content to the sheet's lines."""

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from app.core.money import fen_to_wan
from app.offerings import conditions, labels
from app.offerings.schemas import CaseContent, ComponentContent, OfferingContent, PackageContent
from app.offerings.sheet.columns import NO, UNKNOWN_AMOUNT, YES, Names


def lines_of(number: int, content: OfferingContent, names: Names) -> list[dict[str, Any]]:
    """Return the lines of one offering: its text on the first, a package and a case on each."""
    lines: list[dict[str, Any]] = []
    for package, case in zip_longest(content.packages, content.cases):
        line: dict[str, Any] = {"number": number}
        if not lines:
            line |= _offering(content, names)
        if package is not None:
            line |= _package(package)
        if case is not None:
            line |= _case(case, names)
        lines.append(line)
    return lines or [{"number": number, **_offering(content, names)}]


def _named(codes: list[str], names: Mapping[str, str]) -> str:
    return "；".join(f"{code} {names.get(code, '')}".strip() for code in codes)


def _offering(content: OfferingContent, names: Names) -> dict[str, Any]:
    return {
        "kind": labels.KIND_LABELS[content.kind],
        "title": content.title,
        "product_class": content.product_class.value if content.product_class else None,
        "service_class": content.service_class.value if content.service_class else None,
        "summary": content.summary,
        "body": content.body,
        "vendor_kind": content.vendor_kind,
        "scenario_codes": _named(content.scenario_codes, names.scenarios),
        "pain_point_codes": _named(content.pain_point_codes, names.pain_points),
        "industry_codes": _named(content.industry_codes, names.industries),
        "go_live_days": content.go_live_days,
        "training_days": content.training_days,
        "condition_codes": "；".join(
            conditions.BY_CODE[code].text if code in conditions.BY_CODE else code
            for code in content.condition_codes
        ),
        "prerequisites": "\n".join(content.prerequisites),
        "not_suitable": content.not_suitable,
        "exit_terms": content.exit_terms,
    }


def _package(package: PackageContent) -> dict[str, Any]:
    return {
        "p.title": package.title,
        "p.price_mode": labels.PRICE_MODE_LABELS[package.price_mode],
        "p.price_unit": package.price_unit,
        "p.price_label": package.price_label,
        "p.price_min_fen": package.price_min_fen,
        "p.price_max_fen": package.price_max_fen,
        "p.components": "\n".join(_component(item) for item in package.components),
        "p.note": package.note,
    }


def _component(item: ComponentContent) -> str:
    amount = UNKNOWN_AMOUNT if item.amount_fen is None else fen_to_wan(item.amount_fen).replace(",", "")
    parts = [labels.COMPONENT_LABELS[item.type], item.title, amount, *([item.note] if item.note else [])]
    return "｜".join(part.replace("\\", "\\\\").replace("｜", "\\｜") for part in parts)


def _case(case: CaseContent, names: Names) -> dict[str, Any]:
    return {
        "c.customer": case.customer,
        "c.customer_consented": YES if case.customer_consented else NO,
        "c.industry_code": _named([case.industry_code] if case.industry_code else [], names.industries),
        "c.scenario_code": _named([case.scenario_code] if case.scenario_code else [], names.scenarios),
        "c.effect_metric": case.effect_metric,
        "c.effect_before": case.effect_before,
        "c.effect_after": case.effect_after,
        "c.effect_unit": case.effect_unit,
        "c.year": case.year,
        "c.evidence": case.evidence,
    }
