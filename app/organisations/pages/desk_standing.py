"""The staff's desk for qualifications and claims, and for organisations that have no admin."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.accounts.deps import CurrentActor, FormData
from app.accounts.models import MembershipState
from app.core.pagination import PageRequest
from app.core.permissions import Actor, Permission
from app.core.sheets import Column
from app.files import queries as file_queries
from app.organisations import service
from app.organisations.models import QUALIFICATION_LABELS, ClaimKind, QualificationState
from app.organisations.pages import views
from app.organisations.queries import standing as standing_queries
from app.organisations.schemas.standing import AppointForm, ClaimDecision, QualificationDecision
from app.organisations.service.papers import CLAIM, LICENCE, QUALIFICATION
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.exports import sheet_response
from app.web.policy import permission
from app.web.templating import redirect, render

router = APIRouter(prefix="/desk")
READ = Permission.organisations_queue_read
VERIFY = Permission.organisations_organisation_verify
TITLES, CLAIMS = "/desk/qualifications", "/desk/claims"
KIND_LABELS = {ClaimKind.dispute: "不是我们登记的", ClaimKind.departed: "原管理员不在了"}
SIZE, EXPORTED = 30, 2000
State = Annotated[str, Query(max_length=20)]


# --- qualifications ---------------------------------------------------------------------------------------------


def _titles(session: Session, actor: Actor, current: uuid.UUID | None) -> dict[str, Any]:
    rows = standing_queries.list_claimed(session, actor)
    context: dict[str, Any] = {
        "session": session,
        "queue": {
            "title": f"资质确认 {standing_queries.wait_for_confirmation(session).count} 件",
            "note": "对着证明看一遍，编号、发证单位、有效期都对才确认",
            "rows": [
                views.queue_row(
                    f"{TITLES}/{row.id}",
                    row.organisation.name,
                    row.created_at,
                    [QUALIFICATION_LABELS[row.kind], row.number],
                    current=row.id == current,
                )
                for row in rows
            ],
            "more_href": "",
            "open": current is not None,
        },
        "keys": [(["j", "k"], "上下一件"), (["a"], "确认"), (["r"], "不认可"), (["Ctrl", "Enter"], "提交")],
        "opened": None,
    }
    if current is not None:
        opened = standing_queries.get_qualification(session, actor, current)
        others = standing_queries.list_qualifications(session, actor, opened.organisation_id)
        context |= {
            "opened": views.title_view(opened),
            "papers": file_queries.list_files(session, QUALIFICATION, opened.id),
            "others": [views.title_view(row) for row in others if row.id != opened.id],
            "people": people.user_names(session, [opened.decided_by] if opened.decided_by else []),
        }
    return context


@router.get("/qualifications")
@permission(READ)
def show_titles(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    first = standing_queries.list_claimed(session, actor, limit=1)
    context = _titles(session, actor, first[0].id if first else None)
    return render(request, "organisations/desk_titles.html", context)


def _wanted(state: str) -> QualificationState | None:
    return QualificationState(state) if state in set(QualificationState) else None


@router.get("/qualifications/all")
@permission(READ)
def list_titles(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    state: State = "",
    page: Annotated[int, Query(ge=1, le=500)] = 1,
) -> Response:
    wanted = _wanted(state)
    found = standing_queries.search_qualifications(
        session, actor, state=wanted, request=PageRequest.of(page, SIZE)
    )
    return render(
        request,
        "organisations/desk_titles_all.html",
        {
            "session": session,
            "found": found,
            "rows": [views.title_view(row) for row in found.items],
            "states": [(item.value, label) for item, label in views.TITLE_LABELS.items()],
            "values": {"state": wanted.value if wanted else ""},
        },
    )


@router.get("/qualifications/export.xlsx")
@permission(READ)
def export_titles(
    request: Request, session: ReadSession, actor: CurrentActor, runtime: RuntimeDep, state: State = ""
) -> Response:
    found = standing_queries.search_qualifications(
        session, actor, state=_wanted(state), request=PageRequest(1, EXPORTED)
    )
    return sheet_response(
        request,
        runtime,
        actor,
        name="organisations.qualifications",
        title="资质",
        columns=(
            Column("机构", lambda item: item["row"].organisation.name, width=32),
            Column("信用代码", lambda item: item["row"].organisation.credit_code, width=22),
            Column("资质", "name", width=24),
            Column("编号", lambda item: item["row"].number),
            Column("发证单位", lambda item: item["row"].issuer, width=28),
            Column("有效期自", lambda item: item["row"].valid_from, "date"),
            Column("有效期至", lambda item: item["row"].valid_to, "date"),
            Column("状态", "label"),
            Column("说明", lambda item: item["row"].reason, width=32),
        ),
        rows=[views.title_view(row) for row in found.items],
    )


@router.get("/qualifications/{qualification_id}")
@permission(READ)
def show_title(
    request: Request, session: ReadSession, actor: CurrentActor, qualification_id: uuid.UUID
) -> Response:
    return render(request, "organisations/desk_titles.html", _titles(session, actor, qualification_id))


@router.post("/qualifications/{qualification_id}/decision")
@permission(VERIFY)
def decide_title(
    request: Request,
    actor: CurrentActor,
    form: FormData,
    session: WriteSession,
    qualification_id: uuid.UUID,
) -> Response:
    with form.rejecting(
        "organisations/desk_titles.html", lambda fresh: _titles(fresh, actor, qualification_id)
    ):
        data = form.parse(QualificationDecision)
        service.decide_qualification(session, actor, qualification_id=qualification_id, data=data)
    return redirect(request, TITLES, flash="已确认" if data.confirm else "已告诉对方没有确认")


# --- claims -----------------------------------------------------------------------------------------------------


def _claims(session: Session, actor: Actor, current: uuid.UUID | None) -> dict[str, Any]:
    rows = standing_queries.list_claims(session, actor, open_only=True)
    context: dict[str, Any] = {
        "session": session,
        "queue": {
            "title": f"机构归属异议 {len(rows)} 件",
            "note": "成立就移交：原管理员立刻失去权限，双方都收到结果",
            "rows": [
                views.queue_row(
                    f"{CLAIMS}/{row.id}",
                    row.organisation.name,
                    row.created_at,
                    [KIND_LABELS[row.kind]],
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
        opened = standing_queries.get_claim(session, actor, current)
        members = people.list_memberships(session, opened.organisation_id, MembershipState.active)
        context |= {
            "opened": opened,
            "kind": KIND_LABELS[opened.kind],
            "label": views.CLAIM_LABELS[opened.state],
            "tone": views.CLAIM_TONES[opened.state.value],
            "papers": file_queries.list_files(session, CLAIM, opened.id),
            "licences": list(reversed(file_queries.list_files(session, LICENCE, opened.organisation_id))),
            "members": members,
            "claimant": people.get_user(session, opened.claimant_id),
            "people": people.user_names(session, [opened.decided_by] if opened.decided_by else []),
            **views.facts(session, opened.organisation),
        }
    return context


@router.get("/claims")
@permission(READ)
def show_claims(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    first = standing_queries.list_claims(session, actor, open_only=True, limit=1)
    context = _claims(session, actor, first[0].id if first else None)
    return render(request, "organisations/desk_claims.html", context)


@router.get("/claims/{claim_id}")
@permission(READ)
def show_claim(request: Request, session: ReadSession, actor: CurrentActor, claim_id: uuid.UUID) -> Response:
    return render(request, "organisations/desk_claims.html", _claims(session, actor, claim_id))


@router.post("/claims/{claim_id}/decision")
@permission(VERIFY)
def decide_claim(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, claim_id: uuid.UUID
) -> Response:
    with form.rejecting("organisations/desk_claims.html", lambda fresh: _claims(fresh, actor, claim_id)):
        data = form.parse(ClaimDecision)
        service.decide_claim(session, actor, claim_id=claim_id, data=data)
    return redirect(request, CLAIMS, flash="已移交，双方都会收到" if data.uphold else "已定为不成立")


# --- organisations without an admin -----------------------------------------------------------------------------


def _orphans(session: Session) -> dict[str, Any]:
    rows = standing_queries.list_without_admin(session)
    known = standing_queries.list_candidates(session, [row.id for row in rows])
    return {
        "session": session,
        "rows": [
            {"organisation": row, "members": [item for item in known if item.organisation_id == row.id]}
            for row in rows
        ],
    }


@router.get("/orphans")
@permission(READ)
def show_orphans(request: Request, session: ReadSession) -> Response:
    """Organisations that nobody can act for as an admin, with the people whom staff may appoint."""
    return render(request, "organisations/desk_orphans.html", _orphans(session))


@router.post("/orphans/{organisation_id}/appoint")
@permission(VERIFY)
def appoint(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, organisation_id: uuid.UUID
) -> Response:
    with form.rejecting("organisations/desk_orphans.html", _orphans):
        data = form.parse(AppointForm)
        service.appoint_admin(session, actor, organisation_id=organisation_id, data=data)
    return redirect(request, "/desk/orphans", flash="已指定管理员，对方会收到消息")
