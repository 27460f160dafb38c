"""Vendor pools: the public lists, one's own applications and answers, and appeals."""

import uuid
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor, FormData
from app.core import parameters
from app.core.errors import NotFound
from app.core.permissions import Actor, Permission, can
from app.files import queries as file_queries
from app.files import service as files
from app.organisations import pools, queries, service
from app.organisations.models import Pool
from app.organisations.pages import views
from app.organisations.queries import pools as pool_queries
from app.organisations.schemas.pools import MoveForm, PoolApplication
from app.organisations.schemas.standing import AppealForm
from app.organisations.service import pooling
from app.organisations.service.papers import POOL
from app.reference import queries as reference
from app.web.deps import ReadSession, WriteSession
from app.web.idempotent import idempotent
from app.web.policy import permission, public, signed_in
from app.web.templating import redirect, render

router = APIRouter()
EDIT = Permission.organisations_organisation_edit
MINE = "/organisations/mine/pools"


def pool_of(name: str) -> Pool:
    if name not in set(Pool):
        raise NotFound("没有这个服务商池")
    return Pool(name)


# --- everybody --------------------------------------------------------------------------------------------------


@router.get("/pools")
@public
def list_pools(request: Request, session: ReadSession) -> Response:
    """The three pools: who is in each since when, and what it takes."""
    members = pool_queries.list_members(session)
    thresholds = parameters.values(session, pools.PREFIX)
    shown = [
        {
            **views.pool_view(pool, thresholds),
            "members": [row for row in members if row.pool is pool],
        }
        for pool in Pool
    ]
    return render(
        request,
        "organisations/pools.html",
        {"session": session, "pools": shown, "districts": reference.district_names(session)},
    )


@router.get("/pools/entries/{entry_id}")
@public
def show_entry(request: Request, session: ReadSession, actor: CurrentActor, entry_id: uuid.UUID) -> Response:
    """The evidence behind a badge: each condition with its threshold, figure and finding."""
    entry = pool_queries.get_entry(session, actor, entry_id)
    context = {"session": session, "entry": entry, **views.entry_view(entry)}
    return render(request, "organisations/pool_entry.html", context)


# --- one's own --------------------------------------------------------------------------------------------------


@router.get(MINE)
@signed_in
def list_own(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    own = queries.get_own(session, actor)
    rows = pool_queries.list_entries(session, actor, organisation_id=own.id)
    alive = {row.pool for row in rows if row.state in pools.ALIVE}
    thresholds = parameters.values(session, pools.PREFIX)
    context = {
        "session": session,
        "organisation": own,
        "tabs": views.own_tabs(own, "pools"),
        "may_edit": can(actor, EDIT, own),
        "entries": [{"row": row, **views.entry_state(row)} for row in reversed(rows)],
        "pools": [views.pool_view(pool, thresholds) for pool in Pool if pool not in alive],
    }
    return render(request, "organisations/own_pools.html", context)


def _application(session: Session, actor: Actor, pool: Pool) -> dict[str, Any]:
    own = queries.get_own(session, actor)
    thresholds = parameters.values(session, pools.PREFIX)
    return {"session": session, "organisation": own, "pool": views.pool_view(pool, thresholds)}


@router.get("/organisations/mine/pools/apply/{pool}")
@permission(EDIT)
def application(request: Request, session: ReadSession, actor: CurrentActor, pool: str) -> Response:
    return render(request, "organisations/pool_apply.html", _application(session, actor, pool_of(pool)))


@router.post("/organisations/mine/pools/apply/{pool}/uploads")
@permission(EDIT)
@idempotent
def apply(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, pool: str
) -> Response:
    wanted = pool_of(pool)
    with form.rejecting("organisations/pool_apply.html", lambda fresh: _application(fresh, actor, wanted)):
        data = form.parse(PoolApplication, {**form.data, "pool": wanted})
        received = {
            item.code: files.receive(upload, allow=files.PAPERS, field=f"file-{item.code}")
            for item in pools.CRITERIA[wanted]
            if (upload := form.files.get(f"file-{item.code}")) is not None and upload.filename
        }
        entry = pooling.apply(session, actor, data=data, received=received)
    return redirect(request, f"{MINE}/{entry.id}", flash="已提交，中心逐条评审后给结果")


def _own_entry(session: Session, actor: Actor, entry_id: uuid.UUID) -> dict[str, Any]:
    own = queries.get_own(session, actor)
    entry = pool_queries.get_entry(session, actor, entry_id)
    if entry.organisation_id != own.id:
        raise NotFound("没有这条入库记录，或者它还没有公开")
    return {
        "session": session,
        "organisation": own,
        "entry": entry,
        "may_edit": can(actor, EDIT, own),
        "papers": file_queries.find_many(session, POOL, [row.id for row in entry.criteria]),
        "appeals": [
            row
            for row in pool_queries.list_appeals(session, actor, organisation_id=own.id)
            if row.entry_id == entry.id
        ],
        "appeal_days": parameters.value(session, pools.APPEAL_DAYS),
        **views.entry_view(entry),
    }


@router.get("/organisations/mine/pools/{entry_id}")
@signed_in
def show_own(request: Request, session: ReadSession, actor: CurrentActor, entry_id: uuid.UUID) -> Response:
    return render(request, "organisations/own_pool.html", _own_entry(session, actor, entry_id))


@router.post("/organisations/mine/pools/{entry_id}/answer")
@permission(EDIT)
def answer(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, entry_id: uuid.UUID
) -> Response:
    with form.rejecting("organisations/own_pool.html", lambda fresh: _own_entry(fresh, actor, entry_id)):
        pooling.answer(session, actor, entry_id=entry_id, data=form.parse(MoveForm))
    return redirect(request, f"{MINE}/{entry_id}", flash="已答复，等中心复核")


@router.post("/organisations/mine/pools/{entry_id}/withdraw")
@permission(EDIT)
def withdraw(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, entry_id: uuid.UUID
) -> Response:
    with form.rejecting("organisations/own_pool.html", lambda fresh: _own_entry(fresh, actor, entry_id)):
        pooling.withdraw(session, actor, entry_id=entry_id, data=form.parse(MoveForm))
    return redirect(request, f"{MINE}/{entry_id}", flash="已退出")


@router.post("/organisations/mine/pools/{entry_id}/appeal/uploads")
@permission(EDIT)
@idempotent
def appeal(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, entry_id: uuid.UUID
) -> Response:
    with form.rejecting("organisations/own_pool.html", lambda fresh: _own_entry(fresh, actor, entry_id)):
        data = form.parse(AppealForm)
        received = views.optional_file(form, files.PAPERS)
        service.appeal_pool_decision(session, actor, entry_id=entry_id, data=data, received=received)
    return redirect(request, f"{MINE}/{entry_id}", flash="申诉已收到，由另一位审核员办理")


def _suspension(session: Session, actor: Actor) -> dict[str, Any]:
    own = queries.get_own(session, actor)
    about = pool_queries.list_appeals(session, actor, organisation_id=own.id)
    return {
        "session": session,
        "organisation": own,
        "may_edit": can(actor, EDIT, own),
        "appeals": [row for row in about if row.entry_id is None],
        "labels": views.APPEAL_LABELS,
        "tones": views.APPEAL_TONES,
    }


@router.get("/organisations/mine/appeal")
@signed_in
def suspension_page(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    return render(request, "organisations/appeal.html", _suspension(session, actor))


@router.post("/organisations/mine/appeal/uploads")
@permission(EDIT)
@idempotent
def appeal_suspension(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession
) -> Response:
    with form.rejecting("organisations/appeal.html", lambda fresh: _suspension(fresh, actor)):
        data = form.parse(AppealForm)
        received = views.optional_file(form, files.PAPERS)
        service.appeal_suspension(session, actor, data=data, received=received)
    return redirect(request, "/organisations/mine/appeal", flash="申诉已收到，由另一位审核员办理")
