"""共性需求 for everybody: what several firms have in common, in sums; names only of those who agreed, to those who may."""

import uuid
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor, FormData
from app.core import clock, money
from app.core.pagination import PageRequest
from app.core.permissions import Actor, Permission, can
from app.needs import queries, service
from app.needs.models import GroupState, MemberState, Need, NeedGroup
from app.needs.queries import LEAST_SHOWN, GroupMember
from app.needs.schemas import JoinForm
from app.organisations import queries as organisations
from app.reference import queries as reference
from app.web.deps import ReadSession, WriteSession
from app.web.policy import permission, public
from app.web.templating import redirect, render

router = APIRouter(prefix="/common-needs")
TEMPLATE = "needs/group.html"
STATES = {
    MemberState.found: ("还没邀请", ""),
    MemberState.invited: ("等企业说", "now"),
    MemberState.joined: ("已加入", "ok"),
    MemberState.declined: ("没有加入", ""),
    MemberState.left: ("已退出", ""),
    MemberState.removed: ("已移出", ""),
}
GROUP_STATES = {
    GroupState.suggested: ("等中心确认", "now"),
    GroupState.open: ("进行中", "ok"),
    GroupState.dismissed: ("不成组", ""),
    GroupState.closed: ("已结束", ""),
}


def figures(needs: Sequence[Need]) -> list[dict[str, str]]:
    """Return what the needs say in numbers, each with how many say it; fewer than three firms say nothing."""
    found = []
    budgets = [need for need in needs if need.budget_max_fen is not None or need.budget_min_fen is not None]
    if _firms(budgets) >= LEAST_SHOWN:
        sums = [
            fen for need in budgets for fen in (need.budget_min_fen, need.budget_max_fen) if fen is not None
        ]
        found.append(_figure("预算", money.format_range(min(sums), max(sums)), len(budgets)))
    counted = [need for need in needs if need.machine_count is not None]
    if _firms(counted) >= LEAST_SHOWN:
        counts = [need.machine_count for need in counted if need.machine_count is not None]
        found.append(_figure("设备", f"{_span(counts)} 台", len(counts)))
    dated = [need for need in needs if need.wanted_days is not None]
    if _firms(dated) >= LEAST_SHOWN:
        days = [need.wanted_days for need in dated if need.wanted_days is not None]
        found.append(_figure("要在", f"{_span(days)} 天内上线", len(days)))
    return found


def _firms(needs: Sequence[Need]) -> int:
    """Return how many firms these needs are of: several needs of one firm are no company to hide in."""
    return len({need.organisation_id for need in needs})


def _span(values: Sequence[int]) -> str:
    low, high = min(values), max(values)
    return str(low) if low == high else f"{low}–{high}"


def _figure(label: str, value: str, rows: int) -> dict[str, str]:
    return {"label": label, "value": value, "note": f"{rows} 条需求写了"}


def member_rows(session: Session, members: Sequence[GroupMember]) -> list[dict[str, Any]]:
    """Return the members one by one; a name only for who joined."""
    joined = [row.need.organisation_id for row in members if row.member.state is MemberState.joined]
    names = organisations.organisation_names(session, joined) if joined else {}
    return [
        {
            "need_id": str(row.need.id),
            "case_number": row.need.case_number,
            "title": row.need.title,
            "name": names.get(row.need.organisation_id) if row.member.state is MemberState.joined else None,
            "state": STATES[row.member.state],
            "code": row.member.state.value,
            "words": row.member.words,
            "budget": money.format_range(row.need.budget_min_fen, row.need.budget_max_fen)
            if row.need.budget_max_fen is not None or row.need.budget_min_fen is not None
            else "",
            "machines": row.need.machine_count,
        }
        for row in members
    ]


def group_view(session: Session, actor: Actor, group: NeedGroup) -> dict[str, Any]:
    """Return a group as the actor may read it: sums of who joined from three firms on, names to who may know them."""
    joined = queries.list_joined(session, group.id) if group.state is GroupState.open else []
    firms = len({row.need.organisation_id for row in joined})
    mine = queries.list_own_members(session, actor, group.id)
    inside = any(row.member.state is MemberState.joined for row in mine)
    named = actor.is_staff or "verified_vendor" in actor.audiences or inside
    points = {row.code: row for row in reference.list_pain_points(session, include_retired=True)}
    point = points.get(group.pain_point_code or "")
    return {
        "session": session,
        "group": group,
        "state": GROUP_STATES[group.state],
        "open": group.state is GroupState.open,
        "point": point.plain if point else "",
        "firms": firms if firms >= LEAST_SHOWN else None,
        "least": LEAST_SHOWN,
        "figures": figures([row.need for row in joined]) if firms >= LEAST_SHOWN else [],
        "named": named,
        "rows": member_rows(session, joined) if named else [],
        "mine": member_rows(session, mine),
        "may_join": can(actor, Permission.needs_group_join) and not actor.on_behalf,
        "since": clock.cn_date(group.confirmed_at) if group.confirmed_at else "",
    }


@router.get("")
@public
def list_groups(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    page: Annotated[int, Query(ge=1, le=500)] = 1,
) -> Response:
    """Show the open groups, the newest first, each with its words and, from three on, how many firms."""
    found = queries.list_open_groups(session, actor, PageRequest.of(page))
    counts = queries.count_joined(session, [group.id for group in found.items])
    rows = [
        {
            "group": group,
            "firms": counts.get(group.id, 0) if counts.get(group.id, 0) >= LEAST_SHOWN else None,
        }
        for group in found.items
    ]
    return render(
        request, "needs/groups.html", {"session": session, "rows": rows, "found": found, "least": LEAST_SHOWN}
    )


@router.get("/{group_id}")
@public
def show_group(request: Request, session: ReadSession, actor: CurrentActor, group_id: uuid.UUID) -> Response:
    """Show a group: why these needs are alike, sums of who joined; to vendors and members also their names."""
    group = queries.get_group(session, actor, group_id)
    return render(request, TEMPLATE, group_view(session, actor, group))


@router.post("/{group_id}/answer")
@permission(Permission.needs_group_join)
def answer(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, group_id: uuid.UUID
) -> Response:
    """Join by name, decline, or leave again."""

    def again(fresh: Session) -> dict[str, Any]:
        return group_view(fresh, actor, queries.get_group(fresh, actor, group_id))

    with form.rejecting(TEMPLATE, again):
        data = form.parse(JoinForm)
        service.answer_invitation(session, actor, group_id=group_id, need_id=data.need_id, join=data.join)
    told = "已加入，别家成员和核验过的服务商看得到您的厂名" if data.join else "记下了，谁都不会知道是您"
    return redirect(request, f"/common-needs/{group_id}", flash=told)
