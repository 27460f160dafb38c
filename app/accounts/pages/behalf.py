"""Staff acting for an organisation: begin with a reason, end with one click."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from app.accounts import queries, service
from app.accounts.deps import CurrentActor, FormData
from app.accounts.schemas import BehalfForm
from app.core.permissions import Permission
from app.web.deps import ReadSession, WriteSession
from app.web.policy import permission, signed_in
from app.web.templating import redirect, render

router = APIRouter(prefix="/desk/act-for")
TEMPLATE, PAGE = "accounts/act_for.html", "/desk/act-for"
START = Permission.accounts_behalf_start
STATES = {"unverified": "待核验", "verified": "已核验", "returned": "退回补正", "suspended": "已暂停"}


def _context(session: Session, text: str) -> dict[str, Any]:
    rows = queries.list_behalves(session)
    return {
        "session": session,
        "found": queries.search_organisations(session, text) if text.strip() else [],
        "text": text,
        "states": STATES,
        "behalves": rows,
        "people": queries.user_names(session, [row.user_id for row in rows]),
        "organisations": queries.organisation_names(session, [row.organisation_id for row in rows]),
    }


@router.get("")
@permission(START)
def search(request: Request, session: ReadSession, q: Annotated[str, Query(max_length=80)] = "") -> Response:
    return render(request, TEMPLATE, {**_context(session, q), "values": {"q": q, "minutes": 30}})


@router.post("/end")
@signed_in
def end(request: Request, actor: CurrentActor, session: WriteSession) -> Response:
    service.end_behalf(session, actor)
    return redirect(request, "/desk", flash="代办已结束，您又是中心工作人员")


@router.post("/{organisation_id}")
@permission(START)
def start(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, organisation_id: uuid.UUID
) -> Response:
    with form.rejecting(TEMPLATE, lambda fresh: _context(fresh, form.text("q"))):
        data = form.parse(BehalfForm)
        service.start_behalf(
            session, actor, organisation_id=organisation_id, reason=data.reason, minutes=data.minutes
        )
    return redirect(request, "/workspace", flash="代办开始了，做的每一步都会记录", kind="warn")
