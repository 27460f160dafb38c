"""One's own organisation: its licence, its size, its qualifications."""

import uuid
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.accounts.deps import CurrentActor, FormData
from app.core import clock
from app.core.permissions import Actor, Permission, can
from app.files import queries as file_queries
from app.files import service as files
from app.organisations import queries, service, size
from app.organisations.models import QUALIFICATION_LABELS, Organisation
from app.organisations.pages import views
from app.organisations.queries import standing as standing_queries
from app.organisations.schemas.standing import QualificationForm, SizeForm
from app.organisations.service.papers import LICENCE, QUALIFICATION
from app.organisations.service.standing import REMINDERS
from app.web.deps import ReadSession, WriteSession
from app.web.idempotent import idempotent
from app.web.policy import permission, signed_in
from app.web.templating import redirect, render

router = APIRouter(prefix="/organisations/mine")
EDIT = Permission.organisations_organisation_edit
LICENCE_URL, SIZE_URL, TITLES_URL = (
    f"/organisations/mine/{name}" for name in ("licence", "size", "qualifications")
)


def _own(session: Session, actor: Actor, current: str) -> tuple[Organisation, dict[str, Any]]:
    own = queries.get_own(session, actor)
    return own, {
        "session": session,
        "organisation": own,
        "may_edit": can(actor, EDIT, own),
        "tabs": views.own_tabs(own, current),
    }


# --- licence ----------------------------------------------------------------------------------------------------


def _licence(session: Session, actor: Actor) -> dict[str, Any]:
    own, context = _own(session, actor, "licence")
    papers = list(reversed(file_queries.list_files(session, LICENCE, own.id)))
    return {
        **context,
        "papers": papers,
        "people": people.user_names(session, [row.created_by for row in papers if row.created_by]),
    }


@router.get("/licence")
@signed_in
def show_licence(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    return render(request, "organisations/licence.html", _licence(session, actor))


@router.post("/licence/uploads")
@permission(EDIT)
@idempotent
def add_licence(request: Request, actor: CurrentActor, form: FormData, session: WriteSession) -> Response:
    with form.rejecting("organisations/licence.html", lambda fresh: _licence(fresh, actor)):
        received = files.receive(form.files.get("file"), allow=files.PAPERS)
        service.add_licence(session, actor, received=received)
    return redirect(request, LICENCE_URL, flash="已上传，查毒通过后就能打开；原来的留作历史")


@router.post("/licence/{paper_id}/remove")
@permission(EDIT)
def remove_licence(
    request: Request, actor: CurrentActor, session: WriteSession, paper_id: uuid.UUID
) -> Response:
    service.remove_licence(session, actor, file_id=paper_id)
    return redirect(request, LICENCE_URL, flash="已删除这份执照")


# --- size -------------------------------------------------------------------------------------------------------


def _size(session: Session, actor: Actor) -> dict[str, Any]:
    own, context = _own(session, actor, "size")
    return {
        **context,
        **views.size_view(session, own),
        "declared": standing_queries.list_sizes(session, own.id),
        "bounds": size.INDUSTRY_BOUNDS,
        "year": clock.today().year - 1,
    }


@router.get("/size")
@signed_in
def show_size(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    context = _size(session, actor)
    newest = context["declaration"]
    context["values"] = {
        "year": context["year"],
        "staff_count": newest.staff_count if newest else context["organisation"].staff_count or "",
    }
    return render(request, "organisations/size.html", context)


@router.post("/size")
@permission(EDIT)
@idempotent
def declare_size(request: Request, actor: CurrentActor, form: FormData, session: WriteSession) -> Response:
    with form.rejecting("organisations/size.html", lambda fresh: _size(fresh, actor)):
        service.declare_size(session, actor, data=form.parse(SizeForm))
    return redirect(request, SIZE_URL, flash="已保存，按最新一年算规模")


# --- qualifications ---------------------------------------------------------------------------------------------


def _titles(session: Session, actor: Actor) -> dict[str, Any]:
    own, context = _own(session, actor, "qualifications")
    rows = standing_queries.list_qualifications(session, actor, own.id)
    return {
        **context,
        "rows": [views.title_view(row) for row in rows],
        "papers": file_queries.find_many(session, QUALIFICATION, [row.id for row in rows]),
        "kinds": [(kind.value, label) for kind, label in QUALIFICATION_LABELS.items()],
        "reminders": "、".join(str(days) for days in REMINDERS),
    }


@router.get("/qualifications")
@signed_in
def show_titles(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    return render(request, "organisations/qualifications.html", _titles(session, actor))


@router.post("/qualifications/uploads")
@permission(EDIT)
@idempotent
def claim_title(request: Request, actor: CurrentActor, form: FormData, session: WriteSession) -> Response:
    with form.rejecting("organisations/qualifications.html", lambda fresh: _titles(fresh, actor)):
        data = form.parse(QualificationForm)
        received = files.receive(form.files.get("file"), allow=files.PAPERS)
        service.claim_qualification(session, actor, data=data, received=received)
    return redirect(request, TITLES_URL, flash="已提交，中心看过证明后才会公开显示")


@router.post("/qualifications/{qualification_id}/withdraw")
@permission(EDIT)
def withdraw_title(
    request: Request,
    actor: CurrentActor,
    form: FormData,
    session: WriteSession,
    qualification_id: uuid.UUID,
) -> Response:
    with form.rejecting("organisations/qualifications.html", lambda fresh: _titles(fresh, actor)):
        service.withdraw_qualification(session, actor, qualification_id=qualification_id)
    return redirect(request, TITLES_URL, flash="已撤回")
