"""Offerings of vendors, in any state, made through the room's own commands where that is the point."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.core.permissions import Actor, Role
from app.offerings import content
from app.offerings.labels import CHECKS
from app.offerings.models import Offering, OfferingState
from app.offerings.schemas import DecisionForm, OfferingContent
from app.organisations.models import Capacity, Organisation, OrganisationState
from tests.factories.organisations import add_member, make_organisation


@dataclass(frozen=True)
class Vendor:
    """A vendor with one member; `actor` is what a command would get."""

    organisation: Organisation
    user: User
    actor: Actor


def make_vendor(
    session: Session,
    *capacities: Capacity,
    state: OrganisationState = OrganisationState.verified,
    role: Role = Role.organisation_admin,
) -> Vendor:
    organisation = make_organisation(session, *(capacities or (Capacity.vendor,)), state=state)
    user = add_member(session, organisation, role=role)
    actor = Actor(
        user_id=user.id,
        name=user.name,
        organisation_id=organisation.id,
        organisation_name=organisation.name,
        organisation_verified=state is OrganisationState.verified,
        capacities=frozenset(item.value for item in capacities or (Capacity.vendor,)),
        roles=frozenset({role}),
    )
    return Vendor(organisation, user, actor)


def case_content(**values: Any) -> dict[str, Any]:
    return {
        "customer": "示例区一家 80 人的注塑厂",
        "industry_code": "C29",
        "scenario_code": "S08",
        "effect_metric": "月停机",
        "effect_before": "46",
        "effect_after": "12",
        "effect_unit": "小时",
        "year": 2025,
        "evidence": "停机台账与验收单",
        **values,
    }


def make_content(**values: Any) -> OfferingContent:
    """A content that lacks nothing: it can be submitted as it is."""
    return OfferingContent.model_validate(
        {
            "kind": "solution",
            "title": "示例电流钳设备监测",
            "summary": "设备停了没人知道，十分钟内提醒班长",
            "body": "夹在主电机电源线上，判断开、停、空转，超时静止就提醒班长。",
            "product_class": "生产制造",
            "scenario_codes": ["S08"],
            "pain_point_codes": ["S08-1"],
            "industry_codes": ["C29"],
            "go_live_days": 2,
            "condition_codes": ["cloud", "no_line_stop"],
            "exit_terms": "随时停用，数据导出成表格",
            "packages": [
                {
                    "title": "基本版",
                    "price_mode": "one_off",
                    "price_min_fen": 3_000_000,
                    "price_max_fen": 4_500_000,
                    "components": [
                        {"type": "hardware", "title": "电流钳 20 只", "amount_fen": 2_000_000},
                        {"type": "implementation", "title": "安装", "amount_fen": 1_500_000},
                    ],
                }
            ],
            "cases": [case_content()],
            **values,
        }
    )


def make_offering(
    session: Session,
    vendor: Vendor | Organisation,
    state: OfferingState = OfferingState.listed,
    *,
    origin: str = "entered",
    **values: Any,
) -> Offering:
    """Add an offering in any state, with its content straight in the rows."""
    organisation = vendor.organisation if isinstance(vendor, Vendor) else vendor
    row = Offering(
        id=uuid.uuid4(),
        organisation_id=organisation.id,
        state=state,
        origin=origin,
        version=1,
        doc_version=1,
        packages=[],
        cases=[],
        submitted_at=clock.now() if state is OfferingState.submitted else None,
        listed_at=clock.now() if state is OfferingState.listed else None,
    )
    content.write(row, make_content(**values))
    session.add(row)
    session.flush()
    return row


def approval(row: Offering, **values: Any) -> DecisionForm:
    return DecisionForm.model_validate(
        {"version": row.version, "decision": "listed", "checks": list(CHECKS), **values}
    )


def refusal(row: Offering, **values: Any) -> DecisionForm:
    return DecisionForm.model_validate(
        {"version": row.version, "decision": "returned", "reason_codes": ["price"], **values}
    )
