"""Complaints about listed offerings (举报)."""

import uuid

from sqlalchemy.orm import Session

from app.core import audit, clock, messages
from app.core.errors import Conflict, Invalid, NotFound
from app.core.masking import mask_contacts
from app.core.permissions import Actor, Permission, require
from app.offerings import queries
from app.offerings.labels import REPORT_STATE_LABELS
from app.offerings.models import OfferingReport, OfferingState, ReportReason, ReportState, ReviewDecision
from app.offerings.schemas import ReportForm, ResolveForm
from app.offerings.service import news
from app.offerings.service.common import add_review, record


def report_offering(
    session: Session, actor: Actor, *, offering_id: uuid.UUID, report: ReportForm
) -> OfferingReport:
    """Take a complaint; contact details in its text are masked before it is stored.

    Raises:
        NotFound: the offering is not listed.
        Conflict: the same person's earlier report is still open.
        Invalid: 「其他」 without a word of explanation.

    """
    row = queries.get_offering(session, actor, offering_id)
    require(actor, Permission.offerings_report_create, row)
    if row.state is not OfferingState.listed:
        raise NotFound(queries.GONE)
    text = mask_contacts(report.text.strip()).text[:1000]
    if report.reason is ReportReason.other and len(text) < 4:
        raise Invalid({"text": "请写明哪里有问题，例如：上线天数和实际不符"})
    if (
        actor.user_id is not None
        and queries.find_open_report(session, offering_id, actor.user_id) is not None
    ):
        raise Conflict("您已经举报过，中心正在处理")
    found = OfferingReport(
        id=uuid.uuid4(), offering_id=row.id, reason=report.reason, text=text, reporter_id=actor.user_id
    )
    session.add(found)
    audit.record(
        session,
        actor,
        "offerings.report.created",
        kind="offering",
        object_id=row.id,
        data={"report": str(found.id), "reason": report.reason.value},
    )
    return found


def resolve_report(
    session: Session, actor: Actor, *, report_id: uuid.UUID, decision: ResolveForm
) -> OfferingReport:
    """Uphold or dismiss a report; an upheld one may take the offering down. Tells both sides.

    Raises:
        Conflict: it was resolved already.
        Invalid: no explanation, or taking down what was found in order.

    """
    report = queries.get_report(session, report_id)
    require(actor, Permission.offerings_report_resolve, report)
    if report.state is not ReportState.open:
        raise Conflict("这条举报已经处理过")
    resolution = decision.resolution.strip()
    if len(resolution) < 4:
        raise Invalid({"resolution": "请写明查到什么、怎么处理，举报人会看到"})
    if decision.take_down and not decision.upheld:
        raise Invalid({"take_down": "举报不成立就不能下架"})
    report.state = ReportState.upheld if decision.upheld else ReportState.dismissed
    report.resolution, report.resolved_at, report.resolved_by = resolution, clock.now(), actor.user_id
    row = queries.get_for_update(session, actor, report.offering_id)
    if decision.take_down and row.state is OfferingState.listed:
        row.state, row.decision_reason = OfferingState.returned, f"举报属实：{resolution}"[:1000]
        row.pending_submitted_at = None
        row.version += 1
        add_review(session, actor, row, ReviewDecision.taken_down, reason=row.decision_reason)
        record(session, actor, "taken_down", row, report=str(report.id))
        news.tell_vendor(session, row, "offering.taken_down")
    audit.record(
        session,
        actor,
        "offerings.report.resolved",
        kind="offering",
        object_id=row.id,
        data={"report": str(report.id), "state": report.state.value},
    )
    if report.reporter_id is not None:
        messages.post(
            session,
            "offerings.report.resolved",
            user_id=report.reporter_id,
            payload={"offering_id": str(row.id), "state_label": REPORT_STATE_LABELS[report.state]},
            dedupe_key=f"offerings.report.resolved:{report.id}",
        )
    return report
