"""The staff's desk: who waits for verification, oldest first, with the evidence beside the decision."""

import uuid
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.accounts.deps import CurrentActor, FormData
from app.accounts.models import MembershipState
from app.core import clock, parameters
from app.core.pagination import PageRequest
from app.core.permissions import Actor, Permission
from app.core.sheets import Column
from app.files import queries as file_queries
from app.organisations import evidence, queries, service
from app.organisations.models import STATE_LABELS, OrganisationState, Verification, VerificationCause
from app.organisations.pages import views
from app.organisations.queries import pools as pool_queries
from app.organisations.queries import standing as standing_queries
from app.organisations.schemas import DecisionForm, ReasonForm
from app.organisations.service.papers import LICENCE
from app.organisations.verification import CHECKS
from app.reference import data as reference_data
from app.reference import queries as reference
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.exports import sheet_response
from app.web.policy import permission
from app.web.templating import redirect, render

router = APIRouter(prefix="/desk/organisations")
READ = Permission.organisations_queue_read
VERIFY = Permission.organisations_organisation_verify
TEMPLATE = "organisations/desk.html"
SIZE, EXPORTED = 30, 2000
CAUSES = {
    VerificationCause.registered: "新登记",
    VerificationCause.mended: "补正后再交",
    VerificationCause.renamed: "核验后改了名称或身份",
    VerificationCause.suspended: "暂停后重新核验",
}


def _queue(session: Session, current: uuid.UUID | None) -> dict[str, Any]:
    hours = parameters.value(session, "organisations.verification.hours")
    late = clock.now() - timedelta(hours=float(hours))
    rounds = queries.list_queue(session)
    return {
        "session": session,
        "rows": [_row(item, late=item.submitted_at < late, current=current) for item in rounds],
        "total": queries.summarise_queue(session).count,
        "hours": hours,
        "checks": list(CHECKS.values()),
        "causes": CAUSES,
    }


def _row(item: Verification, *, late: bool, current: uuid.UUID | None) -> dict[str, Any]:
    organisation = item.organisation
    capacities = "、".join(
        label for value, label, _note in views.CAPACITY_CHOICES if value in organisation.capacity_set
    )
    return {
        "href": f"/desk/organisations/{organisation.id}",
        "title": organisation.name,
        "age": clock.cn_ago(item.submitted_at).removesuffix("前"),
        "late": late,
        "reasons": [CAUSES[item.cause], capacities],
        "current": organisation.id == current,
    }


def _open(session: Session, actor: Actor, organisation_id: uuid.UUID) -> dict[str, Any]:
    organisation = queries.get_organisation(session, actor, organisation_id)
    district = reference.find_district(session, organisation.district_slug)
    named = views.facts(session, organisation)
    lookalikes = queries.list_lookalikes(session, organisation)
    history = queries.list_verifications(session, organisation.id)
    licences = list(reversed(file_queries.list_files(session, LICENCE, organisation.id)))
    entries = pool_queries.list_entries(session, actor, organisation_id=organisation.id)
    titles = standing_queries.list_qualifications(session, actor, organisation.id)
    around = evidence.Surroundings(
        district_name=named["district_name"],
        district_code=district.code if district else None,
        industry_name=named["industry_name"],
        lookalikes=lookalikes,
        categories=reference_data.uscc_categories(),
        licences=[row.created_at for row in licences],
    )
    return {
        **_queue(session, organisation.id),
        **named,
        "organisation": organisation,
        "round": queries.find_open_verification(session, organisation.id),
        "evidence": evidence.collect(organisation, around),
        "lookalikes": lookalikes,
        "history": history,
        "licences": licences,
        "titles": [views.title_view(row) for row in titles],
        "entries": [{"row": row, **views.entry_state(row)} for row in entries],
        **views.size_view(session, organisation),
        "people": people.user_names(
            session, [who for row in history for who in (row.submitted_by, row.decided_by) if who]
        ),
    }


@router.get("")
@permission(READ)
def show_queue(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """Show the queue with its oldest item open."""
    oldest = queries.find_next_open(session, None)
    context = _open(session, actor, oldest) if oldest else {**_queue(session, None), "organisation": None}
    return render(request, TEMPLATE, context)


@router.get("/all")
@permission(READ)
def list_all(
    *,
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    q: Annotated[str, Query(max_length=80)] = "",
    state: Annotated[str, Query(max_length=20)] = "",
    page: Annotated[int, Query(ge=1, le=500)] = 1,
) -> Response:
    """Find any organisation by name or code."""
    wanted = OrganisationState(state) if state in set(OrganisationState) else None
    found = queries.search_organisations(
        session, actor, text=q, state=wanted, request=PageRequest.of(page, SIZE)
    )
    return render(
        request,
        "organisations/all.html",
        {
            "session": session,
            "found": found,
            "districts": reference.district_names(session),
            "states": [(item.value, label) for item, label in STATE_LABELS.items()],
            "state_labels": STATE_LABELS,
            "state_tones": views.STATE_TONES,
            "values": {"q": q, "state": wanted.value if wanted else ""},
        },
    )


@router.get("/export.xlsx")
@permission(READ)
def export(
    *,
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    runtime: RuntimeDep,
    q: Annotated[str, Query(max_length=80)] = "",
    state: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The list of all organisations as a sheet; revenue and contact details stay out of it."""
    wanted = OrganisationState(state) if state in set(OrganisationState) else None
    found = queries.search_organisations(
        session, actor, text=q, state=wanted, request=PageRequest(1, EXPORTED)
    )
    districts = reference.district_names(session)
    sizes = standing_queries.latest_sizes(session, [row.id for row in found.items])
    return sheet_response(
        request,
        runtime,
        actor,
        name="organisations.all",
        title="机构",
        columns=(
            Column("名称", "name", width=32),
            Column("信用代码", "credit_code", width=22),
            Column("身份", lambda row: "、".join(views.capacity_names(row)), width=20),
            Column("区县", lambda row: districts.get(row.district_slug, row.district_slug)),
            Column("行业", "industry_code"),
            Column("规模", lambda row: views.size_of(row, sizes.get(row.id)).label),
            Column("登记", "created_at", "datetime", 20),
            Column("状态", lambda row: STATE_LABELS[row.state]),
        ),
        rows=found.items,
    )


@router.get("/{organisation_id}")
@permission(READ)
def show_item(
    request: Request, session: ReadSession, actor: CurrentActor, organisation_id: uuid.UUID
) -> Response:
    return render(request, TEMPLATE, _open(session, actor, organisation_id))


@router.post("/{organisation_id}/decision")
@permission(VERIFY)
def decide(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, organisation_id: uuid.UUID
) -> Response:
    with form.rejecting(TEMPLATE, lambda fresh: _open(fresh, actor, organisation_id)):
        data = form.parse(DecisionForm)
        row = service.decide_verification(session, actor, organisation_id=organisation_id, data=data)
        following = queries.find_next_open(session, row)
    words = {"verified": "已通过", "returned": "已退回", "suspended": "已暂停"}[data.decision.value]
    url = f"/desk/organisations/{following}" if following else "/desk/organisations"
    return redirect(request, url, flash=f"{words}，这是下一件" if following else f"{words}，没有下一件了")


def _suspending(session: Session, actor: Actor, organisation_id: uuid.UUID) -> dict[str, Any]:
    organisation = queries.get_organisation(session, actor, organisation_id)
    members = people.list_memberships(session, organisation.id, MembershipState.active)
    return {"session": session, "organisation": organisation, "members": len(members)}


@router.get("/{organisation_id}/suspend")
@permission(VERIFY)
def suspension_page(
    request: Request, session: ReadSession, actor: CurrentActor, organisation_id: uuid.UUID
) -> Response:
    """Say what a suspension does before it is done."""
    return render(request, "organisations/suspend.html", _suspending(session, actor, organisation_id))


@router.post("/{organisation_id}/suspend")
@permission(VERIFY)
def suspend(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, organisation_id: uuid.UUID
) -> Response:
    with form.rejecting(
        "organisations/suspend.html", lambda fresh: _suspending(fresh, actor, organisation_id)
    ):
        data = form.parse(ReasonForm)
        service.suspend_organisation(session, actor, organisation_id=organisation_id, reason=data.reason)
    return redirect(request, f"/desk/organisations/{organisation_id}", flash="已暂停，对方会收到原因")


@router.post("/{organisation_id}/lift")
@permission(VERIFY)
def lift(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, organisation_id: uuid.UUID
) -> Response:
    with form.rejecting(TEMPLATE, lambda fresh: _open(fresh, actor, organisation_id)):
        data = form.parse(ReasonForm)
        service.lift_suspension(session, actor, organisation_id=organisation_id, reason=data.reason)
    return redirect(request, f"/desk/organisations/{organisation_id}", flash="已恢复，对方会收到")


@router.post("/{organisation_id}/reopen")
@permission(VERIFY)
def reopen(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, organisation_id: uuid.UUID
) -> Response:
    with form.rejecting(TEMPLATE, lambda fresh: _open(fresh, actor, organisation_id)):
        service.reopen_verification(session, actor, organisation_id=organisation_id)
    return redirect(request, f"/desk/organisations/{organisation_id}", flash="已放回待核验")
