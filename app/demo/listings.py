"""Demo offerings: written, submitted and listed by the reviewer through the room's own commands."""

import uuid
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app.core import clock
from app.core.money import wan_to_fen
from app.core.permissions import Actor
from app.core.runtime import Runtime
from app.demo import data
from app.demo.people import ORIGIN, Cast, Progress
from app.offerings import queries
from app.offerings import service as offerings
from app.offerings.completeness import gaps
from app.offerings.conditions import codes_of
from app.offerings.labels import CHECKS
from app.offerings.models import ComponentType, OfferingKind, PriceMode, ReviewDecision
from app.offerings.pricing import mode_of_label
from app.offerings.schemas import (
    CaseContent,
    ComponentContent,
    DecisionForm,
    OfferingContent,
    PackageContent,
)
from app.reference import queries as reference

AGES = (timedelta(days=55), timedelta(days=4))
#: What a demo price is made of (示例): shares of the lowest price, in hundredths.
_PARTS: dict[OfferingKind, tuple[tuple[ComponentType, str, int], ...]] = {
    OfferingKind.solution: (
        (ComponentType.licence, "软件许可", 60),
        (ComponentType.implementation, "上门实施", 30),
        (ComponentType.training, "培训", 10),
    ),
    OfferingKind.equipment: (
        (ComponentType.hardware, "设备", 85),
        (ComponentType.implementation, "安装调试", 15),
    ),
    OfferingKind.service: ((ComponentType.other, "服务费", 100),),
}
PARTS_FROM = wan_to_fen("3")


#: The demo offerings keep their ids, so that a second run finds them and links survive a fresh installation.
_NAMESPACE = uuid.UUID("1f6a2f0c-8f0e-4b6e-9a55-3d1c77b0a4e2")
#: Every so many offerings one has its cases confirmed, and one has a change waiting for the reviewers.
CONFIRMED_EVERY, CHANGED_EVERY = 10, 64


def seed_offerings(runtime: Runtime, cast: Cast, progress: Progress) -> None:
    """Make the demo offerings that are missing; each vendor's are one transaction."""
    with runtime.database.reading() as session:
        scenario_of = {row.code: row.scenario_code for row in reference.list_pain_points(session)}
    batches: dict[str, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
    rows = data.offerings()
    for number, row in enumerate(rows):
        batches[row["vendor"]].append((number, row))
    done = 0
    for vendor, batch in batches.items():
        with runtime.database.writing() as session:
            known = _known(session, [row for _, row in batch])
            for number, row in batch:
                if _id_of(row) not in known:
                    age = AGES[0] - (AGES[0] - AGES[1]) * (number / len(rows))
                    with clock.frozen(clock.now() - age):
                        _seed(session, cast.owners[vendor], cast.reviewer, number, row, scenario_of)
        done += len(batch)
        progress(done, len(rows), "示例供给")


def _id_of(row: dict[str, Any]) -> uuid.UUID:
    return uuid.uuid5(_NAMESPACE, row["id"])


def _known(session: Session, rows: list[dict[str, Any]]) -> set[uuid.UUID]:
    return {found.id for found in queries.list_by_ids(session, [_id_of(row) for row in rows])}


def _seed(
    session: Session,
    vendor: Actor,
    reviewer: Actor,
    number: int,
    row: dict[str, Any],
    scenario_of: dict[str, str],
) -> None:
    given = content_of(row)
    made = offerings.create_draft(session, vendor, given=given, origin=ORIGIN, offering_id=_id_of(row))
    if gaps(given, organisation_verified=vendor.organisation_verified, scenario_of=scenario_of):
        offerings.list_directly(session, made)  # names no pain point: nobody could submit it as it is
        session.flush()
        return
    offerings.submit_offering(session, vendor, offering_id=made.id, version=made.version)
    confirmed = [case.position for case in made.cases] if number % CONFIRMED_EVERY == 0 else []
    decision = DecisionForm(
        version=made.version, decision=ReviewDecision.listed, checks=list(CHECKS), confirmed=confirmed
    )
    offerings.decide_offering(session, reviewer, offering_id=made.id, decision=decision)
    session.flush()
    if number % CHANGED_EVERY == CHANGED_EVERY - 1:
        _change(session, vendor, made.id, made.version, given)


def _change(
    session: Session, vendor: Actor, offering_id: uuid.UUID, version: int, given: OfferingContent
) -> None:
    """Hand in a change of a listed offering, some hours ago: the reviewers' queue shows how that looks."""
    with clock.frozen(datetime.now(UTC) - timedelta(hours=version + 6)):
        wanted = given.model_copy(update={"go_live_days": (given.go_live_days or 0) + 5})
        row = offerings.update_offering(
            session, vendor, offering_id=offering_id, given=wanted, version=version
        )
        offerings.submit_offering(session, vendor, offering_id=offering_id, version=row.version)
        session.flush()


def content_of(row: dict[str, Any]) -> OfferingContent:
    """Return a demo offering as the editor would send it."""
    kind = OfferingKind(row["kind"])
    points = row["pain_points"]
    scenarios = list(dict.fromkeys([*row["scenario_codes"], *(code[:3] for code in points)]))
    return OfferingContent(
        kind=kind,
        title=row["title"],
        summary=_first_sentence(row["text"]),
        body=row["text"],
        product_class=row.get("product_class"),
        service_class=row.get("service_class"),
        vendor_kind=row["kind_of_vendor"],
        scenario_codes=scenarios,
        pain_point_codes=points,
        industry_codes=row["industries"],
        go_live_days=row["deploy_days"],
        prerequisites=row["prerequisites"],
        condition_codes=codes_of(row["prerequisites"]),
        packages=[_package(row, kind)],
        cases=[_case(item) for item in row["cases"]],
    )


def _first_sentence(text: str) -> str:
    end = min((place for mark in "。；" if (place := text.find(mark)) > 0), default=len(text))
    return text[:end]


def _package(row: dict[str, Any], kind: OfferingKind) -> PackageContent:
    mode, unit = mode_of_label(row["price_mode"])
    low = wan_to_fen(Decimal(str(row["price_min_wan"])))
    parts = _PARTS[kind] if low >= PARTS_FROM else ((ComponentType.other, "全部费用", 100),)
    return PackageContent(
        title="标准",
        price_mode=mode,
        price_unit=unit,
        price_label=row["price_mode"] if mode is PriceMode.other else "",
        price_min_fen=low,
        price_max_fen=wan_to_fen(Decimal(str(row["price_max_wan"]))),
        components=[
            ComponentContent(type=part, title=title, amount_fen=low * share // 100)
            for part, title, share in parts
        ],
    )


def _case(item: dict[str, Any]) -> CaseContent:
    return CaseContent(
        customer=item["customer"],
        customer_consented=True,
        industry_code=item["industry"],
        scenario_code=item["scenario"],
        effect_metric=item["metric"],
        effect_before=item["before"],
        effect_after=item["after"],
        effect_unit=item["unit"],
        year=item["year"],
        evidence=item["evidence"],
    )
