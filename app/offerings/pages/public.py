"""The public page of an offering, and the report on it."""

import uuid
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.accounts.deps import CurrentActor, FormData
from app.core.permissions import Actor, Permission
from app.offerings import labels, queries, service
from app.offerings.pages import views
from app.offerings.schemas import ReportForm
from app.offerings.service.common import code_names
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.idempotent import idempotent
from app.web.policy import permission, public, signed_in
from app.web.templating import redirect, render

router = APIRouter(prefix="/offerings")
TEMPLATE = "offerings/detail.html"


def _context(session: Session, actor: Actor, offering_id: uuid.UUID) -> dict[str, Any]:
    row = queries.get_offering(session, actor, offering_id)
    return {
        "session": session,
        "report_reasons": [(reason.value, text) for reason, text in labels.REPORT_REASON_LABELS.items()],
        "state_label": labels.STATE_LABELS[row.state],
        "state_tone": labels.STATE_TONES[row.state],
        **views.detail(session, row),
    }


@router.get("/{offering_id}")
@public
def show(request: Request, session: ReadSession, actor: CurrentActor, offering_id: uuid.UUID) -> Response:
    """Show one offering: what it solves, what it costs, what it needs, and the evidence."""
    return render(request, TEMPLATE, _context(session, actor, offering_id))


@router.get("/{offering_id}/history")
@signed_in
def history(request: Request, session: ReadSession, actor: CurrentActor, offering_id: uuid.UUID) -> Response:
    """Show every version that visitors have read, each against the one before; for its vendor and the centre."""
    row = queries.get_own_or_staff(session, actor, offering_id)
    kept = queries.list_versions(session, row.id)
    people_of = people.user_names(session, [item.by_user_id for item in kept if item.by_user_id])
    context = {
        "session": session,
        "offering": row,
        "staff": actor.is_staff,
        "versions": views.history(kept, code_names(session), people_of),
    }
    return render(request, "offerings/history.html", context)


@router.post("/{offering_id}/report")
@permission(Permission.offerings_report_create)
@idempotent
def report(
    request: Request,
    actor: CurrentActor,
    form: FormData,
    session: WriteSession,
    runtime: RuntimeDep,
    offering_id: uuid.UUID,
) -> Response:
    with form.rejecting(TEMPLATE, lambda fresh: _context(fresh, actor, offering_id)):
        data = form.parse(ReportForm)
        runtime.throttle.hit([("10/hour", f"report:{actor.user_id}")], message="举报太频繁")
        service.report_offering(session, actor, offering_id=offering_id, report=data)
    return redirect(request, f"/offerings/{offering_id}", flash="举报已收到，中心核实后把结果发到您的消息里")
