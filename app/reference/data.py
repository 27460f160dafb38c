"""Read the package data and give it as rows ready for the tables; no database here.

Columns that the centre composed itself are named `…(composed)` in the files, so that nobody takes them for
an official text.
"""

import csv
import hashlib
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from pypinyin import Style, lazy_pinyin

from app.core.loaded import Dataset
from app.reference.models import (
    Cluster,
    DictionaryKind,
    DictionaryWord,
    District,
    DistrictChange,
    EliminationRule,
    EnergyLevel,
    Industry,
    IndustryLevel,
    PainPoint,
    Questionnaire,
    Scenario,
)

MATURITY_2024 = "sme-maturity-2024"
_NO_FIGURE = {"", "1级", "2级", "3级/限定值"}


def read_text(name: str) -> str:
    """Return one file of the package's reference data."""
    return files("app").joinpath("data", "reference", name).read_text(encoding="utf-8")


def read_csv(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(read_text(name).splitlines()))


def pinyin_text(text: str) -> str:
    """Return full pinyin and initials of a name: what people type when they know the sound only."""
    syllables = lazy_pinyin(text, errors="ignore")
    initials = lazy_pinyin(text, style=Style.FIRST_LETTER, errors="ignore")
    return f"{''.join(syllables)} {''.join(initials)}".lower()


def _key(*parts: str) -> str:
    return hashlib.blake2b("|".join(parts).encode(), digest_size=12).hexdigest()


def _date(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _split(text: str, separator: str) -> list[str]:
    return [part.strip() for part in text.split(separator) if part.strip()]


def _origin(row: dict[str, str]) -> dict[str, str]:
    return {"source": row["source"], "confidence": row["confidence"]}


def _districts() -> Iterator[dict[str, Any]]:
    for row in read_csv("districts.csv"):
        yield {
            "slug": row["slug"],
            "code": row["code"] or None,
            "name": row["name"],
            "short_name": row["short_name"],
            "kind": row["type"],
            "unit_kind": row["unit_kind"],
            "region": row["region"],
            "valid_from": _date(row["valid_from"]),
            "valid_to": _date(row["valid_to"]),
            "note": row["note"],
            "search_text": f"{row['code']} {row['name']} {row['slug']} {pinyin_text(row['short_name'])}".lower(),
            **_origin(row),
        }


def _district_changes() -> Iterator[dict[str, Any]]:
    for row in read_csv("district_changes.csv"):
        yield {
            "key": row["key"],
            "old_code": row["old_code"] or None,
            "old_name": row["old_name"],
            "old_slug": row["old_slug"] or None,
            "new_slug": row["new_slug"],
            "effective_on": _date(row["effective_on"]),
            "is_whole": row["extent"] == "全部",
            "note": row["note"],
            **_origin(row),
        }


def _industries() -> Iterator[dict[str, Any]]:
    order = {level.value: place for place, level in enumerate(IndustryLevel)}
    for row in sorted(read_csv("industries.csv"), key=lambda row: order[row["level"]]):
        yield {
            "code": row["code"],
            "level": IndustryLevel(row["level"]),
            "name": row["name"],
            "parent_code": None if row["parent"] == "C" else row["parent"],
            "remark": row["remark"],
            "search_text": f"{row['code']} {row['name']} {pinyin_text(row['name'])}".lower()[:300],
            **_origin(row),
        }


def _clusters() -> Iterator[dict[str, Any]]:
    for row in read_csv("clusters.csv"):
        yield {
            "slug": row["slug"],
            "tier": row["tier"],
            "tier_name": row["tier_name"],
            "number": int(row["seq"]),
            "name": row["name"],
            "target_scale": row["target_scale"],
            "industry_codes": _split(row["related_industries(composed)"], ";"),
            **_origin(row),
        }


def _scenarios() -> Iterator[dict[str, Any]]:
    for row in read_csv("scenarios.csv"):
        yield {
            "code": row["code"],
            "name": row["name"],
            "group_name": row["group"],
            "is_required": row["constrained"] == "是",
            **{f"level{number}": row[f"level{number}"] for number in range(1, 5)},
            "keywords": _split(row["keywords(composed)"], ","),
            "plain": row["plain(composed)"],
            **_origin(row),
        }


def _pain_points() -> Iterator[dict[str, Any]]:
    for row in read_csv("pain_points.csv"):
        names = ("code", "scenario_code", "name", "definition", "plain")
        yield {**{name: row[name] for name in names}, "author": "中心自编", **_origin(row)}


def _dictionary() -> Iterator[dict[str, Any]]:
    for row in read_csv("dictionary.csv"):
        yield {
            "kind": DictionaryKind(row["kind"]),
            "term": row["term"],
            "synonyms": _split(row["synonyms"], ";"),
            "author": row["author"],
            **_origin(row),
        }


def _questionnaires() -> Iterator[dict[str, Any]]:
    body = json.loads(read_text("sme_maturity_2024.json"))
    yield {
        "key": MATURITY_2024,
        "name": body["name"],
        "doc_no": body["doc_no"],
        "issued_on": date.fromisoformat(body["date"]),
        "body": body,
        **_origin(body),
    }


def _figure(text: str) -> Decimal | None:
    """Return a threshold; the words 「1级」 … only name a grade whose figure was not transcribed."""
    return None if text in _NO_FIGURE else Decimal(text)


def _energy_levels() -> Iterator[dict[str, Any]]:
    for row in read_csv("energy_levels.csv"):
        dated = len(row["effective_date"]) == 10
        parts = (row["product"], row["standard_no"], row["table"], row["condition"], row["metric"])
        yield {
            "key": _key(*parts),
            "product": row["product"],
            "standard_no": row["standard_no"],
            "standard_name": row["standard_name"],
            "effective_on": _date(row["effective_date"]) if dated else None,
            "table_name": row["table"],
            "condition": row["condition"],
            "metric": row["metric"],
            "unit": row["unit"],
            "at_least": {">=": True, "<=": False}.get(row["direction"]),
            "advanced": _figure(row["level1_advanced(先进)"]),
            "saving": _figure(row["level2_energy_saving(节能)"]),
            "access": _figure(row["level3_access(准入)"]),
            "note": "" if dated else row["effective_date"],
            **_origin(row),
        }


def _elimination_rules() -> Iterator[dict[str, Any]]:
    for row in read_csv("elimination_2024.csv"):
        yield {
            "key": _key(row["name"], row["condition"]),
            "name": row["name"],
            "condition": row["condition"],
            "device_type": row["device_type"],
            **_origin(row),
        }


@cache
def uscc_categories() -> dict[str, str]:
    """Return what the first two characters of a credit code say about its holder."""
    rules = {rule["key"]: rule["value"] for rule in json.loads(read_text("uscc_rules.json"))["rules"]}
    return dict(rules["category"])


def datasets() -> list[Dataset]:
    """Return every table's rows, parents first."""
    return [
        Dataset(District, ("slug",), list(_districts())),
        Dataset(DistrictChange, ("key",), list(_district_changes())),
        Dataset(Industry, ("code",), list(_industries())),
        Dataset(Cluster, ("slug",), list(_clusters())),
        Dataset(Scenario, ("code",), list(_scenarios())),
        Dataset(PainPoint, ("code",), list(_pain_points())),
        Dataset(DictionaryWord, ("kind", "term"), list(_dictionary())),
        Dataset(Questionnaire, ("key",), list(_questionnaires())),
        Dataset(EnergyLevel, ("key",), list(_energy_levels())),
        Dataset(EliminationRule, ("key",), list(_elimination_rules())),
    ]
