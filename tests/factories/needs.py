"""Needs in any state, made by the real commands as far as the state allows."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.audit import AuditEvent
from app.core.permissions import Actor
from app.needs import service
from app.needs.models import Confidentiality, Need, NeedState
from app.needs.schemas import NeedFields
from tests.factories.organisations import acting_for, add_member, make_organisation

PROBLEM = "夜班冲床停了没人发现，早上接班才知道，上个月误了三次交货，多花八千块加班费。"
#: Enough for 25 points.
WHOLE: dict[str, Any] = {
    "problem": PROBLEM,
    "scenario": "S08",
    "pain_points": ["S08-1"],
    "baselines": [
        {"metric": "上个月意外停机几次", "value": "9", "unit": "次/月", "how": "recorded"},
        {"metric": "一次停多久才有人发现", "value": "60", "unit": "分钟", "how": "estimated"},
        {"metric": "修一次平均多久", "value": "4", "unit": "小时", "how": "estimated"},
    ],
    "budget_min_fen": 3_000_000,
    "budget_max_fen": 5_000_000,
    "fund_sources": ["own"],
    "wanted_days": 45,
    "urgency": "soon",
    "conditions": {
        "can_stop_line": "limited",
        "network": "yes",
        "data_may_leave": "yes",
        "operators": "train",
    },
}


def make_draft(session: Session, actor: Actor, **fields: Any) -> Need:
    """A draft of the actor's organisation with these fields (just the trouble unless told)."""
    return service.start_draft(session, actor, fields=NeedFields(**{"problem": PROBLEM, **fields}))


def make_whole(session: Session, actor: Actor, **fields: Any) -> Need:
    """A draft that passes the gate."""
    return make_draft(session, actor, **{**WHOLE, **fields})


def make_published(
    session: Session, actor: Actor, confidentiality: Confidentiality = Confidentiality.public, **fields: Any
) -> Need:
    """A published need (its actor's organisation must be verified)."""
    need = make_whole(session, actor, confidentiality=confidentiality, **fields)
    need = service.publish_need(session, actor, need_id=need.id, version=need.version)
    assert need.state is NeedState.published
    return need


def make_held(session: Session, actor: Actor, **fields: Any) -> Need:
    """A need that the gate sent to the centre."""
    need = make_draft(session, actor, **fields)
    need = service.publish_need(session, actor, need_id=need.id, version=need.version)
    assert need.state is NeedState.held
    need.submitted_at = clock.now()
    return need


def make_other_owner(session: Session) -> Actor:
    """The admin of another verified enterprise."""
    organisation = make_organisation(session)
    return acting_for(add_member(session, organisation), organisation)


def edit(session: Session, actor: Actor, need: Need, **fields: Any) -> Need:
    """Save fields over the version at hand."""
    return service.update_need(
        session, actor, need_id=need.id, version=need.version, fields=NeedFields.model_validate(fields)
    )


def audit_names(session: Session, need: Need) -> list[str]:
    """What the audit says of the need, oldest first."""
    query = select(AuditEvent.name).where(AuditEvent.object_id == str(need.id)).order_by(AuditEvent.id)
    return list(session.scalars(query))
