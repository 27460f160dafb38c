"""Between an offering's rows and its content: read it, write it."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from app.offerings.models import (
    Component,
    ComponentType,
    Offering,
    OfferingCase,
    OfferingKind,
    Package,
    PriceMode,
)
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


def from_kept(data: Mapping[str, Any]) -> OfferingContent:
    """Return a content as it was kept, without judging it by today's rules."""
    packages = [
        PackageContent.model_construct(
            **{**package, "price_mode": PriceMode(package["price_mode"])}
            | {
                "components": [
                    ComponentContent.model_construct(**{**item, "type": ComponentType(item["type"])})
                    for item in package["components"]
                ]
            }
        )
        for package in data["packages"]
    ]
    cases = [CaseContent.model_construct(**case) for case in data["cases"]]
    plain = {name: data[name] for name in PLAIN_FIELDS if name in data}
    plain["kind"] = OfferingKind(plain["kind"])
    return OfferingContent.model_construct(**plain, packages=packages, cases=cases)


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
        expires_at=row.expires_at,
        expired_at=row.expired_at,
        packages=[],
        cases=[],
    )
    write(shadow, given)
    _carry(_findings(row.cases), shadow.cases)
    return shadow


def case_key(case: OfferingCase | CaseContent) -> str:
    """Return the fingerprint of a case's words: what staff found about it holds for these words only."""
    words = [getattr(case, name) for name in CASE_FIELDS if name != "customer_consented"]
    return hashlib.sha256(json.dumps(words, ensure_ascii=False).encode()).hexdigest()


FINDINGS = ("confirmed", "confirmed_at", "denied_at")


def _findings(cases: Iterable[OfferingCase]) -> dict[str, tuple[Any, ...]]:
    return {case_key(case): tuple(getattr(case, name) for name in FINDINGS) for case in cases}


def _carry(found: dict[str, tuple[Any, ...]], cases: Iterable[OfferingCase]) -> None:
    for case in cases:
        for name, value in zip(FINDINGS, found.get(case_key(case), (False, None, None)), strict=True):
            setattr(case, name, value)


def write(row: Offering, content: OfferingContent) -> None:
    """Make the row and its children equal to the content; children are reused by position.

    What staff found about a case follows its words to whatever place they move; other words lose it.
    """
    found = _findings(row.cases)
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
        for name in CASE_FIELDS:
            setattr(case, name, getattr(told, name))
    _carry(found, row.cases)


def _resize(rows: list[Any], size: int, make: Callable[[int], Any]) -> None:
    del rows[size:]
    while len(rows) < size:
        rows.append(make(len(rows) + 1))
