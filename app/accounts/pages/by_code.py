"""Signing in with a code sent to the mobile number; an unknown number leads to registering with it."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts import queries, service
from app.accounts.deps import CurrentActor, FormData
from app.accounts.models import UserState
from app.accounts.pages.entering import let_in
from app.accounts.pages.sending import AGAIN_S, allow_sending
from app.accounts.policy import home
from app.accounts.schemas import NumberCodeForm, NumberForm, NumberRegisterForm
from app.core import after, clock, sealing
from app.core.errors import Conflict, Invalid
from app.core.permissions import ANONYMOUS, Actor
from app.core.runtime import Runtime
from app.web.deps import RuntimeDep, WriteSession
from app.web.limits import per_address
from app.web.policy import beforehand, public
from app.web.templating import redirect, render, safe_next

router = APIRouter()
ASK, TYPE, REGISTER = (
    "accounts/sign_in_number.html",
    "accounts/sign_in_code.html",
    "accounts/register_number.html",
)
PROVEN, PROVEN_S = "accounts.proven_number", 900
PROVEN_NOW = "手机号已验证；验证之前设的密码不再有效，要用密码请重新设一个"


def _no_context(_session: Session) -> dict[str, Any]:
    return {}


def _waiting(_session: Session) -> dict[str, Any]:
    return {"again": 0}


@router.get("/sign-in/code")
@beforehand
@public
def ask_number(request: Request, actor: CurrentActor, next: str = "") -> Response:  # noqa: A002  the query's name
    if actor.signed_in:
        return redirect(request, safe_next(next, home(actor.roles)))
    return render(request, ASK, {"values": {"next": safe_next(next, "")}})


@router.post("/sign-in/code/send")
@beforehand
@public
def send_code(request: Request, form: FormData, session: WriteSession, runtime: RuntimeDep) -> Response:
    """Send a code, whether or not the number has an account, and ask for it."""
    with form.rejecting(ASK, _no_context):
        data = form.parse(NumberForm)
        allow_sending(request, runtime, data.login)
        service.issue_code(session, purpose="sign-in", number=data.login)
    values = {"login": data.login, "next": safe_next(data.next, "")}
    return render(request, TYPE, {"values": values, "again": AGAIN_S})


@router.post("/sign-in/code")
@beforehand
@public
def sign_in_by_code(request: Request, form: FormData, session: WriteSession, runtime: RuntimeDep) -> Response:
    with form.rejecting(TYPE, _waiting):
        data = form.parse(NumberCodeForm)
        per_address(request, runtime, "sign-in", "20/5minutes", message="这个网络登录太频繁")
        guess = service.Guess(purpose="sign-in", number=data.login, typed=data.code)
        after.run(runtime.database, [guess.count])
        guess.use(session)
        user = queries.find_user_by_login(session, data.login)
        if user is not None:
            if user.state is not UserState.active:
                raise Invalid({"form": "这个账号已停用，请联系中心"})
            had_password = user.password_hash != service.NO_PASSWORD
            ended = service.note_proven_number(session, user) and had_password
            flash = PROVEN_NOW if ended else None
            return let_in(request, session, user, method="code", place=data.next, flash=flash)
    values = {"next": safe_next(data.next, ""), "proof": _proof(runtime, data.login)}
    return render(request, REGISTER, {"values": values, "number": data.login})


@router.post("/register/number")
@beforehand
@public
def register_number(request: Request, form: FormData, session: WriteSession, runtime: RuntimeDep) -> Response:
    """Register with a number whose code was right a moment ago."""
    number = _proven(runtime, form.text("proof"))
    with form.rejecting(REGISTER, lambda _fresh: {"number": number or ""}):
        data = form.parse(NumberRegisterForm)
        if number is None:
            raise Conflict("离验证手机号已超过 15 分钟，请重新获取验证码")
        per_address(request, runtime, "register", "5/hour", message="这个网络注册太频繁")
        user = service.register_user(
            session,
            ANONYMOUS,
            name=data.name,
            login=number,
            password_hash=service.NO_PASSWORD,
            proven=True,
        )
        service.agree_to_terms(session, Actor(user_id=user.id, name=user.name))
        flash = "注册好了，下一步登记您的企业或机构"
        return let_in(request, session, user, method="registration", place=data.next, flash=flash)


def _proof(runtime: Runtime, number: str) -> str:
    """Return what the registration form carries: the number, sealed, with the time of its proof."""
    return sealing.seal(runtime.settings, PROVEN, f"{number}:{int(clock.now().timestamp())}")


def _proven(runtime: Runtime, proof: str) -> str | None:
    """Return the number of a proof of ours that is younger than a quarter of an hour."""
    number, _, moment = (sealing.unseal(runtime.settings, PROVEN, proof) or "").partition(":")
    return number if moment and clock.now().timestamp() - int(moment) <= PROVEN_S else None
