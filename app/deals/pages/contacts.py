"""Contact details on an enquiry's page: agree, take back, look; every look is logged."""

import uuid

from fastapi import APIRouter, Request, Response

from app.accounts.deps import CurrentActor, FormData
from app.core.permissions import Permission
from app.deals import service
from app.deals.pages.deciding import DETAIL, detail_context
from app.deals.schemas import EmptyForm
from app.web.deps import WriteSession
from app.web.policy import permission
from app.web.templating import redirect, render

router = APIRouter(prefix="/enquiries/{enquiry_id}/contacts")
SHARE = Permission.deals_contact_share


@router.post("/share")
@permission(SHARE)
def share(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, enquiry_id: uuid.UUID
) -> Response:
    """Agree that the other side may see one's contact."""
    form.parse(EmptyForm)
    service.share_contacts(session, actor, enquiry_id=enquiry_id)
    return redirect(request, f"/enquiries/{enquiry_id}#contacts", flash="已同意；双方都同意后才能互看")


@router.post("/withdraw")
@permission(SHARE)
def withdraw(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, enquiry_id: uuid.UUID
) -> Response:
    """Take one's consent back: the other side sees nothing from now on."""
    form.parse(EmptyForm)
    service.withdraw_contacts(session, actor, enquiry_id=enquiry_id)
    return redirect(request, f"/enquiries/{enquiry_id}#contacts", flash="已收回，对方现在看不到了")


@router.post("/reveal")
@permission(SHARE)
def reveal(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, enquiry_id: uuid.UUID
) -> Response:
    """Show the other side's contact in this answer only; the next page asks again, and each look counts."""
    form.parse(EmptyForm)
    contact = service.reveal_contacts(session, actor, enquiry_id=enquiry_id)
    context = {**detail_context(session, actor, enquiry_id), "contact": contact}
    return render(request, DETAIL, context, fragment="deals/_contacts.html")
