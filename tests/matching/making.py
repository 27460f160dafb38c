"""Offerings as matching sees them, made in one line."""

import uuid
from typing import Any

from app.offerings import pricing
from app.offerings.facts import CaseFacts, OfferingFacts, PackageFacts
from app.offerings.models import OfferingKind, PriceMode

WAN = 1_000_000


def package(low: int | None = 2 * WAN, high: int | None = 4 * WAN, **more: Any) -> PackageFacts:
    values = {
        "title": "标准",
        "price_mode": PriceMode.one_off,
        "price_unit": "",
        "price_label": "一次性",
        "price_min_fen": low,
        "price_max_fen": high,
    }
    return PackageFacts(**{**values, **more})


def case(industry: str, *, confirmed: bool = True) -> CaseFacts:
    return CaseFacts("示例客户", industry, "S08", "停机", "20", "10", "小时", confirmed)


def offering(**more: Any) -> OfferingFacts:
    """A complete offering; `packages` decides the prices."""
    packages = more.pop("packages", (package(),))
    low, high = pricing.comparable_span(packages)
    ident = more.pop("id", uuid.uuid4())
    values: dict[str, Any] = {
        "id": ident,
        "kind": OfferingKind.solution,
        "title": "示例供给",
        "summary": "",
        "body": "示例",
        "product_class": None,
        "service_class": None,
        "scenario_codes": ("S08",),
        "pain_point_codes": ("S08-1",),
        "industry_codes": (),
        "go_live_days": 10,
        "training_days": None,
        "prerequisites": (),
        "condition_codes": frozenset(),
        "exit_terms": "",
        "packages": packages,
        "cases": (),
        "price_from_fen": low,
        "price_to_fen": high,
        "price_text": pricing.entry_text(packages),
        "organisation_id": ident,
        "organisation_name": "示例服务商",
        "organisation_verified": False,
        "district_slug": None,
        "vendor_kind": "软件开发商",
        "origin": "test",
        "version": 1,
        "doc_version": 1,
        "listed_at": None,
    }
    return OfferingFacts(**{**values, **more})
