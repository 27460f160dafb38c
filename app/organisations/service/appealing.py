"""Appeals: against a suspension, a refusal by a pool, a removal from one. Decided by another reviewer than the first."""

import uuid
from datetime import timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core import audit, clock, messages, parameters
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.permissions import Actor, Permission, Role, require
from app.files import service as files
from app.files.service import Received
from app.organisations import pools, queries
from app.organisations.models import (
    Appeal,
    AppealAbout,
    AppealState,
    Decision,
    Organisation,
    OrganisationState,
    PoolMove,
    PoolState,
)
from app.organisations.queries import pools as pool_queries
from app.organisations.schemas.standing import AppealDecision, AppealForm
from app.organisations.service import pooling, verifying
from app.organisations.service.papers import APPEAL

EDIT = Permission.organisations_organisation_edit
ENDED = {PoolState.refused: PoolMove.refuse, PoolState.removed: PoolMove.remove}


def appeal_suspension(
    session: Session, actor: Actor, *, data: AppealForm, received: Received | None
) -> Appeal:
    """Ask that one's suspension be looked at again.

    Raises:
        Conflict: not suspended, or this suspension was appealed against before.

    """
    own = queries.get_own(session, actor)
    require(actor, EDIT, own)
    if own.state is not OrganisationState.suspended:
        raise Conflict("机构没有被暂停，不用申诉")
    rounds = queries.list_verifications(session, own.id)
    decided = next((row for row in rounds if row.decision is Decision.suspended), None)
    row = Appeal(
        id=uuid.uuid4(),
        organisation_id=own.id,
        about=AppealAbout.suspension,
        subject_id=decided.id if decided else own.id,
        first_by=decided.decided_by if decided else None,
        statement=data.statement,
        created_by=actor.user_id,
    )
    _keep(session, actor, own, row, received)
    return row


def appeal_pool_decision(
    session: Session, actor: Actor, *, entry_id: uuid.UUID, data: AppealForm, received: Received | None
) -> Appeal:
    """Ask that a refusal or removal be looked at again.

    Raises:
        Conflict: nothing to appeal against, too late, appealed before, or a new application stands.

    """
    own = queries.get_own(session, actor)
    entry = pool_queries.get_entry(session, actor, entry_id, lock=True)
    if entry.organisation_id != own.id:
        raise NotFound("没有这条入库记录，或者它还没有公开")
    require(actor, EDIT, own)
    if entry.state not in ENDED:
        raise Conflict("只有未通过或被移出才能申诉")
    decided = next(row for row in reversed(entry.steps) if row.move is ENDED[entry.state])
    days = int(parameters.value(session, pools.APPEAL_DAYS))
    if clock.now() > decided.at + timedelta(days=days):
        raise Conflict(f"申诉要在 {days} 天内提出（中心规则），现在已经过了")
    if pool_queries.find_alive(session, own.id, entry.pool) is not None:
        raise Conflict("您已经重新申请，以新的申请为准")
    row = Appeal(
        id=uuid.uuid4(),
        organisation_id=own.id,
        about=AppealAbout.pool,
        subject_id=decided.id,
        entry_id=entry.id,
        first_by=decided.by,
        statement=data.statement,
        created_by=actor.user_id,
    )
    _keep(session, actor, own, row, received)
    pooling.move(session, actor, entry, PoolMove.appeal, "")
    return row


def decide_appeal(session: Session, actor: Actor, *, appeal_id: uuid.UUID, data: AppealDecision) -> Appeal:
    """Undo the decision appealed against, or let it stand; the organisation is told.

    Raises:
        Forbidden: the actor made that decision.
        Conflict: the appeal was decided already.

    """
    row = pool_queries.get_appeal(session, actor, appeal_id)
    require(actor, Permission.organisations_organisation_verify, row.organisation)
    if row.first_by is not None and row.first_by == actor.user_id:
        raise Forbidden("原来的决定是您做的，申诉要由另一位审核员办")
    if row.state is not AppealState.open:
        raise Conflict("这件申诉已经有人办过")
    row.state = AppealState.upheld if data.uphold else AppealState.refused
    row.reason, row.decided_at, row.decided_by = data.reason, clock.now(), actor.user_id
    _record(session, actor, row, row.state.value)
    messages.post(
        session,
        f"organisations.appeal_{row.state.value}",
        organisation_id=row.organisation_id,
        payload={"name": row.organisation.name},
        dedupe_key=f"organisations.appeal_decided:{row.id}",
    )
    if row.entry_id is not None:
        entry = pool_queries.get_entry(session, actor, row.entry_id, lock=True)
        step = PoolMove.reinstate if data.uphold else PoolMove.reject_appeal
        pooling.move(session, actor, entry, step, data.reason)
    elif data.uphold and row.organisation.state is OrganisationState.suspended:
        verifying.lift_suspension(session, actor, organisation_id=row.organisation_id, reason=data.reason)
    session.flush()
    return row


def _keep(session: Session, actor: Actor, own: Organisation, row: Appeal, received: Received | None) -> None:
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise Conflict("这个决定已经申诉过，一个决定只能申诉一次") from error
    if received is not None:
        files.keep(session, actor, received, purpose=APPEAL, object_id=row.id, organisation_id=own.id)
    _record(session, actor, row, "opened")
    messages.post(
        session,
        "organisations.appeal_to_decide",
        role=Role.reviewer,
        payload={"name": own.name, "appeal_id": str(row.id)},
        dedupe_key=f"organisations.appeal_to_decide:{row.id}",
    )


def _record(session: Session, actor: Actor, row: Appeal, verb: str) -> None:
    audit.record(
        session,
        actor,
        f"organisations.appeal.{verb}",
        kind="appeal",
        object_id=row.id,
        data={"organisation": str(row.organisation_id), "about": row.about.value},
    )
