"""The own password on a page of its own; one that is too old leads here first."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts import passwords, queries, service
from app.accounts.deps import CurrentActor, FormData
from app.accounts.schemas import PasswordForm
from app.core import security
from app.core.db import settings_of
from app.core.errors import Invalid, PasswordExpired
from app.core.permissions import Actor
from app.core.settings import PasswordProfile
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.policy import beforehand, signed_in
from app.web.templating import redirect, render, safe_next

router = APIRouter()
TEMPLATE = "accounts/password.html"


def _context(session: Session, actor: Actor, *, place: str = "") -> dict[str, Any]:
    user = queries.get_user(session, service.user_id_of(actor))
    return {
        "session": session,
        "user": user,
        "hint": passwords.hint(
            settings_of(session).accounts.password_profile, passwords.least_password(actor)
        ),
        "expired": actor.extra.get("hindered") is PasswordExpired,
        "has_password": user.password_hash != service.NO_PASSWORD,
        "place": place,
    }


@router.get("/account/password")
@beforehand
@signed_in
def show_password(
    request: Request,
    actor: CurrentActor,
    session: ReadSession,
    next: str = "",  # noqa: A002  the query's name
) -> Response:
    return render(request, TEMPLATE, _context(session, actor, place=safe_next(next, "")))


@router.post("/account/password")
@beforehand
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
    place = safe_next(form.text("next"), "/account")
    with form.rejecting(TEMPLATE, lambda fresh: _context(fresh, actor, place=place)):
        runtime.throttle.hit([("10/hour", f"password:{actor.user_id}")], message="改密码试得太频繁")
        data = form.parse(PasswordForm)
        user = queries.get_user(reading, service.user_id_of(actor))
        earlier = service.earlier_hashes(reading, user)
        reading.close()  # what was read stays readable, and no connection is held while hashing
        if not security.verify_password(user.password_hash, data.current):
            raise Invalid({"current": "现在的密码不对"})  # first: the rest tells about earlier passwords
        _check(runtime.settings.accounts.password_profile, actor, data, earlier)
        hashed = security.hash_password(data.password)
        service.change_password(session, actor, password_hash=hashed, keep=actor.session_id)
    return redirect(request, place, flash="密码已改，其他设备上的登录都已退出")


def _check(profile: PasswordProfile, actor: Actor, data: PasswordForm, earlier: list[str]) -> None:
    if data.password == data.current:
        raise Invalid({"password": "新密码要和现在的不同"})
    try:
        passwords.check_new(
            data.password, minimum=passwords.least_password(actor), profile=profile, earlier=earlier
        )
    except ValueError as error:
        raise Invalid({"password": str(error)}) from error
