"""A forgotten password: by a link in a mail or a code to the number. The second factor stays as it is."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts import passwords, queries, service
from app.accounts.deps import FormData
from app.accounts.models import User, UserState
from app.accounts.pages.sending import AGAIN_S, allow_sending
from app.accounts.passwords import MIN_PASSWORD, MIN_STAFF_PASSWORD
from app.accounts.schemas import LoginForm, ResetByCodeForm, ResetByLinkForm
from app.accounts.service import links
from app.core import after, security
from app.core.db import settings_of
from app.core.errors import Conflict, Invalid
from app.core.permissions import PLATFORM_ROLES
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.limits import per_address
from app.web.policy import beforehand, public
from app.web.templating import redirect, render

router = APIRouter(prefix="/reset-password")
ASK, BY_CODE, BY_LINK = "accounts/reset.html", "accounts/reset_code.html", "accounts/reset_link.html"
DONE = "新密码设好了，各处的登录都已退出，请用新密码登录"


def _active(user: User | None) -> User | None:
    return user if user is not None and user.state is UserState.active else None


def _code_context(session: Session) -> dict[str, Any]:
    return {"again": 0, "hint": _hint(session)}


def _hint(session: Session) -> str:
    return passwords.hint(settings_of(session).accounts.password_profile, MIN_PASSWORD)


@router.get("")
@beforehand
@public
def ask(request: Request) -> Response:
    return render(request, ASK, {"sent": False})


@router.post("")
@beforehand
@public
def send(request: Request, form: FormData, session: WriteSession, runtime: RuntimeDep) -> Response:
    """Send the link or the code; the page is the same whether or not there is an account."""
    with form.rejecting(ASK, lambda _fresh: {"sent": False}):
        data = form.parse(LoginForm)
        allow_sending(request, runtime, data.login)
        user = _active(queries.find_user_by_login(session, data.login))
        if "@" in data.login:
            service.ask_for_reset(session, user=user, address=data.login)
            return render(request, ASK, {"sent": True, "values": {"login": data.login}})
        service.issue_code(session, purpose="reset", number=data.login, send=user is not None)
    context = {"values": {"login": data.login}, "again": AGAIN_S, "hint": _hint(session)}
    return render(request, BY_CODE, context)


@router.post("/code")
@beforehand
@public
def reset_by_code(
    request: Request, form: FormData, reading: ReadSession, session: WriteSession, runtime: RuntimeDep
) -> Response:
    with form.rejecting(BY_CODE, _code_context):
        data = form.parse(ResetByCodeForm)
        per_address(request, runtime, "sign-in", "20/5minutes", message="这个网络登录太频繁")
        guess = service.Guess(purpose="reset", number=data.login, typed=data.code)
        after.run(runtime.database, [guess.count])
        guess.check()  # first: what is wrong with the password tells about earlier ones
        found = _active(queries.find_user_by_login(reading, data.login))
        hashed = _new_hash(reading, found, data.password)
        guess.use(session)
        user = _active(queries.find_user_by_login(session, data.login))
        if user is None:
            raise Conflict("这个手机号没有可用的账号")
        service.note_proven_number(session, user)
        service.reset_password(session, user, password_hash=hashed)
    return redirect(request, "/sign-in", flash=DONE)


@router.get("/link")
@beforehand
@public
def show_link(request: Request, session: ReadSession, token: str = "") -> Response:
    stands = links.stands(session, token=token, purpose=links.RESET)
    context = {"values": {"token": token}, "stands": stands, "hint": _hint(session)}
    return render(request, BY_LINK, context, status_code=200 if stands else 404)


@router.post("/link")
@beforehand
@public
def reset_by_link(
    request: Request, form: FormData, reading: ReadSession, session: WriteSession, runtime: RuntimeDep
) -> Response:
    with form.rejecting(BY_LINK, lambda fresh: {"stands": True, "hint": _hint(fresh)}):
        data = form.parse(ResetByLinkForm)
        per_address(request, runtime, "reset-link", "20/5minutes")
        row = links.check(reading, token=data.token, purpose=links.RESET)
        hashed = _new_hash(reading, _active(queries.get_user(reading, row.user_id)), data.password)
        used = links.use_link(session, token=data.token, purpose=links.RESET)
        user = _active(queries.get_user(session, used.user_id))
        if user is None or used.target != user.email:
            raise Conflict(links.SPENT)
        service.reset_password(session, user, password_hash=hashed)
    return redirect(request, "/sign-in", flash=DONE)


def _new_hash(reading: Session, user: User | None, password: str) -> str:
    """Return the new password's hash, or say what is wrong with it; closes the reading session first."""
    staff = user is not None and any(
        grant.role in PLATFORM_ROLES for grant in queries.list_grants(reading, user.id)
    )
    earlier = service.earlier_hashes(reading, user) if user is not None else []
    profile = settings_of(reading).accounts.password_profile
    reading.close()  # no connection is held while hashing
    minimum = MIN_STAFF_PASSWORD if staff else MIN_PASSWORD
    try:
        passwords.check_new(password, minimum=minimum, profile=profile, earlier=earlier)
    except ValueError as error:
        raise Invalid({"password": str(error)}) from error
    return security.hash_password(password)
