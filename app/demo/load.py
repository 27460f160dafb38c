"""Many varied offerings for load tests, written in bulk: each stands in the outbox like any other write."""

import random
import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import Table, delete, insert
from sqlalchemy.orm import Session

from app.core import clock
from app.core.outbox import OutboxRow
from app.core.runtime import Runtime
from app.demo import data
from app.demo.people import ORIGIN, Cast, Progress
from app.indexing import service as indexing
from app.offerings.conditions import codes_of
from app.offerings.models import (
    KIND,
    Component,
    ComponentType,
    Offering,
    OfferingKind,
    OfferingState,
    Package,
    PriceMode,
)
from app.offerings.pricing import mode_of_label
from search.types import SearchUnavailable

BATCH = 2_000
REASON = "load test"
_FOR = (
    "齿轮",
    "压铸",
    "注塑",
    "冲压",
    "线束",
    "摩配",
    "汽配",
    "食品",
    "纸箱",
    "家具",
    "化工",
    "制药",
    "陶瓷",
    "电机",
    "阀门",
    "泵业",
    "铸造",
    "印染",
    "酿造",
    "钣金",
)
_SIZES = ("小微版", "单机版", "班组版", "车间版", "工厂版", "集团版", "入门包", "标准包", "增强包", "试点包")
_INDUSTRIES = (
    "C13",
    "C14",
    "C17",
    "C21",
    "C26",
    "C29",
    "C30",
    "C33",
    "C34",
    "C35",
    "C36",
    "C37",
    "C38",
    "C39",
)


def seed_offerings(runtime: Runtime, cast: Cast, number: int, progress: Progress) -> int:
    """Insert `number` listed offerings of the demo vendors; returns how many."""
    rng = random.Random(number)
    models = data.offerings()
    made = 0
    while made < number:
        size = min(BATCH, number - made)
        with runtime.database.writing() as session:
            _write(session, list(_batch(rng, models, cast, made, size)))
        made += size
        progress(made, number, "供给")
    return made


def rebuild(runtime: Runtime, progress: Progress) -> bool:
    """Build the index anew instead of draining row by row; False when a running server must catch up itself."""
    try:
        indexing.rebuild(runtime.database, runtime.engine, progress)
    except SearchUnavailable:
        return False
    with runtime.database.writing() as session:
        session.execute(delete(OutboxRow).where(OutboxRow.reason == REASON))
    return True


def _write(
    session: Session, rows: list[tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]]
) -> None:
    moment = clock.now()
    offerings = [row[0] for row in rows]
    _insert(session, Offering, offerings)
    _insert(session, Package, [package for row in rows for package in row[1]])
    _insert(session, Component, [component for row in rows for component in row[2]])
    _insert(
        session,
        OutboxRow,
        [
            {
                "kind": KIND,
                "object_id": str(row["id"]),
                "reason": REASON,
                "created_at": moment,
                "next_at": moment,
            }
            for row in offerings
        ],
    )


def _insert(session: Session, model: type[Any], rows: list[dict[str, Any]]) -> None:
    table: Table = model.__table__
    session.execute(insert(table), rows)


def _batch(
    rng: random.Random, models: list[dict[str, Any]], cast: Cast, start: int, size: int
) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]]:
    moment = clock.now()
    for number in range(start, start + size):
        base = models[rng.randrange(len(models))]
        other = models[rng.randrange(len(models))]
        trade = rng.choice(_FOR)
        text = _mix(rng, base["text"], other["text"], trade)
        offering_id = uuid.uuid4()
        offering = {
            "id": offering_id,
            "organisation_id": cast.organisations[base["vendor"]],
            "kind": OfferingKind(base["kind"]),
            "state": OfferingState.listed,
            "title": f"{trade}{base['title']}·{rng.choice(_SIZES)} {number + 1}"[:60],
            "summary": text[:120],
            "body": text,
            "product_class": None,
            "service_class": None,
            "vendor_kind": base["kind_of_vendor"],
            "scenario_codes": base["scenario_codes"],
            "pain_point_codes": base["pain_points"],
            "industry_codes": rng.sample(_INDUSTRIES, rng.randint(0, 3)),
            "go_live_days": max(1, round(base["deploy_days"] * rng.uniform(0.6, 1.6))),
            "prerequisites": base["prerequisites"],
            "condition_codes": codes_of(base["prerequisites"]),
            "origin": ORIGIN,
            "submitted_at": moment,
            "listed_at": moment - timedelta(minutes=rng.randint(0, 60 * 24 * 365)),
        }
        _classify(offering, base)
        packages, components = _packages(rng, base, offering_id)
        yield offering, packages, components


def _classify(offering: dict[str, Any], base: dict[str, Any]) -> None:
    table = Offering.__table__.c
    for name in ("product_class", "service_class"):
        if base.get(name):
            kind: Any = table[name].type
            offering[name] = kind.enum_class(base[name])


def _mix(rng: random.Random, first: str, second: str, trade: str) -> str:
    sentences = [part for part in re.split(r"(?<=[。；])", first + second) if part.strip()]
    kept = rng.sample(sentences, min(len(sentences), rng.randint(2, 4)))
    return f"面向{trade}企业。" + "".join(kept)


def _packages(
    rng: random.Random, base: dict[str, Any], offering_id: uuid.UUID
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    mode, unit = mode_of_label(base["price_mode"])
    packages, components = [], []
    low = base["price_min_wan"] * rng.uniform(0.5, 1.8)
    for position in range(1, rng.randint(1, 2) + 1):
        package_id = uuid.uuid4()
        low_fen = round(low * position * 100) * 10_000
        packages.append(
            {
                "id": package_id,
                "offering_id": offering_id,
                "position": position,
                "title": ("基础", "完整")[position - 1],
                "price_mode": mode,
                "price_unit": unit,
                "price_label": base["price_mode"] if mode is PriceMode.other else "",
                "price_min_fen": low_fen,
                "price_max_fen": round(low_fen * rng.uniform(1.1, 2.5)),
            }
        )
        components.append(
            {
                "id": uuid.uuid4(),
                "package_id": package_id,
                "position": 1,
                "type": rng.choice(list(ComponentType)),
                "title": "示例组成",
                "amount_fen": low_fen,
            }
        )
    return packages, components
