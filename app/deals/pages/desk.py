"""The centre's desk: enquiries that got stuck or asked for help, all enquiries with export, the thread with a reason."""

import uuid
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.accounts.deps import CurrentActor, FormData
from app.core import clock
from app.core.errors import EditConflict
from app.core.pagination import MAX_SIZE, PageRequest
from app.core.permissions import Actor, Permission
from app.core.sheets import Column
from app.deals import labels, queries, rules, service
from app.deals.models import Enquiry
from app.deals.pages import views
from app.deals.pages.deciding import detail_context, refused
from app.deals.pages.inbox import COLUMNS, EXPORTED
from app.deals.schemas import OpenForm, StaffForm
from app.deals.states import Action, EnquiryState
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.exports import sheet_response
from app.web.policy import permission
from app.web.templating import redirect, render

router = APIRouter(prefix="/desk/enquiries")
OVERSEE = Permission.deals_enquiry_oversee
TEMPLATE = "deals/desk.html"
State = Annotated[str, Query(max_length=20)]


def silent_before(session: Session) -> Any:
    """Return since when an unanswered enquiry counts as stuck."""
    return clock.now() - timedelta(days=rules.number(session, rules.STUCK))


def why(row: Enquiry) -> str:
    return "请中心介入" if row.help_asked_at else "一直没人答复"


def _queue(session: Session, actor: Actor, current: uuid.UUID | None) -> dict[str, Any]:
    before = silent_before(session)
    rows = queries.list_stuck(session, before)
    around = queries.load_around(session, actor, rows)
    return {
        "session": session,
        "total": queries.summarise_stuck(session, before).count,
        "rows": [
            {
                "href": f"/desk/enquiries/{row.id}",
                "title": around.titles.get(row.offering_id, ""),
                "age": clock.cn_ago(row.help_asked_at or row.created_at).removesuffix("前"),
                "late": row.help_asked_at is not None,
                "reasons": [why(row), views.name_of(around, row.vendor_id)],
                "current": row.id == current,
            }
            for row in rows
        ],
        "enquiry": None,
    }


def _open(session: Session, actor: Actor, enquiry_id: uuid.UUID) -> dict[str, Any]:
    context = detail_context(session, actor, enquiry_id)
    row: Enquiry = context["enquiry"]
    openings = queries.list_openings(session, row.id)
    names = people.user_names(session, [item.user_id for item in openings]) if openings else {}
    actions = views.actions_of(actor, row)
    decisions = [
        (key, label, note)
        for key, label, note, allowed in (
            ("helped", "已处理，回复双方", "写在往来里，双方都看得到", row.help_asked_at is not None),
            ("extend", "再给些时间", "重新计时，并提醒该答复的一方", Action.extend in actions),
            ("end", "由中心结束", "要选理由，双方都看得到", Action.end in actions),
            ("explain", "替企业写明没选中的理由", "服务商马上收到", Action.explain in actions),
        )
        if allowed
    ]
    return {
        **_queue(session, actor, enquiry_id),
        **context,
        "why": why(row) if row.help_asked_at or row.state is EnquiryState.open else "",
        "opened_by": [
            (clock.cn_datetime(item.at), f"{names.get(item.user_id, '')}：{item.reason}") for item in openings
        ],
        "decisions": decisions,
        "end_codes": list(labels.STAFF_ENDS.items()),
        "explain_codes": list(labels.NOT_CHOSEN.items()),
        "version": row.version,
        "values": {"decision": "", "code": "", "note": "", "message": "", "answer": "", "reason": ""},
    }


@router.get("")
@permission(OVERSEE)
def show_queue(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """Show what is stuck, those that asked for help first."""
    return render(request, TEMPLATE, _queue(session, actor, None))


def _list(session: Session, actor: Actor, state: str, page: PageRequest) -> tuple[Any, list[dict[str, Any]]]:
    wanted = EnquiryState(state) if state in set(EnquiryState) else None
    found = queries.list_visible(session, actor, state=wanted, request=page)
    around = queries.load_around(session, actor, found.items)
    return found, [views.row_view(actor, row, around) for row in found.items]


@router.get("/all")
@permission(OVERSEE)
def list_all(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    state: State = "",
    page: Annotated[int, Query(ge=1, le=500)] = 1,
) -> Response:
    """List every enquiry, the newest first; never a word of a thread."""
    found, rows = _list(session, actor, state, PageRequest.of(page))
    states = [("", "全部"), *((item.value, labels.STATE[item][0]) for item in EnquiryState)]
    context = {"session": session, "found": found, "rows": rows, "state": state, "states": states}
    return render(request, "deals/all.html", context)


@router.get("/export.xlsx")
@permission(OVERSEE)
def export_all(
    request: Request, session: ReadSession, runtime: RuntimeDep, actor: CurrentActor, state: State = ""
) -> Response:
    """Send the list as a table."""
    rows: list[dict[str, Any]] = []
    for page in range(1, EXPORTED // MAX_SIZE + 1):
        found, part = _list(session, actor, state, PageRequest.of(page, MAX_SIZE))
        rows += part
        if page >= found.pages:
            break
    columns = [Column("双方", "other", width=48) if item.value == "other" else item for item in COLUMNS]
    return sheet_response(
        request, runtime, actor, name="deals.all", title="全部意向", columns=columns, rows=rows
    )


@router.get("/{enquiry_id}")
@permission(OVERSEE)
def show_item(request: Request, session: ReadSession, actor: CurrentActor, enquiry_id: uuid.UUID) -> Response:
    """Show one enquiry with its evidence beside the decision; the thread only when asked in or with a reason."""
    return render(request, TEMPLATE, _open(session, actor, enquiry_id))


@router.post("/{enquiry_id}/open")
@permission(OVERSEE)
def open_thread(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, enquiry_id: uuid.UUID
) -> Response:
    """Open the thread for some hours, with the reason kept."""
    with form.rejecting(TEMPLATE, lambda fresh: _open(fresh, actor, enquiry_id)):
        data = form.parse(OpenForm)
        service.open_thread(session, actor, enquiry_id=enquiry_id, reason=data.reason)
    return redirect(
        request, f"/desk/enquiries/{enquiry_id}", flash="已登记理由，往来现在能看了；双方看得到这次查看"
    )


@router.post("/{enquiry_id}/decision")
@permission(OVERSEE)
def decide(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, enquiry_id: uuid.UUID
) -> Response:
    """Move on what is stuck."""

    def again(fresh: Session) -> dict[str, Any]:
        return _open(fresh, actor, enquiry_id)

    with form.rejecting(TEMPLATE, again):
        data = form.parse(StaffForm)
        try:
            service.decide_enquiry(
                session,
                actor,
                enquiry_id=enquiry_id,
                version=data.version,
                decision=data.decision,
                code=data.code,
                note=data.note,
                message=data.answer,
            )
        except EditConflict as error:
            raise refused(error, TEMPLATE, again, form.data) from error
    return redirect(request, "/desk/enquiries", flash="已处理")
