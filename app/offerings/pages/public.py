"""The public page of an offering, and the report on it."""

import uuid
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor, FormData
from app.core.permissions import Actor, Permission
from app.offerings import labels, queries, service
from app.offerings.pages import views
from app.offerings.schemas import ReportForm
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.idempotent import idempotent
from app.web.policy import permission, public
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
