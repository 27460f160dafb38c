"""What people type about organisations, as validated forms, and small looks into the database."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.jobs import Job
from app.organisations import queries
from app.organisations.models import Decision, Organisation
from app.organisations.schemas import DecisionForm, OrganisationCreate, OrganisationUpdate
from app.organisations.verification import CHECKS


def created(code: str, **more: Any) -> OrganisationCreate:
    return OrganisationCreate.model_validate(
        {
            "credit_code": code,
            "name": "示例转向节有限公司",
            "capacities": ["enterprise"],
            "district": "巴南区",
            "industry": "C34",
            "contact_name": "示例王工",
            "contact_mobile": "13800000000",
            **more,
        }
    )


def edited(row: Organisation, **more: Any) -> OrganisationUpdate:
    return OrganisationUpdate.model_validate(
        {
            "name": row.name,
            "short_name": row.short_name,
            "capacities": [item.value for item in row.capacity_set],
            "district": row.district_slug,
            "industry": row.industry_code or "",
            "contact_name": row.contact_name,
            "contact_mobile": row.contact_mobile,
            "version": row.version,
            **more,
        }
    )


def decided(row: Organisation, decision: Decision, **more: Any) -> DecisionForm:
    verified = {"checks": list(CHECKS), "reason": "看过原件"} if decision is Decision.verified else {}
    return DecisionForm.model_validate({"version": row.version, "decision": decision, **verified, **more})


def told(session: Session, name: str) -> list[str]:
    """The organisations that queued news of this name speak of."""
    session.flush()
    rows = session.scalars(select(Job).where(Job.name == name)).all()
    return [row.payload["organisation_id"] for row in rows]


def load(session: Session, row: Organisation) -> Organisation:
    session.flush()
    session.expunge_all()
    return queries.list_by_ids(session, [row.id])[0]
