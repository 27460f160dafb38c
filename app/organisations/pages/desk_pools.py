"""The staff's desk for vendor pools and appeals."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.accounts.deps import CurrentActor, FormData
from app.core import parameters
from app.core.permissions import Actor, Permission
from app.core.sheets import Column
from app.files import queries as file_queries
from app.organisations import pools, queries, service
from app.organisations.models import Appeal, AppealAbout, Pool
from app.organisations.pages import views
from app.organisations.queries import pools as pool_queries
from app.organisations.schemas.pools import MoveForm, PoolDecision, WarningForm
from app.organisations.schemas.standing import AppealDecision
from app.organisations.service import pooling
from app.organisations.service.papers import APPEAL, POOL
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.exports import sheet_response
from app.web.policy import permission
from app.web.templating import redirect, render

router = APIRouter(prefix="/desk")
READ = Permission.organisations_queue_read
VERIFY = Permission.organisations_organisation_verify
POOLS, APPEALS = "/desk/pools", "/desk/appeals"
TEMPLATE = "organisations/desk_pools.html"
PoolName = Annotated[str, Query(max_length=20)]


def _entry(session: Session, actor: Actor, current: uuid.UUID | None) -> dict[str, Any]:
    rows = pool_queries.list_to_decide(session)
    context: dict[str, Any] = {
        "session": session,
        "queue": {
            "title": f"服务商池 {pool_queries.wait_in_pools(session).count} 件",
            "note": "申请逐条评审，整改答复要复核",
            "rows": [
                views.queue_row(
                    f"{POOLS}/{row.id}",
                    row.organisation.name,
                    row.updated_at,
                    [pools.POOL_LABELS[row.pool], pools.STATE_LABELS[row.state]],
                    current=row.id == current,
                )
                for row in rows
            ],
            "more_href": "",
            "open": current is not None,
        },
        "keys": [(["j", "k"], "上下一件"), (["Enter"], "打开"), (["Ctrl", "Enter"], "提交")],
        "opened": None,
    }
    if current is not None:
        entry = pool_queries.get_entry(session, actor, current)
        context |= {
            "opened": entry,
            "papers": file_queries.find_many(session, POOL, [row.id for row in entry.criteria]),
            "people": people.user_names(session, [row.by for row in entry.steps if row.by]),
            "days": parameters.value(session, pools.RECTIFY_DAYS),
            **views.entry_view(entry),
        }
    return context


@router.get("/pools")
@permission(READ)
def show_queue(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    first = pool_queries.list_to_decide(session, limit=1)
    return render(request, TEMPLATE, _entry(session, actor, first[0].id if first else None))


def _listed(session: Session, actor: Actor, pool: str) -> list[dict[str, Any]]:
    wanted = Pool(pool) if pool in set(Pool) else None
    rows = pool_queries.list_entries(session, actor, pool=wanted)
    return [{"row": row, **views.entry_state(row)} for row in rows]


@router.get("/pools/all")
@permission(READ)
def list_all(request: Request, session: ReadSession, actor: CurrentActor, pool: PoolName = "") -> Response:
    """Every entry in any state: whom to warn stands here."""
    return render(
        request,
        "organisations/desk_pools_all.html",
        {
            "session": session,
            "rows": _listed(session, actor, pool),
            "pools": [(item.value, label) for item, label in pools.POOL_LABELS.items()],
            "values": {"pool": pool if pool in set(Pool) else ""},
        },
    )


@router.get("/pools/export.xlsx")
@permission(READ)
def export(
    request: Request, session: ReadSession, actor: CurrentActor, runtime: RuntimeDep, pool: PoolName = ""
) -> Response:
    return sheet_response(
        request,
        runtime,
        actor,
        name="organisations.pools",
        title="服务商池",
        columns=(
            Column("服务商", lambda item: item["row"].organisation.name, width=32),
            Column("信用代码", lambda item: item["row"].organisation.credit_code, width=22),
            Column("池", "pool_name"),
            Column("状态", "state_label"),
            Column("申请", lambda item: item["row"].created_at, "datetime"),
            Column("入库", lambda item: item["row"].admitted_at, "datetime"),
            Column("整改期限", lambda item: item["row"].deadline, "date"),
        ),
        rows=_listed(session, actor, pool),
    )


@router.get("/pools/{entry_id}")
@permission(READ)
def show_entry(request: Request, session: ReadSession, actor: CurrentActor, entry_id: uuid.UUID) -> Response:
    return render(request, TEMPLATE, _entry(session, actor, entry_id))


@router.post("/pools/{entry_id}/decision")
@permission(VERIFY)
def decide(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, entry_id: uuid.UUID
) -> Response:
    with form.rejecting(TEMPLATE, lambda fresh: _entry(fresh, actor, entry_id)):
        data = form.parse(PoolDecision)
        pooling.decide(session, actor, entry_id=entry_id, data=data)
    return redirect(request, POOLS, flash="已入库" if data.admit else "已告诉对方没有通过")


@router.post("/pools/{entry_id}/warn")
@permission(VERIFY)
def warn(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, entry_id: uuid.UUID
) -> Response:
    with form.rejecting(TEMPLATE, lambda fresh: _entry(fresh, actor, entry_id)):
        pooling.warn(session, actor, entry_id=entry_id, data=form.parse(WarningForm))
    return redirect(request, f"{POOLS}/{entry_id}", flash="已警示，对方收到期限和原因")


@router.post("/pools/{entry_id}/lift")
@permission(VERIFY)
def lift(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, entry_id: uuid.UUID
) -> Response:
    with form.rejecting(TEMPLATE, lambda fresh: _entry(fresh, actor, entry_id)):
        pooling.lift(session, actor, entry_id=entry_id, data=form.parse(MoveForm))
    return redirect(request, f"{POOLS}/{entry_id}", flash="已解除警示")


@router.post("/pools/{entry_id}/remove")
@permission(VERIFY)
def remove(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, entry_id: uuid.UUID
) -> Response:
    with form.rejecting(TEMPLATE, lambda fresh: _entry(fresh, actor, entry_id)):
        pooling.remove(session, actor, entry_id=entry_id, data=form.parse(MoveForm))
    return redirect(request, f"{POOLS}/{entry_id}", flash="已移出，对方可以申诉")


# --- appeals ----------------------------------------------------------------------------------------------------


def _what(row: Appeal) -> str:
    return "机构暂停" if row.about is AppealAbout.suspension else "服务商池"


def _appeal(session: Session, actor: Actor, current: uuid.UUID | None) -> dict[str, Any]:
    rows = pool_queries.list_appeals(session, actor, open_only=True)
    context: dict[str, Any] = {
        "session": session,
        "queue": {
            "title": f"申诉 {len(rows)} 件",
            "note": "由原决定以外的另一位审核员办理",
            "rows": [
                views.queue_row(
                    f"{APPEALS}/{row.id}",
                    row.organisation.name,
                    row.created_at,
                    [_what(row)],
                    current=row.id == current,
                )
                for row in rows
            ],
            "more_href": "",
            "open": current is not None,
        },
        "keys": [(["j", "k"], "上下一件"), (["a"], "成立"), (["r"], "不成立"), (["Ctrl", "Enter"], "提交")],
        "opened": None,
    }
    if current is not None:
        row = pool_queries.get_appeal(session, actor, current)
        entry = pool_queries.get_entry(session, actor, row.entry_id) if row.entry_id else None
        context |= {
            "opened": row,
            "what": _what(row),
            "label": views.APPEAL_LABELS[row.state],
            "tone": views.APPEAL_TONES[row.state.value],
            "papers": file_queries.list_files(session, APPEAL, row.id),
            "entry": entry,
            "entry_view": views.entry_view(entry) if entry else None,
            "history": queries.list_verifications(session, row.organisation_id) if entry is None else [],
            "people": people.user_names(session, [who for who in (row.first_by, row.decided_by) if who]),
        }
    return context


@router.get("/appeals")
@permission(READ)
def show_appeals(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    first = pool_queries.list_appeals(session, actor, open_only=True, limit=1)
    context = _appeal(session, actor, first[0].id if first else None)
    return render(request, "organisations/desk_appeals.html", context)


@router.get("/appeals/{appeal_id}")
@permission(READ)
def show_appeal(
    request: Request, session: ReadSession, actor: CurrentActor, appeal_id: uuid.UUID
) -> Response:
    return render(request, "organisations/desk_appeals.html", _appeal(session, actor, appeal_id))


@router.post("/appeals/{appeal_id}/decision")
@permission(VERIFY)
def decide_appeal(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, appeal_id: uuid.UUID
) -> Response:
    with form.rejecting("organisations/desk_appeals.html", lambda fresh: _appeal(fresh, actor, appeal_id)):
        data = form.parse(AppealDecision)
        service.decide_appeal(session, actor, appeal_id=appeal_id, data=data)
    return redirect(request, APPEALS, flash="申诉成立，原决定已撤销" if data.uphold else "已维持原决定")
