"""Asking the centre for an organisation: it was registered by a stranger, or its admin is gone."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor, FormData
from app.core.permissions import Actor, Permission
from app.files import queries as file_queries
from app.files import service as files
from app.organisations import queries, service
from app.organisations.models import ClaimKind
from app.organisations.pages import views
from app.organisations.queries import standing as standing_queries
from app.organisations.schemas.standing import ClaimForm
from app.organisations.service.papers import CLAIM
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.idempotent import idempotent
from app.web.policy import permission
from app.web.templating import redirect, render

router = APIRouter(prefix="/organisations/claims")
CREATE = Permission.organisations_organisation_create
LIST = "/organisations/claims"
KINDS = [
    (ClaimKind.dispute.value, "不是我们登记的", "别人登记了我们单位，或管理员不是我们的人"),
    (ClaimKind.departed.value, "原来的管理员不在了", "离职、联系不上，没有人能同意新成员"),
]


def _new(session: Session, code: str) -> dict[str, Any]:
    check = queries.check_code(session, code)
    return {"session": session, "check": check, "holder": check.holder, "kinds": KINDS}


def _list(session: Session, actor: Actor) -> dict[str, Any]:
    rows = standing_queries.list_claims(session, actor)
    return {
        "session": session,
        "rows": rows,
        "papers": file_queries.find_many(session, CLAIM, [row.id for row in rows]),
        "kinds": {value: label for value, label, _note in KINDS},
        "labels": views.CLAIM_LABELS,
        "tones": views.CLAIM_TONES,
    }


@router.get("")
@permission(CREATE)
def list_own(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """What one asked the centre, and what it answered."""
    return render(request, "organisations/claims.html", _list(session, actor))


@router.get("/new")
@permission(CREATE)
def new_claim(
    request: Request,
    session: ReadSession,
    code: Annotated[str, Query(max_length=60)] = "",
    kind: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    context = _new(session, code)
    context["values"] = {"code": context["check"].code, "kind": kind}
    return render(request, "organisations/claim.html", context)


@router.post("/uploads")
@permission(CREATE)
@idempotent
def open_claim(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, runtime: RuntimeDep
) -> Response:
    with form.rejecting("organisations/claim.html", lambda fresh: _new(fresh, form.text("code"))):
        data = form.parse(ClaimForm)
        runtime.throttle.hit([("5/day", f"claim:{actor.user_id}")], message="今天提得太多了")
        received = views.optional_file(form, files.PAPERS)
        service.open_claim(session, actor, data=data, received=received)
    return redirect(request, LIST, flash="已送到中心，核实后双方都会收到结果")


@router.post("/{claim_id}/withdraw")
@permission(CREATE)
def withdraw(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, claim_id: uuid.UUID
) -> Response:
    with form.rejecting("organisations/claims.html", lambda fresh: _list(fresh, actor)):
        service.withdraw_claim(session, actor, claim_id=claim_id)
    return redirect(request, LIST, flash="已撤回")
