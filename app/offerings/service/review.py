"""The centre's side: decide what is listed."""

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import Conflict, Invalid
from app.core.permissions import SYSTEM, Actor, Permission, require
from app.offerings import content, queries
from app.offerings.labels import CHECKS, RETURN_REASONS
from app.offerings.models import Offering, OfferingState, ReviewDecision
from app.offerings.schemas import DecisionForm
from app.offerings.service import news
from app.offerings.service.claims import apply_findings
from app.offerings.service.common import add_review, check_version, record
from app.offerings.service.media import approve_media
from app.offerings.service.term import begin_term
from app.offerings.service.versions import keep_first, keep_version


def decide_offering(
    session: Session, actor: Actor, *, offering_id: uuid.UUID, decision: DecisionForm
) -> Offering:
    """List or return what waits, from the version the reviewer saw; tells the vendor.

    An approved change replaces the listed text; a returned one leaves it. Confirmed cases (by position)
    count as verifiable evidence from then on.

    Raises:
        Conflict: nothing waits for a decision.
        Invalid: a return without a reason, a listing with checks left open.
        EditConflict: the vendor changed or recalled it meanwhile.

    """
    row = queries.get_for_update(session, actor, offering_id)
    require(actor, Permission.offerings_offering_review, row)
    check_version(session, row, decision.version)
    if not row.waits_for_review:
        raise Conflict("这一件已经处理过，或者机构撤回了")
    is_change = row.state is OfferingState.listed
    if decision.decision is ReviewDecision.listed:
        keep_first(session, row)
        _list(row, decision)
        begin_term(session, row)
        apply_findings(row, list(queries.list_references(session, row.id).values()))
        approve_media(session, row)
    else:
        _return(row, decision)
    row.version += 1
    session.flush()
    if row.state is OfferingState.listed and decision.decision is ReviewDecision.listed:
        keep_version(session, actor, row)
    add_review(
        session,
        actor,
        row,
        decision.decision,
        reason_codes=decision.reason_codes,
        reason=row.decision_reason,
        checklist={code: "ok" if code in decision.checks else "open" for code in CHECKS},
        is_change=is_change,
    )
    record(session, actor, decision.decision.value, row, change=is_change, reasons=decision.reason_codes)
    news.tell_vendor(session, row, f"offering.{decision.decision.value}", change=is_change)
    return row


def _list(row: Offering, decision: DecisionForm) -> None:
    left = [text for code, text in CHECKS.items() if code not in decision.checks]
    if left:
        raise Invalid({"checks": f"还有没核对的：{'、'.join(left)}；不符合就退回"})
    waiting = content.pending_of(row)
    if waiting is not None:
        content.write(row, waiting)
    confirm_cases(row, decision.confirmed)
    row.state = OfferingState.listed
    row.listed_at = clock.now()
    row.pending, row.pending_submitted_at, row.submitted_at = None, None, None
    row.decision_reason = ""


def confirm_cases(row: Offering, positions: Sequence[int]) -> None:
    """Mark the cases at these positions (from 1) as checked by staff, the others as not."""
    for case in row.cases:
        confirmed = case.position in positions and bool(case.evidence) and case.denied_at is None
        if confirmed != case.confirmed:
            case.confirmed, case.confirmed_at = confirmed, clock.now() if confirmed else None


def _return(row: Offering, decision: DecisionForm) -> None:
    if not decision.reason_codes:
        raise Invalid({"reason_codes": "至少选一条理由，机构会看到"})
    if "other" in decision.reason_codes and len(decision.reason.strip()) < 4:
        raise Invalid({"reason": "选了「其他」请写明要改哪里"})
    named = "；".join(RETURN_REASONS[code] for code in decision.reason_codes if code != "other")
    row.decision_reason = "。".join(part for part in (named, decision.reason.strip()) if part)[:1000]
    if row.state is OfferingState.listed:
        row.pending_submitted_at = None
    else:
        row.state, row.submitted_at = OfferingState.returned, None


def list_directly(session: Session, row: Offering) -> None:
    """List a draft without a review, as the system; for 示例 data only.

    Raises:
        Conflict: the offering is not a demo row.

    """
    if not row.is_demo:
        raise Conflict("只有示例数据可以不经审核上架")
    row.state, row.listed_at = OfferingState.listed, clock.now()
    begin_term(session, row)
    session.flush()
    keep_version(session, SYSTEM, row)
    add_review(session, SYSTEM, row, ReviewDecision.listed, reason="示例数据")
    record(session, SYSTEM, "listed", row)
