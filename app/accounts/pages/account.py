"""One's own account: who I am, how I prove it, my other browsers."""

import uuid
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts import queries, service
from app.accounts.deps import CurrentActor
from app.accounts.device import device_name, place_of
from app.core.permissions import Actor
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.policy import signed_in
from app.web.templating import redirect, render

router = APIRouter()
TEMPLATE = "accounts/account.html"


def _context(session: Session, actor: Actor) -> dict[str, Any]:
    user = queries.get_user(session, service.user_id_of(actor))
    return {
        "session": session,
        "user": user,
        "sessions": queries.list_sessions(session, user.id),
        "second_factor": queries.find_totp(session, user.id) is not None,
        "identities": queries.list_identities(session, user.id),
        "device_name": device_name,
        "place_of": place_of,
    }


@router.get("/account")
@signed_in
def show_account(
    request: Request, actor: CurrentActor, session: ReadSession, runtime: RuntimeDep
) -> Response:
    context = _context(session, actor) | {"oidc": runtime.settings.accounts.oidc}
    return render(request, TEMPLATE, context)


@router.post("/account/sessions/end")
@signed_in
def end_other_sessions(request: Request, actor: CurrentActor, session: WriteSession) -> Response:
    count = service.end_other_sessions(session, actor, keep=actor.session_id)
    return redirect(request, "/account", flash=f"已退出其他 {count} 处登录" if count else "没有其他登录")


@router.post("/account/sessions/{session_id}/end")
@signed_in
def end_session(
    request: Request, actor: CurrentActor, session: WriteSession, session_id: uuid.UUID
) -> Response:
    service.end_own_session(session, actor, session_id=session_id)
    return redirect(request, "/account", flash="那处登录已退出，对方的下一次请求就要重新登录")
