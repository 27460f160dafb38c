"""The page that an invitation's link opens."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts import queries, service
from app.accounts.deps import CurrentActor, FormData
from app.core.permissions import PLATFORM_ROLES, Actor
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.limits import per_address
from app.web.policy import public, signed_in
from app.web.templating import redirect, render

router = APIRouter(prefix="/invitations")
TEMPLATE = "accounts/invitation.html"


def _context(session: Session, actor: Actor, token: str) -> dict[str, Any]:
    row = service.get_invitation(session, token)
    names = queries.organisation_names(session, [row.organisation_id])
    return {
        "session": session,
        "invitation": row,
        "token": token,
        "organisation": names.get(row.organisation_id, ""),
        "inviter": queries.user_names(session, [row.invited_by]).get(row.invited_by, ""),
        "excluded": bool(actor.roles & PLATFORM_ROLES) or actor.on_behalf,
    }


@router.get("/{link}")
@public
def show_invitation(
    request: Request, actor: CurrentActor, session: ReadSession, runtime: RuntimeDep, link: str
) -> Response:
    per_address(request, runtime, "invitation", "30/minute")
    return render(request, TEMPLATE, _context(session, actor, link))


@router.post("/{link}/accept")
@signed_in
def accept(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, link: str
) -> Response:
    with form.rejecting(TEMPLATE, lambda fresh: _context(fresh, actor, link)):
        membership = service.accept_invitation(session, actor, token=link)
        service.act_for(session, actor, organisation_id=membership.organisation_id)
    return redirect(request, "/workspace", flash="已加入，现在代表这家机构")


@router.post("/{link}/decline")
@public
def decline(
    request: Request, actor: CurrentActor, session: WriteSession, runtime: RuntimeDep, link: str
) -> Response:
    per_address(request, runtime, "invitation", "30/minute")
    service.decline_invitation(session, actor, token=link)
    return redirect(request, "/", flash="已谢绝邀请")
