"""The editor's values: nested as the form names them, rows added and removed without script. Pure."""

from collections.abc import Mapping
from typing import Any

from app.core.money import fen_to_wan
from app.offerings.content import CASE_FIELDS, PLAIN_FIELDS
from app.offerings.schemas import MAX_CASES, MAX_COMPONENTS, MAX_PACKAGES, OfferingContent

LISTS = ("scenario_codes", "pain_point_codes", "industry_codes", "condition_codes")
Values = dict[str, Any]


def blank_package() -> Values:
    return {"title": "", "price_mode": "project", "components": []}


def blank_component() -> Values:
    return {"type": "licence", "title": "", "amount": ""}


def blank() -> Values:
    """Return the values of a new offering: one empty package to begin with."""
    return {"kind": "solution", "version": "0", "packages": [blank_package()], "cases": []}


def _wan(fen: int | None) -> str:
    return "" if fen is None else fen_to_wan(fen).replace(",", "")


def _shown(value: Any) -> str:
    return "" if value is None else str(getattr(value, "value", value))


def values_of(content: OfferingContent, version: int) -> Values:
    """Return the form's values of a content, amounts in 万元."""
    found: Values = {
        name: getattr(content, name) if name in LISTS else _shown(getattr(content, name))
        for name in PLAIN_FIELDS
        if name != "prerequisites"
    }
    found["prerequisites"] = "\n".join(content.prerequisites)
    found["version"] = str(version)
    found["packages"] = [
        {
            "title": package.title,
            "price_mode": package.price_mode.value,
            "price_unit": package.price_unit,
            "price_label": package.price_label,
            "price_min": _wan(package.price_min_fen),
            "price_max": _wan(package.price_max_fen),
            "note": package.note,
            "components": [
                {
                    "type": item.type.value,
                    "title": item.title,
                    "amount": _wan(item.amount_fen),
                    "note": item.note,
                }
                for item in package.components
            ],
        }
        for package in content.packages
    ]
    found["cases"] = [
        {name: _shown(getattr(case, name)) for name in CASE_FIELDS if name != "customer_consented"}
        | ({"customer_consented": "1"} if case.customer_consented else {})
        for case in content.cases
    ]
    return found


def _rows(value: Any, most: int) -> list[Values]:
    found = value if isinstance(value, list) else []
    return [dict(item) for item in found if isinstance(item, Mapping)][: most + 1]


def _texts(value: Any) -> list[str]:
    found = value if isinstance(value, list) else [value]
    return [item for item in found if isinstance(item, str) and item]


def normalise(data: Mapping[str, Any]) -> Values:
    """Return posted data with lists where the editor has rows, whatever a stranger sent.

    One row more than allowed is kept so that validation can say so.
    """
    found = dict(data)
    for name in LISTS:
        found[name] = _texts(found.get(name, []))
    found["packages"] = _rows(found.get("packages"), MAX_PACKAGES)
    for package in found["packages"]:
        package["components"] = _rows(package.get("components"), MAX_COMPONENTS)
    found["cases"] = _rows(found.get("cases"), MAX_CASES)
    return found


def rearrange(data: Mapping[str, Any], act: str) -> Values:
    """Return the values with a row added or removed: `add_package`, `drop_component:0:2`, …; else unchanged."""
    found = normalise(data)
    verb, *numbers = act.split(":")
    places = [int(number) for number in numbers if number.isdecimal() and len(number) < 4]
    packages: list[Values] = found["packages"]
    cases: list[Values] = found["cases"]
    if verb == "add_package" and len(packages) < MAX_PACKAGES:
        packages.append(blank_package())
    elif verb == "add_case" and len(cases) < MAX_CASES:
        cases.append({})
    elif verb == "drop_package" and len(places) == 1:
        _drop(packages, places[0])
    elif verb == "drop_case" and len(places) == 1:
        _drop(cases, places[0])
    elif verb == "add_component" and len(places) == 1 and places[0] < len(packages):
        components = packages[places[0]]["components"]
        if len(components) < MAX_COMPONENTS:
            components.append(blank_component())
    elif verb == "drop_component" and len(places) == 2 and places[0] < len(packages):
        _drop(packages[places[0]]["components"], places[1])
    return found


def _drop(rows: list[Values], place: int) -> None:
    if place < len(rows):
        del rows[place]
