"""The staff's desk of 共性需求: suggestions with the reasons behind them, confirming, renaming, splitting, ending."""

import uuid
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor, FormData
from app.core import clock, jobs
from app.core.permissions import Actor, Permission
from app.core.sheets import Column
from app.needs import queries, service
from app.needs.jobs import GROUP
from app.needs.models import GroupState, MemberState, NeedGroup
from app.needs.pages.groups import GROUP_STATES, figures, member_rows
from app.needs.schemas import GroupForm
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.exports import sheet_response
from app.web.policy import permission
from app.web.templating import redirect, render

router = APIRouter(prefix="/desk/common-needs")
MANAGE = Permission.needs_group_manage
TEMPLATE = "needs/desk_group.html"


def _rows(session: Session) -> list[dict[str, Any]]:
    groups: list[NeedGroup] = [
        *queries.list_groups(session, state=GroupState.suggested),
        *queries.list_groups(session, state=GroupState.open),
    ]
    ids = [group.id for group in groups]
    firms, joined = queries.count_members(session, ids), queries.count_joined(session, ids)
    return [
        {
            "id": str(group.id),
            "title": group.title,
            "state": GROUP_STATES[group.state],
            "state_text": GROUP_STATES[group.state][0],
            "words": group.words,
            "words_text": "、".join(group.words),
            "firms": firms.get(group.id, 0),
            "joined": joined.get(group.id, 0),
            "created_at": group.created_at,
            "age": clock.cn_ago(group.created_at),
        }
        for group in groups
    ]


@router.get("")
@permission(MANAGE)
def list_groups(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """Show suggestions first, then open groups, the oldest first."""
    del actor
    return render(request, "needs/desk_groups.html", {"session": session, "rows": _rows(session)})


@router.get("/export.xlsx")
@permission(MANAGE)
def export(request: Request, session: ReadSession, actor: CurrentActor, runtime: RuntimeDep) -> Response:
    """Send the same list; it names no firm."""
    columns = [
        Column("名称", "title", width=30),
        Column("状态", "state_text"),
        Column("共同的词", "words_text", width=40),
        Column("企业数", "firms", "number"),
        Column("已加入", "joined", "number"),
        Column("找出时间", "created_at", "datetime", 20),
    ]
    return sheet_response(
        request, runtime, actor, name="needs.groups", title="共性需求", columns=columns, rows=_rows(session)
    )


@router.post("/find")
@permission(MANAGE)
def find(request: Request, actor: CurrentActor, session: WriteSession) -> Response:
    """Have the worker look again."""
    del actor
    jobs.enqueue(session, GROUP, key=GROUP)
    return redirect(request, "/desk/common-needs", flash="正在重新找，几秒后刷新")


def _page(session: Session, actor: Actor, group_id: uuid.UUID) -> dict[str, Any]:
    group = queries.get_group(session, actor, group_id)
    members = queries.list_members(session, group.id)
    return {
        "session": session,
        "group": group,
        "version": group.version,
        "state": GROUP_STATES[group.state],
        "live": group.state in {GroupState.suggested, GroupState.open},
        "suggested": group.state is GroupState.suggested,
        "rows": member_rows(session, members),
        "unasked": sum(row.member.state is MemberState.found for row in members),
        "figures": figures([row.need for row in members]),
        "values": {"title": group.title},
        "errors": {},
    }


@router.get("/{group_id}")
@permission(MANAGE)
def show_group(request: Request, session: ReadSession, actor: CurrentActor, group_id: uuid.UUID) -> Response:
    """Show what makes the needs alike, row by row, beside the decision."""
    return render(request, TEMPLATE, _page(session, actor, group_id))


@router.post("/{group_id}/confirm")
@permission(MANAGE)
def confirm(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, group_id: uuid.UUID
) -> Response:
    """Open the group and ask its firms; on an open one ask those found since."""
    with form.rejecting(TEMPLATE, lambda fresh: _page(fresh, actor, group_id)):
        data = form.parse(GroupForm)
        service.confirm_group(session, actor, group_id=group_id, version=data.version, title=data.title)
    return redirect(request, f"/desk/common-needs/{group_id}", flash="已确认，邀请发给了每家企业")


@router.post("/{group_id}/rename")
@permission(MANAGE)
def rename(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, group_id: uuid.UUID
) -> Response:
    with form.rejecting(TEMPLATE, lambda fresh: _page(fresh, actor, group_id)):
        data = form.parse(GroupForm)
        service.rename_group(session, actor, group_id=group_id, version=data.version, title=data.title)
    return redirect(request, f"/desk/common-needs/{group_id}", flash="改好了")


@router.post("/{group_id}/split")
@permission(MANAGE)
def split(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, group_id: uuid.UUID
) -> Response:
    """Move the ticked needs to a new suggestion."""
    with form.rejecting(TEMPLATE, lambda fresh: _page(fresh, actor, group_id)):
        data = form.parse(GroupForm)
        fresh = service.split_group(
            session,
            actor,
            group_id=group_id,
            version=data.version,
            need_ids=data.need_ids,
            title=data.title,
        )
    return redirect(request, f"/desk/common-needs/{fresh.id}", flash="拆出来了，确认后再邀请企业")


@router.post("/{group_id}/end")
@permission(MANAGE)
def end(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, group_id: uuid.UUID
) -> Response:
    """Dismiss a suggestion or close an open group, with a reason."""
    with form.rejecting(TEMPLATE, lambda fresh: _page(fresh, actor, group_id)):
        data = form.parse(GroupForm)
        service.end_group(session, actor, group_id=group_id, version=data.version, reason=data.reason)
    return redirect(request, "/desk/common-needs", flash="已结束")
