"""Registering an organisation: first the code, then the rest; a known code leads to asking its admin."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor, FormData
from app.core.permissions import Permission
from app.organisations import queries, service
from app.organisations.pages import views
from app.organisations.schemas import JoinForm, OrganisationCreate
from app.reference import queries as reference
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.forms import Form
from app.web.idempotent import idempotent
from app.web.policy import permission
from app.web.templating import redirect, render, safe_next

router = APIRouter(prefix="/organisations")
Code = Annotated[str, Query(max_length=60)]
CREATE = Permission.organisations_organisation_create


def _again(session: Session, form: Form) -> dict[str, Any]:
    check = queries.check_code(session, form.text("credit_code"))
    return {
        **views.form_context(session, form.text("industry")),
        "check": check,
        "step": 2,
        "next": safe_next(form.text("next"), ""),
    }


@router.get("/new")
@permission(CREATE)
def new_organisation(
    request: Request,
    session: ReadSession,
    code: Code = "",
    next: Annotated[str, Query(max_length=300)] = "",  # noqa: A002  the query's name
) -> Response:
    check = queries.check_code(session, code)
    if check.registered:
        return redirect(request, f"/organisations/join?code={quote(check.code)}")
    context = {**views.form_context(session), "check": check, "step": 2 if check.valid else 1}
    context["values"] = {"code": code, "credit_code": check.code}
    context["next"] = safe_next(next, "")
    if code and check.problems:
        context["errors"] = {"code": "；".join(problem.message for problem in check.problems)}
    return render(request, "organisations/new.html", context)


@router.get("/check-code")
@permission(CREATE)
def check_code(
    request: Request, session: ReadSession, actor: CurrentActor, runtime: RuntimeDep, code: Code = ""
) -> Response:
    """The live answer beside the field; the same words come with the page when there is no script."""
    runtime.throttle.hit([("60/minute", f"check-code:{actor.user_id}")])
    check = queries.check_code(session, code)
    return render(request, "organisations/_code.html", {"check": check, "session": session})


@router.post("/new")
@permission(CREATE)
@idempotent
def register(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, runtime: RuntimeDep
) -> Response:
    with form.rejecting("organisations/new.html", lambda fresh: _again(fresh, form)):
        following = safe_next(form.text("next"), "/organisations/mine")
        data = form.parse(
            OrganisationCreate, {key: value for key, value in form.data.items() if key != "next"}
        )
        runtime.throttle.hit([("10/day", f"organisations:{actor.user_id}")], message="今天登记得太多了")
        try:
            organisation = service.register_organisation(session, actor, data=data)
        except service.AlreadyRegistered as error:
            return redirect(request, f"/organisations/join?code={quote(error.credit_code)}")
    return redirect(request, following, flash=f"{organisation.name}登记好了，中心会在两个工作日内核验")


def _join_context(session: Session, code: str) -> dict[str, Any]:
    check = queries.check_code(session, code)
    district = reference.find_district(session, check.holder.district_slug) if check.holder else None
    return {
        "session": session,
        "check": check,
        "holder": check.holder,
        "district_name": district.short_name if district else "",
        "has_admin": check.holder is not None and service.has_admin(session, check.holder.id),
        "values": {"code": check.code},
    }


@router.get("/join")
@permission(CREATE)
def join_page(request: Request, session: ReadSession, code: Code = "") -> Response:
    context = _join_context(session, code)
    if context["holder"] is None:
        return redirect(request, f"/organisations/new?code={quote(code)}")
    return render(request, "organisations/join.html", context)


@router.post("/join")
@permission(CREATE)
def join(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, runtime: RuntimeDep
) -> Response:
    with form.rejecting("organisations/join.html", lambda fresh: _join_context(fresh, form.text("code"))):
        data = form.parse(JoinForm)
        runtime.throttle.hit([("10/day", f"join:{actor.user_id}")], message="今天申请得太多了")
        service.request_membership(session, actor, credit_code=data.code, note=data.note)
    return redirect(request, "/organisations/mine", flash="申请已经送到，对方同意后您就能代表它办事")
