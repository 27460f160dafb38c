"""告诉没选中的服务商: at the end of a need every vendor that was not chosen gets a reason; none may be left out."""

import uuid
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor, FormData
from app.core.errors import NotFound
from app.core.permissions import Actor, Permission, require
from app.deals import labels, queries, rules, service
from app.deals.pages import views
from app.deals.schemas import ReasonsForm
from app.needs import queries as needs
from app.web.deps import ReadSession, WriteSession
from app.web.policy import permission
from app.web.templating import redirect, render

router = APIRouter(prefix="/workspace/needs")
EDIT = Permission.needs_need_edit
TEMPLATE = "deals/reasons.html"


def _page(session: Session, actor: Actor, need_id: uuid.UUID) -> dict[str, Any]:
    need = needs.get_need(session, actor, need_id)
    require(actor, EDIT, need)
    rows = queries.list_closing_of_need(session, actor, need.id)
    around = queries.load_around(session, actor, rows)
    return {
        "session": session,
        "need": need,
        "rows": [{**views.row_view(actor, row, around), "key": row.id.hex} for row in rows],
        "due_at": min((row.due_at for row in rows if row.due_at), default=None),
        "choices": list(labels.NOT_CHOSEN.items()),
        "days": rules.number(session, rules.REASON),
        "values": {},
        "errors": {},
    }


@router.get("/{need_id}/reasons")
@permission(EDIT)
def reasons_page(request: Request, session: ReadSession, actor: CurrentActor, need_id: uuid.UUID) -> Response:
    """List who waits for a reason, with one for all and one for each."""
    return render(request, TEMPLATE, _page(session, actor, need_id))


@router.post("/{need_id}/reasons")
@permission(EDIT)
def give_reasons(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, need_id: uuid.UUID
) -> Response:
    """Tell every vendor that waits why it was not chosen."""
    need = needs.get_need(session, actor, need_id)
    require(actor, EDIT, need)
    with form.rejecting(TEMPLATE, lambda fresh: _page(fresh, actor, need_id)):
        data = form.parse(ReasonsForm)
        try:
            reasons = {
                uuid.UUID(hex=key): (item.code, item.note.strip()) for key, item in data.reasons.items()
            }
        except ValueError as error:
            raise NotFound from error
        told = service.explain_enquiries(
            session,
            actor,
            need_id=need_id,
            reasons=reasons,
            bulk=data.bulk.code,
            bulk_note=data.bulk.note.strip(),
        )
    return redirect(request, f"/needs/{need.case_number}", flash=f"已告诉 {told} 家服务商，他们不用再等了")
