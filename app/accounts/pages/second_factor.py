"""The second factor: setting it up, giving it at the door, recovery codes, taking it off."""

from typing import Any
from urllib.parse import quote

import segno
from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts import queries, service
from app.accounts.deps import CurrentActor, FormData
from app.accounts.models import User
from app.accounts.pages.entering import STEP, let_in
from app.accounts.policy import home
from app.accounts.schemas import CodeForm, EnrolForm
from app.core import clock, parameters, sealing
from app.core.db import settings_of
from app.core.permissions import Actor, Role
from app.web import sessions
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.limits import per_address
from app.web.policy import beforehand, public, signed_in
from app.web.templating import redirect, render, safe_next

router = APIRouter()
TEMPLATE, AT_THE_DOOR = "accounts/second_factor.html", "accounts/sign_in_second.html"
CODES, CODES_S, SHOWN = "funeng_codes", 600, "accounts.recovery_codes"
PLACE = "/account/second-factor"
TRIES = "5/5minutes"


def _obliged(session: Session, actor: Actor) -> bool:
    admin = Role.organisation_admin in actor.roles
    return service.is_obliged(
        actor.roles, admins_too=admin and bool(parameters.value(session, service.ADMINS_TOO))
    )


def _picture(uri: str) -> str:
    """Return the QR code as a picture that stands in the page (our policy allows `data:` pictures only)."""
    return segno.make(uri, error="m").svg_data_uri(scale=5, border=3, light="#fff")


def _context(session: Session, actor: Actor, *, sealed: str = "", place: str = "") -> dict[str, Any]:
    """Return what the page shows; `sealed` is the secret of a form that was refused, else a new one is made."""
    user = queries.get_user(session, service.user_id_of(actor))
    key = queries.find_totp(session, user.id)
    context: dict[str, Any] = {
        "session": session,
        "user": user,
        "enrolled": key is not None,
        "since": key.created_at if key is not None else None,
        "passed": bool(actor.extra.get("second_factor")),
        "obliged": _obliged(session, actor),
        "left": queries.count_recovery_codes(session, user.id),
        "place": place,
    }
    if key is None:
        secret = (service.open_secret(session, user.id, sealed) if sealed else None) or service.new_secret()
        uri = service.provisioning_uri(session, user, secret)
        context |= {
            "sealed": service.seal_secret(session, user.id, secret),
            "secret": " ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
            "picture": _picture(uri),
            "uri": uri,
        }
    return context


@router.get(PLACE)
@beforehand
@signed_in
def show_second_factor(
    request: Request,
    actor: CurrentActor,
    session: ReadSession,
    next: str = "",  # noqa: A002  the query's name
) -> Response:
    return render(request, TEMPLATE, _context(session, actor, place=safe_next(next, "")))


@router.post(PLACE)
@beforehand
@signed_in
def enrol(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, runtime: RuntimeDep
) -> Response:
    sealed, place = form.text("sealed"), safe_next(form.text("next"), "")
    with form.rejecting(TEMPLATE, lambda fresh: _context(fresh, actor, sealed=sealed, place=place)):
        data = form.parse(EnrolForm)
        runtime.throttle.hit([("10/10minutes", f"enrol:{actor.user_id}")], message="试得太频繁")
        token, codes = service.enrol(session, actor, sealed=data.sealed, code=data.code)
    response = _to_codes(request, session, actor, codes, place)
    sessions.set_session(request, response, token)
    return response


def _to_codes(
    request: Request, session: Session, actor: Actor, codes: list[str], place: str = ""
) -> Response:
    """Lead to the page that shows the recovery codes once; they travel sealed in a cookie."""
    response = redirect(request, f"{PLACE}/codes?next={quote(place)}" if place else f"{PLACE}/codes")
    text = f"{actor.user_id}:{' '.join(codes)}"
    sessions.put(request, response, CODES, sealing.seal(settings_of(session), SHOWN, text), CODES_S)
    return response


@router.get(f"{PLACE}/codes")
@beforehand
@signed_in
def show_codes(
    request: Request,
    actor: CurrentActor,
    runtime: RuntimeDep,
    next: str = "",  # noqa: A002  the query's name
) -> Response:
    """Show the new recovery codes, the only time."""
    sealed = sessions.find(request, CODES)
    text = sealing.unseal(runtime.settings, SHOWN, sealed) if sealed else None
    whose, _, codes = (text or "").partition(":")
    if whose != str(actor.user_id):
        return redirect(request, PLACE)
    shown = {"codes": codes.split(), "place": safe_next(next, "/account"), "made_at": clock.now()}
    response = render(request, "accounts/recovery_codes.html", shown)
    sessions.drop(request, response, CODES)
    return response


@router.post(f"{PLACE}/codes")
@signed_in
def renew_codes(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, runtime: RuntimeDep
) -> Response:
    with form.rejecting(TEMPLATE, lambda fresh: _context(fresh, actor)):
        data = form.parse(CodeForm)
        runtime.throttle.hit([(TRIES, f"totp:{actor.user_id}")], message="动态码试得太频繁")
        codes = service.renew_recovery_codes(session, actor, code=data.code)
    return _to_codes(request, session, actor, codes)


@router.post(f"{PLACE}/remove")
@signed_in
def remove_second_factor(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, runtime: RuntimeDep
) -> Response:
    with form.rejecting(TEMPLATE, lambda fresh: _context(fresh, actor)):
        data = form.parse(CodeForm)
        runtime.throttle.hit([(TRIES, f"totp:{actor.user_id}")], message="动态码试得太频繁")
        service.remove_second_factor(session, actor, code=data.code, obliged=_obliged(session, actor))
    return redirect(request, PLACE, flash="两步验证已关闭", kind="warn")


@router.post(f"{PLACE}/pass")
@beforehand
@signed_in
def pass_second_factor(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, runtime: RuntimeDep
) -> Response:
    """Give the second proof in a session that began before the second factor was there."""
    with form.rejecting(TEMPLATE, lambda fresh: _context(fresh, actor)):
        data = form.parse(CodeForm)
        runtime.throttle.hit([(TRIES, f"totp:{actor.user_id}")], message="动态码试得太频繁")
        token = service.pass_second_factor(session, actor, code=data.code)
    response = redirect(request, safe_next(data.next, home(actor.roles)))
    sessions.set_session(request, response, token)
    return response


def _waiting(session: Session, request: Request) -> User | None:
    row = service.standing_step(session, sessions.find(request, STEP))
    return queries.find_active_user(session, row.user_id) if row is not None else None


def _door(session: Session, request: Request) -> dict[str, Any]:
    user = _waiting(session, request)
    production = settings_of(session).is_production
    return {"demo": user is not None and user.origin == "demo" and not production}


@router.get("/sign-in/second-factor")
@beforehand
@public
def show_door(
    request: Request,
    session: ReadSession,
    next: str = "",  # noqa: A002  the query's name
) -> Response:
    if _waiting(session, request) is None:
        return redirect(request, "/sign-in", flash="请先输入账号和密码", kind="info")
    context = _door(session, request) | {"values": {"next": safe_next(next, "")}}
    return render(request, AT_THE_DOOR, context)


@router.post("/sign-in/second-factor")
@beforehand
@public
def pass_door(
    request: Request, form: FormData, reading: ReadSession, session: WriteSession, runtime: RuntimeDep
) -> Response:
    user = _waiting(reading, request)
    reading.close()
    if user is None:
        return redirect(request, "/sign-in", flash="离上一步太久了，请重新登录", kind="info")
    with form.rejecting(AT_THE_DOOR, lambda fresh: _door(fresh, request)):
        data = form.parse(CodeForm)
        per_address(request, runtime, "second-factor", "20/5minutes", message="这个网络登录太频繁")
        runtime.throttle.hit([(TRIES, f"totp:{user.id}")], message="动态码试得太频繁")
        user = service.finish_step(session, token=sessions.find(request, STEP), code=data.code)
        return let_in(request, session, user, method="second", place=data.next, proved_twice=True)
