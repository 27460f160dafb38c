"""One's own organisation: its state, its data, its people."""

import uuid
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.accounts import service as accounts
from app.accounts.deps import CurrentActor, FormData
from app.accounts.models import MembershipState
from app.core.errors import Conflict, EditConflict, FormRejected
from app.core.permissions import Actor, Permission, can
from app.organisations import queries, service
from app.organisations.pages import views
from app.organisations.schemas import MemberRoleForm, OrganisationUpdate
from app.web.deps import ReadSession, WriteSession
from app.web.policy import permission, signed_in
from app.web.templating import redirect, render

router = APIRouter(prefix="/organisations")
EDIT = Permission.organisations_organisation_edit
MINE = "/organisations/mine"


def _mine(session: Session, actor: Actor) -> dict[str, Any]:
    organisation = queries.find_own(session, actor)
    context: dict[str, Any] = {
        "session": session,
        "organisation": organisation,
        "others": queries.list_own(session, actor),
    }
    if organisation is None:
        return context
    members = people.list_memberships(session, organisation.id)
    return {
        **context,
        **views.facts(session, organisation),
        "tabs": views.own_tabs(organisation, "mine"),
        "may_edit": can(actor, EDIT, organisation),
        "open_round": queries.find_open_verification(session, organisation.id),
        "members": [row for row in members if row.state is MembershipState.active],
        "requests": [row for row in members if row.state is MembershipState.requested],
    }


@router.get("/mine")
@signed_in
def show_mine(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    return render(request, "organisations/mine.html", _mine(session, actor))


def _edit(session: Session, actor: Actor, industry: str = "") -> dict[str, Any]:
    organisation = queries.get_own(session, actor)
    stored = views.form_values(organisation)
    return {
        **views.form_context(session, industry or stored["industry"]),
        **views.facts(session, organisation),
        "organisation": organisation,
        "stored": stored,
        "theirs": None,
    }


@router.get("/mine/edit")
@permission(EDIT)
def edit_page(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    context = _edit(session, actor)
    return render(request, "organisations/edit.html", {**context, "values": context["stored"]})


@router.post("/mine/edit")
@permission(EDIT)
def edit(request: Request, actor: CurrentActor, form: FormData, session: WriteSession) -> Response:
    def again(fresh: Session) -> dict[str, Any]:
        return _edit(fresh, actor, form.text("industry"))

    with form.rejecting("organisations/edit.html", again):
        data = form.parse(OrganisationUpdate)
        own = queries.get_own(session, actor)
        try:
            waiting = service.edit_organisation(session, actor, organisation_id=own.id, data=data)
        except service.AlreadyRegistered as error:
            raise Conflict(error.message) from error
        except EditConflict as error:
            raise _conflict(error, form.data, again) from error
    text = "已保存；改了的名称或身份等中心核对后生效" if waiting and waiting.changes else "已保存"
    return redirect(request, MINE, flash=text)


def _conflict(error: EditConflict, typed: dict[str, Any], again: Any) -> FormRejected:
    """Show the form again with what was typed, what the other saved, and their version to save over."""
    values = {**typed, "version": error.theirs["version"]}
    context = {"build": again, "values": values, "theirs": dict(error.theirs)}
    rejected = FormRejected(
        template="organisations/edit.html", context=context, fields={"form": error.message}
    )
    rejected.status = error.status
    return rejected


@router.post("/mine/submit")
@permission(EDIT)
def submit(request: Request, actor: CurrentActor, form: FormData, session: WriteSession) -> Response:
    with form.rejecting("organisations/mine.html", lambda fresh: _mine(fresh, actor)):
        own = queries.get_own(session, actor)
        service.submit_for_verification(session, actor, organisation_id=own.id)
    return redirect(request, MINE, flash="已重新提交，中心会在两个工作日内核验")


@router.post("/mine/members/{membership_id}/accept")
@permission(EDIT)
def accept(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, membership_id: uuid.UUID
) -> Response:
    with form.rejecting("organisations/mine.html", lambda fresh: _mine(fresh, actor)):
        service.decide_request(session, actor, membership_id=membership_id, accept=True)
    return redirect(request, MINE, flash="已同意，对方现在可以代表机构办事")


@router.post("/mine/members/{membership_id}/refuse")
@permission(EDIT)
def refuse(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, membership_id: uuid.UUID
) -> Response:
    with form.rejecting("organisations/mine.html", lambda fresh: _mine(fresh, actor)):
        service.decide_request(session, actor, membership_id=membership_id, accept=False)
    return redirect(request, MINE, flash="已拒绝这个申请")


@router.post("/mine/members/{membership_id}/role")
@permission(EDIT)
def change_role(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, membership_id: uuid.UUID
) -> Response:
    with form.rejecting("organisations/mine.html", lambda fresh: _mine(fresh, actor)):
        data = form.parse(MemberRoleForm)
        service.change_member_role(session, actor, membership_id=membership_id, role=data.role)
    return redirect(request, MINE, flash="角色已调整")


@router.post("/mine/members/{membership_id}/remove")
@permission(EDIT)
def remove(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, membership_id: uuid.UUID
) -> Response:
    with form.rejecting("organisations/mine.html", lambda fresh: _mine(fresh, actor)):
        service.remove_member(session, actor, membership_id=membership_id)
    return redirect(request, MINE, flash="已移出机构")


@router.post("/{organisation_id}/act")
@signed_in
def act_for(
    request: Request, actor: CurrentActor, session: WriteSession, organisation_id: uuid.UUID
) -> Response:
    """Let this browser act for another of one's organisations."""
    accounts.act_for(session, actor, organisation_id=organisation_id)
    return redirect(request, "/workspace", flash="已切换，现在代表另一家机构")
