"""What several pages show of an offering."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.core import parameters
from app.files.models import StoredFile
from app.offerings import conditions, content, differences, labels, pricing, queries, xkqz
from app.offerings.models import (
    CheckState,
    MediaKind,
    Offering,
    OfferingKind,
    OfferingMedia,
    OfferingVersion,
    PriceMode,
    ProductClass,
    ServiceClass,
)
from app.offerings.schemas import OfferingContent
from app.offerings.service.media import PURPOSE
from app.organisations.models import Organisation
from app.reference import queries as reference
from app.reference.models import IndustryLevel, PainPoint, Scenario

FIRST_OF_KIND_POLICY = "cn-stt"
TONES = {xkqz.Verdict.passed: "ok", xkqz.Verdict.failed: "warn", xkqz.Verdict.unknown: ""}


def thresholds(session: Session) -> xkqz.Thresholds:
    """Return today's thresholds of the letters, in one query."""
    return xkqz.Thresholds.of(parameters.values(session, xkqz.PREFIX))


def detail(session: Session, row: Offering, *, whole: bool = False) -> dict[str, Any]:
    """Return what `_body.html` shows of a row or shadow with loaded children, in nine queries at most.

    `whole` adds what visitors do not see: files that wait for approval, cases that a customer denied.
    """
    vendor = queries.list_organisations(session, [row.organisation_id]).get(row.organisation_id)
    facts = queries.facts_of(row, vendor)
    scenarios = {item.code: item for item in reference.list_scenarios(session)}
    points = {item.code: item for item in reference.list_pain_points(session, include_retired=True)}
    codes = sorted({*row.industry_codes, *(case.industry_code for case in row.cases if case.industry_code)})
    industries = reference.industry_names(session, codes) if codes else {}
    letters = xkqz.letters(facts, thresholds(session))
    media = shown_media(session, row, whole=whole)
    claim = queries.find_first_of_kind(session, row.id)
    return {
        "offering": row,
        "facts": facts,
        "vendor": vendor,
        "district": reference.district_names(session).get(vendor.district_slug, "") if vendor else "",
        "kind_label": labels.KIND_LABELS[row.kind],
        "class_label": _class_label(row),
        "price_line": facts.price_text,
        "comparable": pricing.cheapest(facts.packages),
        "scenarios": [scenarios[code] for code in row.scenario_codes if code in scenarios],
        "pain_points": [points[code] for code in row.pain_point_codes if code in points],
        "industries": [industries.get(code, code) for code in row.industry_codes],
        "industry_names": industries,
        "scenario_names": {code: item.name for code, item in scenarios.items()},
        "conditions": conditions.describe(row.condition_codes),
        "letters": letters,
        "cells": cells(letters),
        "tones": TONES,
        "component_labels": labels.COMPONENT_LABELS,
        "price_text": pricing.price_text,
        "rule_note": xkqz.NOTE,
        "cases": [case for case in row.cases if whole or case.denied_at is None],
        "pictures": [pair for pair in media if pair[0].kind is MediaKind.picture],
        "brochures": [pair for pair in media if pair[0].kind is MediaKind.brochure],
        "first_of_kind": claim if claim is not None and claim.state is CheckState.confirmed else None,
        "first_policy": FIRST_OF_KIND_POLICY,
    }


def shown_media(session: Session, row: Offering, *, whole: bool) -> list[tuple[OfferingMedia, StoredFile]]:
    """Return the pictures and brochures that can be opened; visitors get the approved ones only."""
    by_id = {file.id: file for file in queries.list_own_files(session, PURPOSE, row.id) if file.is_open}
    return [
        (item, by_id[item.file_id])
        for item in queries.list_media(session, row.id)
        if item.file_id in by_id and (whole or item.approved_at is not None)
    ]


def _class_label(row: Offering) -> str:
    chosen = row.product_class or row.service_class
    return chosen.value if chosen else ""


def cells(letters: tuple[xkqz.Letter, ...]) -> list[dict[str, Any]]:
    """Return the four cells of `match.xkqz`; facts from accepted cases are 「无数据」 until there are any."""
    return [
        {
            "letter": item.letter,
            "label": item.label,
            "promise": item.promise,
            "fact": None,
            "met": None,
            "cases": 0,
            "href": "",
        }
        for item in letters
    ]


def history(
    kept: Sequence[OfferingVersion], names: Mapping[str, str], people: Mapping[uuid.UUID, str]
) -> list[dict[str, Any]]:
    """Return the versions of `history.html`, newest first, each with what differs from the one before."""
    contents = [content.from_kept(item.content) for item in kept]
    older: list[OfferingContent | None] = [*contents[1:], *([None] if contents else [])]
    return [
        {
            "number": item.number,
            "at": item.listed_at,
            "who": people.get(item.by_user_id, "") if item.by_user_id else "",
            "is_minor": item.is_minor,
            "rows": None if before is None else differences.changes(before, now, names),
        }
        for item, now, before in zip(kept, contents, older, strict=True)
    ]


def editor(session: Session, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the choices of the editor, in three queries."""
    scenarios = reference.scenario_groups(session)
    chosen = set(values.get("industry_codes") or ())
    industries = [
        (row.code, row.name) for row in reference.list_industries(session, level=IndustryLevel.division)
    ]
    known = {code for code, _name in industries}
    others = sorted(code for code in chosen - known if isinstance(code, str))
    if others:
        industries += sorted(reference.industry_names(session, others).items())
    return {
        "session": session,
        "kinds": [(kind.value, labels.KIND_LABELS[kind]) for kind in OfferingKind],
        "product_classes": [(item.value, item.value) for item in ProductClass],
        "service_classes": [(item.value, item.value) for item in ServiceClass],
        "price_modes": [(mode.value, labels.PRICE_MODE_LABELS[mode]) for mode in PriceMode],
        "component_types": [(kind.value, label) for kind, label in labels.COMPONENT_LABELS.items()],
        "scenario_groups": scenarios,
        "scenario_choices": _case_scenarios(values, [row for _group, rows in scenarios for row in rows]),
        "point_groups": _point_groups(session, [row for _group, rows in scenarios for row in rows]),
        "industries": industries,
        "industry_names": dict(industries) | _case_industries(session, values, known),
        "condition_groups": conditions.groups(),
    }


def _case_scenarios(values: Mapping[str, Any], known: list[Scenario]) -> list[tuple[str, str]]:
    """Return the scenarios that a case may name: those of the offering and of its cases, all while there are none."""
    cases = [case for case in values.get("cases") or () if isinstance(case, Mapping)]
    named = (case.get("scenario_code") for case in cases)
    chosen = {*(values.get("scenario_codes") or ()), *(code for code in named if isinstance(code, str))}
    mine = [row for row in known if row.code in chosen]
    return [(row.code, row.name) for row in mine or known]


def _case_industries(session: Session, values: Mapping[str, Any], known: set[str]) -> dict[str, str]:
    """Return the names of the cases' industries beyond the divisions, for the pickers' boxes."""
    typed = [case.get("industry_code") for case in values.get("cases") or () if isinstance(case, Mapping)]
    codes = sorted({code for code in typed if isinstance(code, str) and code} - known)
    return reference.industry_names(session, codes) if codes else {}


def _point_groups(session: Session, scenarios: list[Scenario]) -> list[tuple[Scenario, list[PainPoint]]]:
    points: dict[str, list[PainPoint]] = {}
    for point in reference.list_pain_points(session):
        points.setdefault(point.scenario_code, []).append(point)
    return [(row, points.get(row.code, [])) for row in scenarios]


def vendor_name(vendors: Mapping[Any, Organisation], row: Offering) -> str:
    vendor = vendors.get(row.organisation_id)
    return vendor.name if vendor is not None else "—"
