"""Beginning a need: the sentence of the front page becomes a draft, after registering if need be."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor, FormData
from app.core import drafts
from app.core.permissions import Actor, Permission, can, require
from app.needs import queries, service
from app.needs.schemas import StartForm
from app.web import sessions
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.idempotent import idempotent
from app.web.limits import per_address
from app.web.policy import public, signed_in
from app.web.templating import redirect, render

router = APIRouter(prefix="/needs")
TEMPLATE = "needs/new.html"
CONTINUE = "/needs/continue"
TOO_OFTEN = "提得太频繁了"


def _owner(request: Request, actor: Actor) -> str:
    if actor.user_id is not None:
        return drafts.user_owner(actor.user_id)
    return sessions.anonymous_owner(request)


def _context(session: Session, owner: str) -> dict[str, Any]:
    waiting = queries.find_started(session, owner=owner)
    data = waiting.data if waiting is not None else {}
    values = {
        "text": data.get("problem", ""),
        "scenario": data.get("scenario") or "",
        "pain_points": data.get("pain_points") or [],
        "industry": data.get("industry") or "",
        "district": data.get("district") or "",
        "budget_max_fen": data.get("budget_max_fen") or "",
        "days_max": data.get("wanted_days") or "",
    }
    return {"session": session, "waiting": waiting is not None, "values": values}


@router.get("/new")
@public
def new_need(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """Show one large box; a sentence that waits already stands in it."""
    return render(request, TEMPLATE, _context(session, _owner(request, actor)))


@router.get("/start")
@public
def start_page(request: Request, actor: CurrentActor) -> Response:
    """Where an address copied from the form leads."""
    return redirect(request, CONTINUE if actor.signed_in else "/needs/new")


@router.post("/start")
@public
@idempotent
def start(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, runtime: RuntimeDep
) -> Response:
    """Make a draft of the sentence, or keep it for seven days and lead to what is missing: account, organisation."""
    owner = _owner(request, actor)
    with form.rejecting(TEMPLATE, lambda fresh: _context(fresh, owner)):
        data = form.parse(StartForm)
        if actor.signed_in:
            runtime.throttle.hit([("30/hour", f"needs-start:{owner}")], message=TOO_OFTEN)
        else:  # a visitor's cookie is easily dropped
            per_address(request, runtime, "needs-start", "30/hour", message=TOO_OFTEN)
        if actor.signed_in:
            require(actor, Permission.needs_need_create)
        if not can(actor, Permission.needs_need_edit):
            service.keep_sentence(session, owner=owner, fields=data.fields())
        else:
            need = service.start_draft(session, actor, fields=data.fields())
            return redirect(
                request, f"/workspace/needs/{need.id}/edit", flash="已存为草稿，案号 " + need.case_number
            )
    if actor.signed_in:
        return redirect(request, f"/organisations/new?next={CONTINUE}", flash="您写的已存好，先登记企业")
    return redirect(request, f"/register?next={CONTINUE}", flash="您写的已存好 7 天，注册后接着写")


@router.get("/continue")
@signed_in
def continue_page(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """Show the sentence that waits, one button away from being a draft."""
    context = _context(session, _owner(request, actor))
    if context["waiting"] and not can(actor, Permission.needs_need_edit):
        return redirect(request, f"/organisations/new?next={CONTINUE}")
    return render(request, TEMPLATE, context)
