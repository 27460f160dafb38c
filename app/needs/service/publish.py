"""From the gate to the public page: sending, publishing, waiting for verification."""

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.core import audit, clock, jobs
from app.core.errors import Conflict, EditConflict, Invalid
from app.core.permissions import SYSTEM, Actor, Permission, require
from app.needs import queries, rule
from app.needs.gate import GateResult, Verdict
from app.needs.models import SENDABLE, Need, NeedReview, NeedState, ReviewDecision
from app.needs.service import news
from app.needs.service.recording import confirm_recording
from app.organisations import queries as organisations

audit.register_name("needs.need.held", "需求转中心看")
audit.register_name("needs.need.waiting", "需求等企业核验")
audit.register_name("needs.need.published", "发布需求")

EXPIRE = "needs.expire"
ENDED = (NeedState.withdrawn, NeedState.closed)


def publish_need(
    session: Session, actor: Actor, *, need_id: uuid.UUID, version: int, basis: str = ""
) -> Need:
    """Send a need to the gate; returns it as published, held or waiting for the organisation's verification.

    Raises:
        Invalid: there is nothing that even the centre could read; the fields say what to write. Staff who act for the
            firm must say on what ground (`basis`).
        EditConflict: it was edited since `version`.

    """
    need = queries.get_for_change(session, actor, need_id)
    require(actor, Permission.needs_need_publish, need)
    if need.state is NeedState.published and need.version == version:
        return need
    if need.state not in SENDABLE:
        raise Conflict("这条需求已经发布、撤回或结束")
    check_version(need, version)
    rules = rule.load_rules(session)
    result = rule.judge(need, rules)
    if result.verdict is Verdict.refuse:
        raise Invalid(refusal(result), "还不能发布，先补这几处")
    if actor.on_behalf:
        confirm_recording(session, actor, need, basis)
    if need.state is not NeedState.held:
        need.submitted_at = clock.now()
    need.gate_score, need.gate_lines = result.total, rule.snapshot(result)
    note(session, actor, need, ReviewDecision.submitted)
    if result.verdict is Verdict.hold:
        need.state = NeedState.held
        note(session, actor, need, ReviewDecision.held)
        audit.record(
            session, actor, "needs.need.held", kind="need", object_id=need.id, data={"score": result.total}
        )
    else:
        let_out(session, actor, need, rules)
    session.flush()
    return need


def refusal(result: GateResult) -> dict[str, str]:
    """Return what to write, by field, for a need that the gate refuses."""
    return {line.first.field: line.first.text for line in result.lines if line.points == 0 and line.first}


def let_out(
    session: Session,
    actor: Actor,
    need: Need,
    rules: dict[str, Any],
    reasons: list[dict[str, Any]] | None = None,
) -> None:
    """Publish a need that passed the gate or the staff; with its organisation unverified it waits for that."""
    organisation = organisations.list_by_ids(session, [need.organisation_id])[0]
    if not organisation.is_verified:
        need.state = NeedState.waiting_verification
        note(session, actor, need, ReviewDecision.waiting, reasons)
        audit.record(session, actor, "needs.need.waiting", kind="need", object_id=need.id)
        return
    moment = clock.now()
    need.state, need.published_at = NeedState.published, moment
    need.expires_at = moment + timedelta(days=int(rules[rule.LIFE_DAYS]))
    need.ended_at, need.end_reason, need.end_code = None, "", None
    need.version += 1
    note(session, actor, need, ReviewDecision.published, reasons)
    audit.record(
        session,
        actor,
        "needs.need.published",
        kind="need",
        object_id=need.id,
        data={"score": need.gate_score, "confidentiality": need.confidentiality.value},
    )
    news.tell_owner(session, need, "needs.need.published")
    expire_at_end(session, need)


def expire_at_end(session: Session, need: Need) -> None:
    """Have the need end at its time."""
    job = jobs.enqueue(session, EXPIRE, {"need_id": str(need.id)})
    if need.expires_at is not None:
        job.run_at = need.expires_at


def publish_waiting(session: Session, *, organisation_id: uuid.UUID) -> int:
    """Publish what waited for an organisation that is verified now; returns how many. Bears repetition."""
    rules = rule.load_rules(session)
    published = 0
    for need in queries.list_waiting_of(session, organisation_id):
        organisation = organisations.list_by_ids(session, [organisation_id])[0]
        if not organisation.is_verified:
            return published
        let_out(session, SYSTEM, need, rules)
        published += 1
    return published


def check_version(need: Need, version: int) -> None:
    """Raise `EditConflict` when the need is not what its reader saw."""
    if need.version != version:
        raise EditConflict(
            yours={"version": version},
            theirs={"version": need.version, "state": need.state.value},
            message="这条需求刚被改过，请看过最新内容再继续",
        )


def note(
    session: Session,
    actor: Actor,
    need: Need,
    decision: ReviewDecision,
    reasons: list[dict[str, Any]] | None = None,
) -> None:
    """Add a line to the need's history."""
    session.add(
        NeedReview(
            id=uuid.uuid4(),
            need_id=need.id,
            at=clock.now(),
            decision=decision,
            actor_user_id=actor.user_id,
            need_version=need.version,
            score=need.gate_score or 0,
            lines=need.gate_lines,
            reasons=reasons or [],
        )
    )
