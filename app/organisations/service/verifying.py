"""The centre's verification: rounds are opened, decided once, and never rewritten."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.core import audit, clock, messages
from app.core.errors import Conflict, Invalid
from app.core.permissions import Actor, Permission, require
from app.files import queries as file_queries
from app.organisations import news, queries
from app.organisations.models import (
    Capacity,
    Decision,
    Organisation,
    OrganisationCapacity,
    OrganisationState,
    Verification,
    VerificationCause,
)
from app.organisations.schemas import DecisionForm
from app.organisations.service.papers import LICENCE
from app.organisations.verification import CHECKS, letter

messages.announce(
    "organisations.verified",
    topic="organisations",
    title="单位已通过核验",
    text="中心已核对贵单位的资料；等核验的需求会自动发布。",
    link="/organisations/mine",
)
messages.announce(
    "organisations.returned",
    topic="organisations",
    title="单位资料被退回",
    text="中心核对贵单位资料时发现几处不符；原因写在单位页上，改好可以再提交。",
    link="/organisations/mine",
    action="去修改",
)
messages.announce(
    "organisations.suspended",
    topic="organisations",
    title="单位已被暂停",
    text="中心已暂停贵单位在平台上的活动；原因写在单位页上。",
    link="/organisations/mine",
    urgent=True,
)


def open_round(
    session: Session,
    actor: Actor,
    organisation: Organisation,
    cause: VerificationCause,
    changes: dict[str, Any] | None = None,
) -> Verification:
    """Put the organisation into the staff's queue."""
    row = Verification(
        id=uuid.uuid4(),
        organisation_id=organisation.id,
        cause=cause,
        changes=changes or {},
        submitted_by=actor.user_id,
    )
    session.add(row)
    audit.record(
        session,
        actor,
        "organisations.organisation.submitted",
        kind="organisation",
        object_id=organisation.id,
        data={"cause": cause.value, "fields": sorted(changes or {})},
    )
    return row


def submit_for_verification(session: Session, actor: Actor, *, organisation_id: uuid.UUID) -> Verification:
    """Ask the centre again after a return.

    Raises:
        Conflict: it is waiting already, verified, or suspended.

    """
    organisation = queries.get_for_update(session, actor, organisation_id)
    require(actor, Permission.organisations_organisation_edit, organisation)
    if organisation.state is not OrganisationState.returned:
        raise Conflict(
            {
                OrganisationState.unverified: "已经在等中心核验，不用再交",
                OrganisationState.verified: "已经核验通过",
                OrganisationState.suspended: "机构已被暂停，请打中心电话",
            }[organisation.state]
        )
    organisation.state = OrganisationState.unverified
    return open_round(session, actor, organisation, VerificationCause.mended)


def decide_verification(
    session: Session, actor: Actor, *, organisation_id: uuid.UUID, data: DecisionForm
) -> Verification:
    """Verify, return or suspend; the organisation is told, and waiting rooms hear of a verification.

    Raises:
        Conflict: the round is decided already, or the organisation changed since the page was opened.
        Invalid: verifying with unchecked points, or refusing without a reason.

    """
    organisation = queries.get_for_update(session, actor, organisation_id)
    require(actor, Permission.organisations_organisation_verify, organisation)
    row = queries.find_open_verification(session, organisation.id)
    if row is None:
        raise Conflict("这一件已经有人办过了")
    if data.version != organisation.version:
        raise Conflict("您看的时候机构改了资料，请刷新后再看一遍")
    _check(data)
    _seen_a_paper(session, organisation, data)
    row.decision, row.decided_at, row.decided_by = data.decision, clock.now(), actor.user_id
    row.checklist = {code: _found(code, data) for code in CHECKS}
    row.reason = letter(data.faults, data.reason) if data.decision is not Decision.verified else data.reason
    if data.decision is Decision.verified:
        _verify(session, actor, organisation, row)
    elif data.decision is Decision.suspended:
        organisation.state = OrganisationState.suspended
    elif row.cause is not VerificationCause.renamed:
        organisation.state = OrganisationState.returned
    if row.cause is not VerificationCause.renamed or data.decision is Decision.suspended:
        organisation.decision_reason = row.reason
    organisation.doc_version += 1
    news.tell_changed(session, organisation.id)
    _tell(session, actor, organisation, row)
    session.flush()
    return row


def suspend_organisation(
    session: Session, actor: Actor, *, organisation_id: uuid.UUID, reason: str
) -> Verification:
    """Suspend an organisation that has no open round; what it published is hidden by the rooms above."""
    organisation = queries.get_for_update(session, actor, organisation_id)
    require(actor, Permission.organisations_organisation_verify, organisation)
    if organisation.state is OrganisationState.suspended:
        raise Conflict("这家机构已经暂停")
    row = queries.find_open_verification(session, organisation.id) or open_round(
        session, actor, organisation, VerificationCause.suspended
    )
    row.decision, row.reason = Decision.suspended, reason
    row.decided_at, row.decided_by = clock.now(), actor.user_id
    organisation.state, organisation.decision_reason = OrganisationState.suspended, reason
    organisation.doc_version += 1
    news.tell_changed(session, organisation.id)
    _tell(session, actor, organisation, row)
    session.flush()
    return row


def reopen_verification(session: Session, actor: Actor, *, organisation_id: uuid.UUID) -> Verification:
    """Lift a suspension by putting the organisation into the queue again, unverified."""
    organisation = queries.get_for_update(session, actor, organisation_id)
    require(actor, Permission.organisations_organisation_verify, organisation)
    if organisation.state is not OrganisationState.suspended:
        raise Conflict("只有暂停的机构才需要重新核验")
    organisation.state = OrganisationState.unverified
    organisation.doc_version += 1
    news.tell_changed(session, organisation.id)
    audit.record(
        session,
        actor,
        "organisations.organisation.reopened",
        kind="organisation",
        object_id=organisation.id,
    )
    row = open_round(session, actor, organisation, VerificationCause.suspended)
    messages.post(
        session,
        "organisations.reopened",
        organisation_id=organisation.id,
        payload={"name": organisation.name},
        dedupe_key=f"organisations.reopened:{row.id}",
    )
    return row


def lift_suspension(
    session: Session, actor: Actor, *, organisation_id: uuid.UUID, reason: str
) -> Verification:
    """End a suspension: one that was verified before is so again at once, another waits for verification.

    Raises:
        Conflict: it is not suspended.

    """
    organisation = queries.get_for_update(session, actor, organisation_id)
    require(actor, Permission.organisations_organisation_verify, organisation)
    if organisation.state is not OrganisationState.suspended:
        raise Conflict("这家机构没有暂停")
    if organisation.verified_at is None:
        return reopen_verification(session, actor, organisation_id=organisation_id)
    row = open_round(session, actor, organisation, VerificationCause.suspended)
    row.decision, row.reason = Decision.verified, reason
    row.decided_at, row.decided_by = clock.now(), actor.user_id
    organisation.state, organisation.decision_reason = OrganisationState.verified, ""
    organisation.doc_version += 1
    news.tell_verified(session, organisation.id)
    news.tell_changed(session, organisation.id)
    audit.record(
        session,
        actor,
        "organisations.organisation.lifted",
        kind="organisation",
        object_id=organisation.id,
        data={"round": str(row.id)},
    )
    messages.post(
        session,
        "organisations.lifted",
        organisation_id=organisation.id,
        payload={"name": organisation.name},
        dedupe_key=f"organisations.lifted:{row.id}",
    )
    session.flush()
    return row


def _check(data: DecisionForm) -> None:
    if data.decision is Decision.verified:
        missing = [check.title for code, check in CHECKS.items() if code not in data.checks]
        if missing:
            raise Invalid({"checks": f"还有 {len(missing)} 项没有核对：{'、'.join(missing)}"})
        if data.faults:
            raise Invalid({"faults": "有问题的项目还勾着，不能通过"})
        return
    if not data.faults and len(data.reason) < 4:
        raise Invalid({"reason": "请勾出有问题的项目，或写明原因；对方会照着改"})


def _seen_a_paper(session: Session, organisation: Organisation, data: DecisionForm) -> None:
    if data.decision is not Decision.verified or len(data.reason) >= 4:
        return
    if not file_queries.list_files(session, LICENCE, organisation.id):
        raise Invalid({"reason": "没有上传营业执照：看过原件的，请写明何时何地看的；没看过的请退回补正"})


def _found(code: str, data: DecisionForm) -> str | None:
    if code in data.faults:
        return "bad"
    return "ok" if code in data.checks else None


def _verify(session: Session, actor: Actor, organisation: Organisation, row: Verification) -> None:
    organisation.state = OrganisationState.verified
    organisation.verified_at, organisation.verified_by = clock.now(), actor.user_id
    if "name" in row.changes:
        organisation.name = row.changes["name"][1]
        organisation.version += 1
    for value in row.changes.get("capacities", []):
        if Capacity(value) not in organisation.capacity_set:
            organisation.capacities.append(OrganisationCapacity(id=uuid.uuid4(), capacity=Capacity(value)))
    news.tell_verified(session, organisation.id)


def _tell(session: Session, actor: Actor, organisation: Organisation, row: Verification) -> None:
    decision = row.decision
    assert decision is not None
    audit.record(
        session,
        actor,
        f"organisations.organisation.{decision.value}",
        kind="organisation",
        object_id=organisation.id,
        data={"round": str(row.id), "cause": row.cause.value, "checklist": row.checklist},
    )
    messages.post(
        session,
        f"organisations.{decision.value}",
        organisation_id=organisation.id,
        payload={"organisation_id": str(organisation.id), "round": str(row.id)},
        dedupe_key=f"organisations.{decision.value}:{row.id}",
    )
