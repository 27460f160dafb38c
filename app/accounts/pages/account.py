"""One's own account: who I am, my password, my other browsers."""

import uuid
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts import queries, service
from app.accounts.deps import CurrentActor, FormData
from app.accounts.device import device_name, place_of
from app.accounts.policy import least_password
from app.accounts.schemas import PasswordForm
from app.core import security
from app.core.errors import Invalid
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
        "least": least_password(actor),
        "device_name": device_name,
        "place_of": place_of,
    }


@router.get("/account")
@signed_in
def show_account(request: Request, actor: CurrentActor, session: ReadSession) -> Response:
    return render(request, TEMPLATE, _context(session, actor))


@router.post("/account/password")
@signed_in
def change_password(
    *,
    request: Request,
    actor: CurrentActor,
    form: FormData,
    reading: ReadSession,
    session: WriteSession,
    runtime: RuntimeDep,
) -> Response:
    with form.rejecting(TEMPLATE, lambda fresh: _context(fresh, actor)):
        runtime.throttle.hit([("10/hour", f"password:{actor.user_id}")], message="改密码试得太频繁")
        data = form.parse(PasswordForm)
        data.check_new(least_password(actor))
        user = queries.get_user(reading, service.user_id_of(actor))
        reading.close()  # what was read stays readable, and no connection is held while hashing
        if not security.verify_password(user.password_hash, data.current):
            raise Invalid({"current": "现在的密码不对"})
        hashed = security.hash_password(data.password)
        service.change_password(session, actor, password_hash=hashed, keep=actor.session_id)
    return redirect(request, "/account", flash="密码已改，其他设备上的登录都已退出")


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
