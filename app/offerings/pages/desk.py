"""The centre's desk: offerings that wait for a decision, oldest first, and reports."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.accounts.deps import CurrentActor, FormData
from app.core import clock, parameters
from app.core.pagination import PageRequest
from app.core.permissions import Actor, Permission
from app.offerings import content, differences, labels, queries, service
from app.offerings.models import Offering, OfferingState, ReportState
from app.offerings.pages import views
from app.offerings.panels import REVIEW_HOURS
from app.offerings.schemas import DecisionForm, ResolveForm
from app.offerings.service import term
from app.offerings.service.common import code_names
from app.offerings.service.draft import find_gaps
from app.web.deps import ReadSession, WriteSession
from app.web.policy import permission
from app.web.templating import redirect, render

router = APIRouter(prefix="/desk")
REVIEW = Permission.offerings_offering_review
RESOLVE = Permission.offerings_report_resolve
TEMPLATE = "offerings/desk.html"


def _since(row: Offering) -> datetime:
    moment = row.submitted_at if row.state is OfferingState.submitted else row.pending_submitted_at
    return moment or row.updated_at


def _queue(session: Session, current: uuid.UUID | None) -> dict[str, Any]:
    hours = float(parameters.value(session, REVIEW_HOURS))
    late = clock.now() - timedelta(hours=hours)
    waiting = queries.list_queue(session)
    vendors = queries.list_organisations(session, [row.organisation_id for row in waiting])
    return {
        "session": session,
        "rows": [
            {
                "href": f"/desk/offerings/{row.id}",
                "title": row.title,
                "age": clock.cn_ago(_since(row)).removesuffix("前"),
                "late": _since(row) < late,
                "reasons": [
                    "上架内容有改动" if row.state is OfferingState.listed else "上架审核",
                    labels.KIND_LABELS[row.kind],
                    views.vendor_name(vendors, row),
                ],
                "current": row.id == current,
            }
            for row in waiting
        ],
        "first": waiting[0].id if waiting else None,
        "total": queries.summarise_queue(session).count,
        "hours": hours,
        "checks": list(labels.CHECKS.items()),
        "return_reasons": list(labels.RETURN_REASONS.items()),
    }


def _open(session: Session, actor: Actor, offering_id: uuid.UUID) -> dict[str, Any]:
    row = queries.get_with_reviews(session, actor, offering_id)
    # a change that its vendor still writes is not the centre's to read
    newest = content.newest_of(row) if row.waits_for_review else content.content_of(row)
    shown = content.shadow_of(row, newest)
    named = views.detail(session, shown, whole=True)
    vendor = named["vendor"]
    differing = (
        differences.changes(content.content_of(row), newest, code_names(session))
        if row.pending is not None and row.waits_for_review
        else []
    )
    verified = bool(vendor and vendor.is_verified)
    missing = find_gaps(session, row, organisation_verified=verified) if row.waits_for_review else {}
    return {
        **_queue(session, offering_id),
        **named,
        "evidence_open": True,
        "row": row,
        "since": _since(row),
        "state_label": labels.STATE_LABELS[row.state],
        "state_tone": labels.STATE_TONES[row.state],
        "differing": differing,
        "missing": [(differences.field_label(path), text) for path, text in missing.items()],
        "history": sorted(row.reviews, key=lambda review: review.at, reverse=True),
        "rounds": sum(review.decision.value == "submitted" for review in row.reviews),
        "people": people.user_names(session, _users(row)),
        "decision_labels": labels.DECISION_LABELS,
        "reports_open": queries.count_reports(session, row.id),
    }


def _users(row: Offering) -> Sequence[uuid.UUID]:
    return [review.by_user_id for review in row.reviews if review.by_user_id]


@router.get("/offerings")
@permission(REVIEW)
def show_queue(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """Show what waits with the oldest open."""
    found = _queue(session, None)
    if found["first"] is None:
        return render(request, TEMPLATE, {**found, "row": None})
    return render(request, TEMPLATE, _open(session, actor, found["first"]))


@router.get("/offerings/expiring")
@permission(RESOLVE)
def show_expiring(request: Request, session: ReadSession) -> Response:
    """List what runs out soon or has run out, the earliest first."""
    first = int(parameters.value(session, term.FIRST))
    found = queries.list_expiring(session, before=clock.now() + timedelta(days=first))
    vendors = queries.list_organisations(session, [row.organisation_id for row in found])
    rows = [
        {
            "offering": row,
            "vendor": views.vendor_name(vendors, row),
            "days": -1 if row.expired_at or row.expires_at is None else (row.expires_at - clock.now()).days,
        }
        for row in found
    ]
    return render(request, "offerings/expiring.html", {"session": session, "rows": rows, "first_days": first})


@router.get("/offerings/{offering_id}")
@permission(REVIEW)
def show_item(
    request: Request, session: ReadSession, actor: CurrentActor, offering_id: uuid.UUID
) -> Response:
    """Show one offering with its evidence beside the decision."""
    return render(request, TEMPLATE, _open(session, actor, offering_id))


@router.post("/offerings/{offering_id}/decision")
@permission(REVIEW)
def decide(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, offering_id: uuid.UUID
) -> Response:
    with form.rejecting(TEMPLATE, lambda fresh: _open(fresh, actor, offering_id)):
        data = form.parse(DecisionForm)
        service.decide_offering(session, actor, offering_id=offering_id, decision=data)
    following = next((row.id for row in queries.list_queue(session, limit=1)), None)
    word = "已上架" if data.decision.value == "listed" else "已退回"
    url = f"/desk/offerings/{following}" if following else "/desk/offerings"
    return redirect(request, url, flash=f"{word}，这是下一件" if following else f"{word}，没有下一件了")


def _reports(session: Session, state: ReportState | None, page: int) -> dict[str, Any]:
    found = queries.list_reports(session, state=state, request=PageRequest.of(page, 20))
    vendors = queries.list_organisations(session, [item.offering.organisation_id for item in found.items])
    return {
        "session": session,
        "found": found,
        "state": state,
        "states": list(ReportState),
        "vendors": vendors,
        "reason_labels": labels.REPORT_REASON_LABELS,
        "report_state_labels": labels.REPORT_STATE_LABELS,
    }


@router.get("/reports")
@permission(RESOLVE)
def list_reports(
    request: Request,
    session: ReadSession,
    state: Annotated[str, Query(max_length=20)] = "open",
    page: Annotated[int, Query(ge=1, le=500)] = 1,
) -> Response:
    """List reports on offerings, the oldest open ones first."""
    wanted = ReportState(state) if state in set(ReportState) else None
    return render(request, "offerings/reports.html", _reports(session, wanted, page))


@router.post("/reports/{report_id}")
@permission(RESOLVE)
def resolve(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, report_id: uuid.UUID
) -> Response:
    with form.rejecting(
        "offerings/reports.html",
        lambda fresh: {**_reports(fresh, ReportState.open, 1), "refused": str(report_id)},
    ):
        data = form.parse(ResolveForm)
        service.resolve_report(session, actor, report_id=report_id, decision=data)
    return redirect(request, "/desk/reports", flash="已处理，双方都会收到结果")
