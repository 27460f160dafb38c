"""Read the demo files; every row carries `origin` demo and `mark` 示例."""

import json
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any


def read_jsonl(name: str) -> list[dict[str, Any]]:
    """Return the rows of one file of the package's demo data."""
    text = files("app").joinpath("data", "demo", name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines() if line.strip()]


@dataclass(frozen=True, slots=True)
class DemoOrganisation:
    key: str
    name: str
    short_name: str
    credit_code: str
    capacities: tuple[str, ...]
    district: str
    industry: str | None
    kind_of_vendor: str | None
    staff_count: int
    verified: bool
    intro: str


@dataclass(frozen=True, slots=True)
class DemoCompletion:
    """What was composed for a need so that it passes the real gate (示例)."""

    title: str
    scenario: str
    baselines: tuple[dict[str, str], ...]
    budget_min_wan: Decimal
    budget_max_wan: Decimal
    wanted_within_days: int
    conditions: tuple[str, ...]
    condition_fields: dict[str, Any]
    confidentiality: str
    fund_sources: tuple[str, ...]
    urgency: str


@dataclass(frozen=True, slots=True)
class DemoNeed:
    id: str
    text: str
    industry: str | None
    organisation: str
    completion: DemoCompletion | None = field(default=None)


@cache
def organisations() -> tuple[DemoOrganisation, ...]:
    """Return the fictitious organisations, vendors (V…) first, then enterprises (E…)."""
    names = set(DemoOrganisation.__slots__)
    found = []
    for row in read_jsonl("organisations.jsonl"):
        values = {name: value for name, value in row.items() if name in names}
        values["capacities"] = tuple(row["capacities"])
        found.append(DemoOrganisation(**values))
    return tuple(found)


@cache
def needs() -> tuple[DemoNeed, ...]:
    """Return the needs in the owners' words, some with a composed completion."""
    completions = {row["need"]: _completion(row) for row in read_jsonl("needs_completed.jsonl")}
    return tuple(
        DemoNeed(
            id=row["id"],
            text=row["text"],
            industry=row["industry"],
            organisation=row["organisation"],
            completion=completions.get(row["id"]),
        )
        for row in read_jsonl("needs.jsonl")
    )


def offerings() -> list[dict[str, Any]]:
    """Return the offerings as they stand in the file."""
    return read_jsonl("offerings.jsonl")


def _completion(row: dict[str, Any]) -> DemoCompletion:
    return DemoCompletion(
        title=row["title"],
        scenario=row["scenario"],
        baselines=tuple(row["baselines"]),
        budget_min_wan=Decimal(row["budget_min_wan"]),
        budget_max_wan=Decimal(row["budget_max_wan"]),
        wanted_within_days=row["wanted_within_days"],
        conditions=tuple(row["conditions"]),
        condition_fields=row["condition_fields"],
        confidentiality=row["confidentiality"],
        fund_sources=tuple(row["fund_sources"]),
        urgency=row["urgency"],
    )
