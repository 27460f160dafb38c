"""One's own e-mail address and mobile number: whether they are proven, proving them, changing them."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts import queries, service
from app.accounts.deps import CurrentActor, FormData
from app.accounts.pages.sending import AGAIN_S, allow_sending
from app.accounts.schemas import ContactCodeForm, ContactForm, LinkForm
from app.accounts.service import links
from app.core import after, security
from app.core.errors import Invalid
from app.core.permissions import Actor, require_in_person
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.limits import per_address
from app.web.policy import beforehand, public, signed_in
from app.web.templating import redirect, render

router = APIRouter()
TEMPLATE, TYPE, CONFIRM = (
    "accounts/contacts.html",
    "accounts/contact_code.html",
    "accounts/confirm_email.html",
)


def _context(session: Session, actor: Actor) -> dict[str, Any]:
    user = queries.get_user(session, service.user_id_of(actor))
    return {
        "session": session,
        "user": user,
        "has_password": user.password_hash != service.NO_PASSWORD,
    }


def _waiting(session: Session, actor: Actor) -> dict[str, Any]:
    return {**_context(session, actor), "again": 0}


@router.get("/account/contacts")
@signed_in
def show_contacts(request: Request, actor: CurrentActor, session: ReadSession) -> Response:
    return render(request, TEMPLATE, _context(session, actor))


@router.post("/account/contacts")
@signed_in
def ask_for_proof(
    *,
    request: Request,
    actor: CurrentActor,
    form: FormData,
    reading: ReadSession,
    session: WriteSession,
    runtime: RuntimeDep,
) -> Response:
    """Send a code or a link to a new contact, or to the present one that is not proven yet.

    A new one wants the password too, so that an open computer is not enough to take the account over.
    """
    require_in_person(actor, "替别人更换联系方式")
    with form.rejecting(TEMPLATE, lambda fresh: _context(fresh, actor)):
        data = form.parse(ContactForm)
        user = queries.get_user(reading, service.user_id_of(actor))
        reading.close()  # what was read stays readable, and no connection is held while hashing
        changes = data.value not in {user.email, user.mobile}
        if changes and user.password_hash != service.NO_PASSWORD:
            runtime.throttle.hit([("10/hour", f"password:{actor.user_id}")], message="密码试得太频繁")
            if not security.verify_password(user.password_hash, data.password):
                raise Invalid({"password": "密码不对"})
        allow_sending(request, runtime, data.value)
        service.ask_for_proof(session, actor, contact=data.value)
        if "@" in data.value:
            flash = "验证链接已发出，请到这个邮箱里打开（30 分钟内有效）"
            return redirect(request, "/account/contacts", flash=flash)
        values, context = {"value": data.value}, _context(session, actor)
        return render(request, TYPE, context | {"values": values, "again": AGAIN_S})


@router.post("/account/contacts/code")
@signed_in
def confirm_number(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, runtime: RuntimeDep
) -> Response:
    require_in_person(actor, "替别人更换联系方式")
    with form.rejecting(TYPE, lambda fresh: _waiting(fresh, actor)):
        data = form.parse(ContactCodeForm)
        guess = service.guess_for(actor, number=data.value, typed=data.code)
        after.run(runtime.database, [guess.count])
        service.confirm_number(session, actor, number=data.value, guess=guess)
    return redirect(request, "/account/contacts", flash="手机号已验证")


@router.get("/confirm-email")
@beforehand
@public
def show_link(request: Request, session: ReadSession, token: str = "") -> Response:
    """Show a button: mail programs that open links on their own must not use them up."""
    stands = links.stands(session, token=token, purpose=links.CONTACT)
    context = {"values": {"token": token}, "stands": stands}
    return render(request, CONFIRM, context, status_code=200 if stands else 404)


@router.post("/confirm-email")
@beforehand
@public
def confirm_address(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, runtime: RuntimeDep
) -> Response:
    with form.rejecting(CONFIRM, lambda _fresh: {"stands": True}):
        data = form.parse(LinkForm)
        per_address(request, runtime, "confirm-email", "20/5minutes")
        service.confirm_address(session, token=data.token)
    place = "/account/contacts" if actor.signed_in else "/sign-in"
    return redirect(request, place, flash="邮箱已验证")
