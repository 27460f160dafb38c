"""What one agreed to, and agreeing to a new text."""

import uuid
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts import queries, service
from app.accounts.deps import CurrentActor, FormData
from app.accounts.policy import home
from app.accounts.schemas import AgreeForm
from app.core.permissions import Actor
from app.web.deps import ReadSession, WriteSession
from app.web.policy import beforehand, signed_in
from app.web.templating import redirect, render, safe_next

router = APIRouter(prefix="/account")
AGREE = "accounts/agree.html"


def _context(session: Session, actor: Actor) -> dict[str, Any]:
    return {
        "session": session,
        "consents": queries.list_consents(session, service.user_id_of(actor)),
        "purposes": service.purposes(),
    }


@router.get("/consents")
@signed_in
def list_consents(request: Request, actor: CurrentActor, session: ReadSession) -> Response:
    return render(request, "accounts/consents.html", _context(session, actor))


@router.post("/consents/{consent_id}/withdraw")
@signed_in
def withdraw_consent(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, consent_id: uuid.UUID
) -> Response:
    with form.rejecting("accounts/consents.html", lambda fresh: _context(fresh, actor)):
        service.withdraw_consent(session, actor, consent_id=consent_id)
    return redirect(request, "/account/consents", flash="已撤回，从下一次请求起生效")


@router.get("/agree")
@beforehand
@signed_in
def agree_page(request: Request, actor: CurrentActor, next: str = "") -> Response:  # noqa: A002  the query's name
    del actor
    return render(request, AGREE, {"values": {"next": safe_next(next, "")}, "version": service.TERMS_VERSION})


@router.post("/agree")
@beforehand
@signed_in
def agree(request: Request, actor: CurrentActor, form: FormData, session: WriteSession) -> Response:
    with form.rejecting(AGREE, lambda _fresh: {"version": service.TERMS_VERSION}):
        data = form.parse(AgreeForm)
        service.agree_to_terms(session, actor)
    return redirect(request, safe_next(data.next, home(actor.roles)), flash="已记下您的同意")
