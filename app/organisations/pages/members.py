"""The people of one's organisation: invitations, handing over, leaving."""

import uuid
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.accounts.deps import CurrentActor, FormData
from app.accounts.models import MembershipState
from app.accounts.schemas import InvitationForm
from app.core import clock
from app.core.permissions import Actor, Permission, can
from app.organisations import queries
from app.organisations.service import inviting
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.idempotent import idempotent
from app.web.policy import permission, signed_in
from app.web.templating import redirect, render

router = APIRouter(prefix="/organisations/mine")
EDIT = Permission.organisations_organisation_edit
TEMPLATE, PAGE = "organisations/members.html", "/organisations/mine/members"


def _context(session: Session, actor: Actor) -> dict[str, Any]:
    organisation = queries.get_own(session, actor)
    may_edit = can(actor, EDIT, organisation)
    members = people.list_memberships(session, organisation.id, MembershipState.active)
    behalves = people.list_behalves(session, organisation_id=organisation.id) if may_edit else []
    return {
        "session": session,
        "organisation": organisation,
        "may_edit": may_edit,
        "members": members,
        "invitations": people.list_open_invitations(session, organisation.id) if may_edit else [],
        "behalves": behalves,
        "staff": people.user_names(session, [row.user_id for row in behalves]),
        "moment": clock.now(),
    }


@router.get("/members")
@signed_in
def list_members(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    return render(request, TEMPLATE, _context(session, actor))


@router.post("/invitations")
@permission(EDIT)
@idempotent
def invite(
    *, request: Request, actor: CurrentActor, form: FormData, session: WriteSession, runtime: RuntimeDep
) -> Response:
    with form.rejecting(TEMPLATE, lambda fresh: _context(fresh, actor)):
        data = form.parse(InvitationForm)
        # whoever registers another organisation gets no further allowance, and nobody's mailbox is filled from many
        runtime.throttle.hit(
            [
                ("30/day", f"invite:{actor.organisation_id}"),
                ("30/day", f"invite:by:{actor.user_id}"),
                ("5/day", f"invite:to:{data.login}"),
            ],
            message="今天发的邀请太多",
        )
        inviting.invite(session, actor, login=data.login, role=data.role)
    return redirect(request, PAGE, flash="邀请已发出，7 天内有效；对方接受后会通知您")


@router.post("/invitations/{invitation_id}/revoke")
@permission(EDIT)
def revoke(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, invitation_id: uuid.UUID
) -> Response:
    with form.rejecting(TEMPLATE, lambda fresh: _context(fresh, actor)):
        inviting.revoke(session, actor, invitation_id=invitation_id)
    return redirect(request, PAGE, flash="邀请已撤回，链接作废")


@router.post("/members/{membership_id}/hand-over")
@permission(EDIT)
def hand_over(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, membership_id: uuid.UUID
) -> Response:
    with form.rejecting(TEMPLATE, lambda fresh: _context(fresh, actor)):
        inviting.hand_over(session, actor, membership_id=membership_id)
    return redirect(request, PAGE, flash="已移交，您现在是普通成员")


@router.post("/leave")
@signed_in
def leave(request: Request, actor: CurrentActor, form: FormData, session: WriteSession) -> Response:
    with form.rejecting(TEMPLATE, lambda fresh: _context(fresh, actor)):
        inviting.leave(session, actor)
    return redirect(request, "/workspace", flash="已退出机构")
