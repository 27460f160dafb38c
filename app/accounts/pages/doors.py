from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts import passwords, queries, service
from app.accounts.deps import CurrentActor, FormData
from app.accounts.models import UserState
from app.accounts.pages.entering import let_in
from app.accounts.policy import home
from app.accounts.schemas import FirstAdminForm, RegisterForm, SignInForm
from app.core import security
from app.core.db import settings_of
from app.core.errors import Invalid
from app.core.permissions import ANONYMOUS, Actor
from app.core.runtime import Runtime
from app.web import sessions
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.limits import per_address
from app.web.policy import beforehand, public, signed_in
from app.web.templating import redirect, render, safe_next

router = APIRouter()


def _provider(runtime: Runtime) -> str:
    """Return the name of the city's identity provider, empty where there is none."""
    oidc = runtime.settings.accounts.oidc
    return oidc.display_name if oidc.enabled else ""


def _hint(minimum: int) -> Callable[[Session], dict[str, Any]]:
    """Return what builds the context of a form with a new password: the line under its field."""
    return lambda session: {"hint": passwords.hint(settings_of(session).accounts.password_profile, minimum)}


def _hashed(runtime: Runtime, password: str) -> str:
    """Return the hash of a first password (its length is checked), or say what the profile lacks."""
    try:
        passwords.check_profile(password, runtime.settings.accounts.password_profile)
    except ValueError as error:
        raise Invalid({"password": str(error)}) from error
    return security.hash_password(password)


@router.get("/sign-in")
@beforehand
@public
def sign_in_page(
    request: Request,
    actor: CurrentActor,
    runtime: RuntimeDep,
    next: str = "",  # noqa: A002  the query's name
) -> Response:
    if actor.signed_in:
        return redirect(request, safe_next(next, home(actor.roles)))
    context = {"values": {"next": safe_next(next, "")}, "provider": _provider(runtime)}
    return render(request, "accounts/sign_in.html", context)


@router.post("/sign-in")
@beforehand
@public
def sign_in(
    request: Request, form: FormData, reading: ReadSession, session: WriteSession, runtime: RuntimeDep
) -> Response:
    with form.rejecting("accounts/sign_in.html", lambda _fresh: {"provider": _provider(runtime)}):
        data = form.parse(SignInForm)
        per_address(request, runtime, "sign-in", "20/5minutes", message="这个网络登录太频繁")
        login = data.normal()
        service.check_lock(reading, login)
        user = queries.find_user_by_login(reading, login)
        reading.close()  # what was read stays readable, and no connection is held while hashing
        good = security.verify_password(user.password_hash if user else None, data.password)
        if user is None or not good or user.state is not UserState.active:
            service.note_failure(session, login)
            raise Invalid({"form": service.WRONG})
        rehash = security.hash_password(data.password) if security.needs_rehash(user.password_hash) else None
        service.check_lock(session, login)  # again: guesses made meanwhile count
        return let_in(request, session, user, method="password", place=data.next, rehash=rehash)


@router.get("/register")
@beforehand
@public
def register_page(
    request: Request,
    actor: CurrentActor,
    session: ReadSession,
    next: str = "",  # noqa: A002  the query's name
) -> Response:
    if actor.signed_in:
        return redirect(request, safe_next(next, home(actor.roles)))
    context = _hint(passwords.MIN_PASSWORD)(session) | {"values": {"next": safe_next(next, "")}}
    return render(request, "accounts/register.html", context)


@router.post("/register")
@beforehand
@public
def register(request: Request, form: FormData, session: WriteSession, runtime: RuntimeDep) -> Response:
    with form.rejecting("accounts/register.html", _hint(passwords.MIN_PASSWORD)):
        data = form.parse(RegisterForm)
        per_address(request, runtime, "register", "5/hour", message="这个网络注册太频繁")
        hashed = _hashed(runtime, data.password)
        user = service.register_user(
            session, ANONYMOUS, name=data.name, login=data.login, password_hash=hashed
        )
        service.agree_to_terms(session, Actor(user_id=user.id, name=user.name))
        flash = "注册好了，下一步登记您的企业或机构"
        return let_in(request, session, user, method="registration", place=data.next, flash=flash)


@router.post("/sign-out")
@beforehand
@signed_in
def sign_out(request: Request, actor: CurrentActor, session: WriteSession) -> Response:
    token = sessions.session_token(request)
    if token is not None:
        service.end_session(session, actor, token=token)
    response = redirect(request, "/", flash="已退出登录")
    sessions.clear_session(request, response)
    return response


@router.get("/first-admin")
@public
def first_admin_page(request: Request, session: ReadSession, token: str = "") -> Response:
    context = _hint(passwords.MIN_STAFF_PASSWORD)(session) | {"values": {"token": token}}
    return render(request, "accounts/first_admin.html", context)


@router.post("/first-admin")
@public
def first_admin(request: Request, form: FormData, session: WriteSession, runtime: RuntimeDep) -> Response:
    per_address(request, runtime, "first-admin", "10/hour")
    with form.rejecting("accounts/first_admin.html", _hint(passwords.MIN_STAFF_PASSWORD)):
        data = form.parse(FirstAdminForm)
        service.use_first_admin_token(
            session,
            token=data.token,
            name=data.name,
            login=data.login,
            password_hash=_hashed(runtime, data.password),
        )
    return redirect(request, "/sign-in", flash="管理员已建立，请登录")
