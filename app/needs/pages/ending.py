"""How a need goes on or ends: one click to renew, the one outcome at its end."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor, FormData
from app.core.permissions import Actor, Permission, require
from app.needs import queries, service
from app.needs.models import Outcome
from app.needs.pages.detail import OUTCOMES
from app.needs.schemas import OutcomeForm, PublishForm
from app.needs.service.ending import OUTCOME_REASONS
from app.organisations import queries as organisations
from app.web.deps import ReadSession, WriteSession
from app.web.policy import permission
from app.web.templating import redirect, render

router = APIRouter(prefix="/workspace/needs")
EDIT = Permission.needs_need_edit
TEMPLATE = "needs/outcome.html"
NOTES = {
    Outcome.awarded: "平台里的一家，或者平台外的一家",
    Outcome.cancelled: "钱没批、情况变了，或者自己解决了",
    Outcome.none_suitable: "找过了，对不上",
}


def _page(session: Session, actor: Actor, need_id: uuid.UUID, picked: str) -> dict[str, Any]:
    need = queries.get_need(session, actor, need_id)
    require(actor, EDIT, need)
    outcome = next((item for item in Outcome if item.value == picked), None)
    names: dict[uuid.UUID, str] = {}
    if outcome is Outcome.awarded:
        met = queries.list_interested_ids(session, need.id)
        names = organisations.organisation_names(session, met) if met else {}
    return {
        "session": session,
        "need": need,
        "version": need.version,
        "picked": outcome.value if outcome else "",
        "titles": OUTCOMES,
        "outcomes": [(item.value, OUTCOMES[item.value], NOTES[item]) for item in Outcome],
        "reasons": list(OUTCOME_REASONS[outcome].items()) if outcome else [],
        "chosen": sorted(((str(key), name) for key, name in names.items()), key=lambda item: item[1]),
        "values": {},
        "errors": {},
    }


@router.get("/{need_id}/outcome")
@permission(EDIT)
def outcome_page(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    need_id: uuid.UUID,
    picked: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Ask what came of a need: first which of three, then why."""
    return render(request, TEMPLATE, _page(session, actor, need_id, picked))


@router.post("/{need_id}/outcome")
@permission(EDIT)
def conclude(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, need_id: uuid.UUID
) -> Response:
    """Write down the outcome; a need has one."""
    with form.rejecting(TEMPLATE, lambda fresh: _page(fresh, actor, need_id, form.text("outcome"))):
        data = form.parse(OutcomeForm)
        need = service.conclude_need(
            session,
            actor,
            need_id=need_id,
            version=data.version,
            conclusion=service.Conclusion(
                outcome=data.outcome,
                reason_code=data.reason_code,
                reason=data.reason,
                chosen_organisation_id=data.chosen,
                chosen_name=data.chosen_name,
            ),
        )
    return redirect(request, f"/needs/{need.case_number}", flash="结果已登记，没选上的单位会收到原因")


@router.post("/{need_id}/renew")
@permission(EDIT)
def renew(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, need_id: uuid.UUID
) -> Response:
    """Say with one click that the need is still true."""
    data = form.parse(PublishForm)
    need = service.renew_need(session, actor, need_id=need_id, version=data.version)
    return redirect(request, f"/needs/{need.case_number}", flash="已续期，到期前会再提醒您")
