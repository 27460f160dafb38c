"""The organisation's enquiries: what waits for me, for the other side, what is talked about, what has ended."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.accounts.deps import CurrentActor
from app.core.errors import NotFound
from app.core.pagination import MAX_SIZE, PageRequest
from app.core.permissions import Permission
from app.core.sheets import Column
from app.deals import queries
from app.deals.pages import views
from app.organisations import queries as organisations
from app.web.deps import ReadSession, RuntimeDep
from app.web.exports import sheet_response
from app.web.policy import permission
from app.web.templating import redirect, render

router = APIRouter(prefix="/enquiries")
READ = Permission.deals_enquiry_read
TABS = {"mine": "待我回复", "theirs": "对方处理中", "accepted": "已接受", "ended": "已结束"}
EMPTY = {
    "mine": ("没有等您回复的", "别人发来意向，会出现在这里，并写明几天内答复。"),
    "theirs": ("没有在等对方的", "在匹配结果里点「问一问」，或在需求页点「我能做」，就会出现在这里。"),
    "accepted": ("还没有谈起来的", "双方接受以后在这里接着谈。"),
    "ended": ("还没有结束的", "结束的意向和理由都留在这里。"),
}
EXPORTED = 1000
COLUMNS = (
    Column("发出时间", "created_at", "datetime", 20),
    Column("怎么来的", "kind", width=14),
    Column("供给", "offering", width=32),
    Column("案号", "case_number", width=20),
    Column("对方", "other", width=32),
    Column("状态", lambda row: row["state"][0], width=16),
    Column("轮到谁", "turn", width=12),
    Column("期限", "left", width=12),
    Column("理由", "reason", width=40),
)
Tab = Annotated[str, Query(max_length=12)]


@router.get("")
@permission(READ)
def list_enquiries(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    tab: Tab = "mine",
    page: Annotated[int, Query(ge=1, le=500)] = 1,
) -> Response:
    """Show one tab of the organisation's enquiries; staff go to their desk."""
    if actor.organisation_id is None:
        return redirect(request, "/desk/enquiries")
    chosen = tab if tab in TABS else "mine"
    found = queries.list_tab(session, actor, chosen, PageRequest.of(page))
    around = queries.load_around(session, actor, found.items)
    counts = queries.count_tabs(session, actor)
    return render(
        request,
        "deals/list.html",
        {
            "session": session,
            "tab": chosen,
            "tabs": [
                {
                    "label": label,
                    "href": f"/enquiries?tab={key}",
                    "current": key == chosen,
                    "count": counts[key],
                }
                for key, label in TABS.items()
            ],
            "rows": [views.row_view(actor, row, around) for row in found.items],
            "found": found,
            "empty": EMPTY[chosen],
            "sells": bool(actor.capacities & {"vendor", "institution"}),
        },
    )


@router.get("/export.xlsx")
@permission(READ)
def export_enquiries(
    request: Request, session: ReadSession, runtime: RuntimeDep, actor: CurrentActor, tab: Tab = "mine"
) -> Response:
    """Send one tab as a table."""
    chosen = tab if tab in TABS else "mine"
    rows = []
    for page in range(1, EXPORTED // MAX_SIZE + 1):
        found = queries.list_tab(session, actor, chosen, PageRequest.of(page, MAX_SIZE))
        around = queries.load_around(session, actor, found.items)
        rows += [views.row_view(actor, row, around) for row in found.items]
        if page >= found.pages:
            break
    title = f"意向 {TABS[chosen]}"
    return sheet_response(
        request, runtime, actor, name=f"deals.{chosen}", title=title, columns=COLUMNS, rows=rows
    )


@router.get("/answers/{organisation_id}")
@permission(READ)
def show_answers(
    request: Request, session: ReadSession, actor: CurrentActor, organisation_id: uuid.UUID
) -> Response:
    """Show the rows behind how fast an organisation answers: to itself and to staff."""
    if not actor.is_staff and organisation_id != actor.organisation_id:
        raise NotFound("这些明细只有本机构和中心看得到")
    organisation = organisations.get_organisation(session, actor, organisation_id)
    rows = queries.list_answers(session, organisation_id)
    around = queries.load_around(session, actor, rows)
    return render(
        request,
        "deals/answers.html",
        {
            "session": session,
            "organisation": organisation,
            "facts": queries.answer_facts(session, organisation_id),
            "rows": [
                {
                    **views.row_view(actor, row, around),
                    "answered_at": row.answered_at,
                    "days": round((row.answered_at - row.created_at).total_seconds() / 86_400, 1)
                    if row.answered_at
                    else None,
                }
                for row in rows
            ],
        },
    )
