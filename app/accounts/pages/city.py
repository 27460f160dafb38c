"""Signing in by the city's identity provider (统一身份认证); there only when the installation names one."""

import json
import secrets
import uuid
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.accounts import oidc, queries, service
from app.accounts.deps import CurrentActor, FormData
from app.accounts.models import User, UserState
from app.accounts.pages.entering import let_in
from app.accounts.schemas import CityRegisterForm, SignInForm, normalise_login
from app.core import clock, sealing, security
from app.core.errors import Conflict, Invalid, NotFound
from app.core.permissions import ANONYMOUS, Actor, require_in_person
from app.core.runtime import Runtime
from app.web import sessions
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.limits import per_address
from app.web.policy import beforehand, public, signed_in
from app.web.templating import redirect, render, safe_next

router = APIRouter()
TRIP, PERSON, LIFE_S = "funeng_oidc", "funeng_oidc_who", 600
TEMPLATE = "accounts/oidc.html"


def _enabled(runtime: Runtime) -> None:
    if not runtime.settings.accounts.oidc.enabled:
        raise NotFound


def _back(runtime: Runtime) -> str:
    return f"{runtime.settings.public_url.rstrip('/')}/sign-in/oidc/back"


def _keep(request: Request, response: Response, runtime: Runtime, name: str, data: dict[str, Any]) -> None:
    dated = {"at": int(clock.now().timestamp()), **data}
    sealed = sealing.seal(runtime.settings, f"accounts.{name}", json.dumps(dated))
    sessions.put(request, response, name, sealed, LIFE_S)


def _kept(request: Request, runtime: Runtime, name: str) -> dict[str, Any] | None:
    sealed = sessions.find(request, name)
    text = sealing.unseal(runtime.settings, f"accounts.{name}", sealed) if sealed else None
    data: dict[str, Any] = json.loads(text) if text is not None else {}
    fresh = clock.now().timestamp() - data.pop("at", 0) <= LIFE_S  # a browser may keep what it should forget
    return data if fresh else None


def _person(request: Request, runtime: Runtime) -> tuple[oidc.Identity, str]:
    """Return whom the provider named to this browser a moment ago, and where they wanted to go."""
    kept = _kept(request, runtime, PERSON)
    if kept is None:
        raise Conflict("离统一身份认证已超过 10 分钟，请重新登录")
    return oidc.Identity(**kept["who"]), str(kept["next"])


@router.get("/sign-in/oidc")
@beforehand
@public
def leave(request: Request, runtime: RuntimeDep, next: str = "") -> Response:  # noqa: A002  the query's name
    _enabled(runtime)
    per_address(request, runtime, "oidc", "20/5minutes", message="这个网络登录太频繁")
    url, trip = oidc.begin(runtime.settings.accounts.oidc, back=_back(runtime))
    response = RedirectResponse(url, status_code=303)
    _keep(request, response, runtime, TRIP, {**asdict(trip), "next": safe_next(next, "")})
    return response


@router.get("/sign-in/oidc/back")
@beforehand
@public
def come_back(
    request: Request, runtime: RuntimeDep, code: str = "", state: str = "", error: str = ""
) -> Response:
    _enabled(runtime)
    per_address(request, runtime, "oidc-back", "20/5minutes", message="这个网络登录太频繁")
    kept = _kept(request, runtime, TRIP)
    if kept is None or not secrets.compare_digest(str(kept["state"]).encode(), state.encode()):
        raise oidc.ProviderRefused
    if error or not code:
        return redirect(request, "/sign-in", flash="统一身份认证没有完成", kind="info")
    place = str(kept.pop("next"))
    person = oidc.finish(
        runtime.settings.accounts.oidc, back=_back(runtime), code=code, trip=oidc.Trip(**kept)
    )
    response = redirect(request, "/sign-in/oidc/finish")
    sessions.drop(request, response, TRIP)
    _keep(request, response, runtime, PERSON, {"who": asdict(person), "next": place})
    return response


def _context(session: Session, request: Request, runtime: Runtime) -> dict[str, Any]:
    person, place = _person(request, runtime)
    known = queries.find_identity(session, person.issuer, person.subject)
    return {
        "provider": runtime.settings.accounts.oidc.display_name,
        "who": person.name,
        "known": known is not None,
        "login": _login_of(person),
        "place": place,
    }


def _login_of(person: oidc.Identity) -> str:
    """Return the proven number or address of the person, empty if the provider gave none that we take."""
    for value in (person.mobile, person.email):
        try:
            return normalise_login(value)
        except ValueError:
            continue
    return ""


@router.get("/sign-in/oidc/finish")
@beforehand
@public
def show_finish(request: Request, session: ReadSession, runtime: RuntimeDep) -> Response:
    """Ask for the last step: a page with buttons, since a GET signs nobody in."""
    _enabled(runtime)
    if _kept(request, runtime, PERSON) is None:
        return redirect(request, "/sign-in", flash="离统一身份认证已超过 10 分钟，请重新登录", kind="info")
    context = _context(session, request, runtime)
    return render(
        request, TEMPLATE, context | {"values": {"login": context["login"], "name": context["who"]}}
    )


def _go_in(
    request: Request,
    session: Session,
    user: User,
    person: oidc.Identity,
    place: str,
    flash: str | None = None,
) -> Response:
    if user.state is not UserState.active:
        raise Invalid({"form": "这个账号已停用，请联系中心"})
    response = let_in(
        request, session, user, method="oidc", place=place, flash=flash, proved_twice=person.second_factor
    )
    sessions.drop(request, response, PERSON)
    return response


@router.post("/sign-in/oidc/enter")
@beforehand
@public
def enter(request: Request, form: FormData, session: WriteSession, runtime: RuntimeDep) -> Response:
    """Sign in somebody whose provider account is bound."""
    _enabled(runtime)
    person, place = _person(request, runtime)
    with form.rejecting(TEMPLATE, lambda fresh: _context(fresh, request, runtime)):
        known = queries.find_identity(session, person.issuer, person.subject)
        if known is None:
            raise Conflict("这个统一身份认证账号还没有绑定")
        return _go_in(request, session, queries.get_user(session, known.user_id), person, place)


@router.post("/sign-in/oidc/bind")
@beforehand
@public
def bind(
    *,
    request: Request,
    form: FormData,
    reading: ReadSession,
    session: WriteSession,
    runtime: RuntimeDep,
) -> Response:
    """Bind to an account whose password is given: an equal e-mail address alone opens nothing."""
    _enabled(runtime)
    person, place = _person(request, runtime)
    with form.rejecting(TEMPLATE, lambda fresh: _context(fresh, request, runtime)):
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
        service.check_lock(session, login)
        user = queries.get_user(session, user.id)
        if queries.find_totp(session, user.id) is not None:
            raise Conflict("这个账号开了两步验证：请先登录，再到「账号与安全」绑定")
        service.bind_identity(session, user, issuer=person.issuer, subject=person.subject)
        return _go_in(request, session, user, person, place, flash="已绑定，以后可以直接用它登录")


@router.post("/sign-in/oidc/register")
@beforehand
@public
def register(request: Request, form: FormData, session: WriteSession, runtime: RuntimeDep) -> Response:
    """Register with the number or address that the provider has proven."""
    _enabled(runtime)
    person, place = _person(request, runtime)
    with form.rejecting(TEMPLATE, lambda fresh: _context(fresh, request, runtime)):
        data = form.parse(CityRegisterForm)
        login = _login_of(person)
        if not login:
            raise Conflict("统一身份认证没有给出验证过的手机号或邮箱：请先注册，再到「账号与安全」绑定")
        per_address(request, runtime, "register", "5/hour", message="这个网络注册太频繁")
        user = service.register_user(
            session,
            ANONYMOUS,
            name=data.name,
            login=login,
            password_hash=service.NO_PASSWORD,
            proven=True,
        )
        service.agree_to_terms(session, Actor(user_id=user.id, name=user.name))
        service.bind_identity(session, user, issuer=person.issuer, subject=person.subject)
        return _go_in(request, session, user, person, place, flash="注册好了，下一步登记您的企业或机构")


@router.post("/account/identities")
@signed_in
def attach(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, runtime: RuntimeDep
) -> Response:
    """Bind to the account that is signed in, by password or by code."""
    _enabled(runtime)
    require_in_person(actor, "替别人绑定统一身份认证")
    person, _place = _person(request, runtime)
    with form.rejecting(TEMPLATE, lambda fresh: _context(fresh, request, runtime)):
        user = queries.get_user(session, service.user_id_of(actor))
        service.bind_identity(session, user, issuer=person.issuer, subject=person.subject)
    response = redirect(request, "/account", flash="已绑定，以后可以直接用它登录")
    sessions.drop(request, response, PERSON)
    return response


@router.post("/account/identities/{identity_id}/remove")
@signed_in
def remove(request: Request, actor: CurrentActor, session: WriteSession, identity_id: uuid.UUID) -> Response:
    require_in_person(actor, "替别人解除统一身份认证")
    service.remove_identity(session, actor, identity_id=identity_id)
    return redirect(request, "/account", flash="已解除绑定")
