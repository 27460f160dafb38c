"""The three administrators: accounts (system), roles (security), the audit trail (auditor)."""

import uuid
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from app.accounts import queries, service
from app.accounts.deps import CurrentActor, FormData
from app.accounts.models import User, UserState
from app.accounts.policy import conflict
from app.accounts.schemas import RoleForm
from app.core import audit
from app.core.pagination import PageRequest
from app.core.permissions import PLATFORM_ROLES, ROLE_LABELS, Permission, Role
from app.core.sheets import MAX_ROWS, Column
from app.reference import queries as reference
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.exports import sheet_response
from app.web.policy import permission
from app.web.templating import redirect, render

router = APIRouter(prefix="/admin")
Text = Annotated[str, Query(max_length=80)]
PageNumber = Annotated[int, Query(ge=1, le=500)]
USERS, AUDIT = 30, 50


def _state(user: User) -> str:
    if user.erased_at is not None:
        return "已注销"
    return "正常" if user.state is UserState.active else "已停用"


COLUMNS = (
    Column("姓名", "name", width=20),
    Column("登录用", lambda user: user.mobile or user.email, width=28),
    Column("平台角色", lambda user: "、".join(ROLE_LABELS[grant.role] for grant in user.grants), width=28),
    Column("区县", lambda user: next((grant.district for grant in user.grants if grant.district), "")),
    Column("注册于", "created_at", kind="datetime", width=18),
    Column("状态", _state, width=10),
)


@router.get("/users")
@permission(Permission.accounts_user_read)
def list_users(
    *,
    request: Request,
    session: ReadSession,
    q: Text = "",
    state: Text = "",
    role: Text = "",
    page: PageNumber = 1,
) -> Response:
    found = queries.search_users(session, _wanted(q, state, role), PageRequest.of(page, USERS))
    return render(
        request,
        "accounts/users.html",
        {
            "session": session,
            "found": found,
            "values": {"q": q, "state": state, "role": role},
            "roles": [(item.value, ROLE_LABELS[item]) for item in Role if item in PLATFORM_ROLES],
        },
    )


def _wanted(q: str, state: str, role: str) -> queries.UserFilter:
    states, roles = {item.value: item for item in UserState}, {item.value: item for item in Role}
    return queries.UserFilter(q, states.get(state), state == "erased", roles.get(role))


@router.get("/users/export.xlsx")
@permission(Permission.accounts_user_read)
def export_users(
    *,
    request: Request,
    actor: CurrentActor,
    session: ReadSession,
    runtime: RuntimeDep,
    q: Text = "",
    state: Text = "",
    role: Text = "",
) -> Response:
    rows = queries.list_users(session, _wanted(q, state, role), limit=MAX_ROWS)
    session.close()  # the answer notes the export in a transaction of its own
    return sheet_response(
        request, runtime, actor, name="accounts.users", title="账号", columns=COLUMNS, rows=rows
    )


def _user_context(session: Session, user_id: uuid.UUID) -> dict[str, Any]:
    user = queries.get_user(session, user_id)
    held = queries.list_roles_held(session, user_id)
    choices = []
    for role in Role:
        if role in PLATFORM_ROLES and role not in held:
            against = conflict(held, role)
            choices.append((role, ROLE_LABELS[role], ROLE_LABELS[against] if against else None))
    return {
        "session": session,
        "user": user,
        "choices": choices,
        "second_factor": queries.find_totp(session, user_id) is not None,
        "districts": [(row.slug, row.short_name) for row in reference.list_districts(session)],
        "district_names": reference.district_names(session),
        "organisations": queries.organisation_names(
            session, [item.organisation_id for item in user.memberships]
        ),
    }


@router.get("/users/{user_id}")
@permission(Permission.accounts_user_read)
def show_user(request: Request, session: ReadSession, user_id: uuid.UUID) -> Response:
    return render(request, "accounts/user.html", _user_context(session, user_id))


@router.post("/users/{user_id}/disable")
@permission(Permission.accounts_user_manage)
def disable_user(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, user_id: uuid.UUID
) -> Response:
    with form.rejecting("accounts/user.html", lambda fresh: _user_context(fresh, user_id)):
        service.set_user_state(session, actor, user_id=user_id, state=UserState.disabled)
    return redirect(request, f"/admin/users/{user_id}", flash="账号已停用，对方的下一次请求就会被拒绝")


@router.post("/users/{user_id}/restore")
@permission(Permission.accounts_user_manage)
def restore_user(
    request: Request, actor: CurrentActor, session: WriteSession, user_id: uuid.UUID
) -> Response:
    service.set_user_state(session, actor, user_id=user_id, state=UserState.active)
    return redirect(request, f"/admin/users/{user_id}", flash="账号已恢复")


@router.post("/users/{user_id}/second-factor/reset")
@permission(Permission.accounts_second_factor_reset)
def reset_second_factor(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, user_id: uuid.UUID
) -> Response:
    with form.rejecting("accounts/user.html", lambda fresh: _user_context(fresh, user_id)):
        service.reset_second_factor(session, actor, user_id=user_id)
    return redirect(request, f"/admin/users/{user_id}", flash="两步验证已重置，已通知本人")


@router.post("/users/{user_id}/roles")
@permission(Permission.accounts_role_grant)
def grant_role(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, user_id: uuid.UUID
) -> Response:
    with form.rejecting("accounts/user.html", lambda fresh: _user_context(fresh, user_id)):
        data = form.parse(RoleForm)
        service.grant_role(session, actor, user_id=user_id, role=data.role, district=data.district or None)
    return redirect(request, f"/admin/users/{user_id}", flash=f"已授予「{ROLE_LABELS[data.role]}」")


@router.post("/users/{user_id}/roles/{role}/revoke")
@permission(Permission.accounts_role_grant)
def revoke_role(
    request: Request, actor: CurrentActor, session: WriteSession, user_id: uuid.UUID, role: Role
) -> Response:
    service.revoke_role(session, actor, user_id=user_id, role=role)
    return redirect(request, f"/admin/users/{user_id}", flash=f"已收回「{ROLE_LABELS[role]}」")


@router.get("/audit")
@permission(Permission.accounts_audit_read)
def read_audit(
    *,
    request: Request,
    session: ReadSession,
    name: Text = "",
    who: Text = "",
    object_id: Annotated[str, Query(alias="object", max_length=64)] = "",
    since: Annotated[str, Query(alias="from", max_length=10)] = "",
    until: Annotated[str, Query(alias="to", max_length=10)] = "",
    page: PageNumber = 1,
) -> Response:
    wanted = queries.AuditFilter(
        name=name, who=who, object_id=object_id, since=_day(since), until=_day(until)
    )
    found = queries.list_audit(session, wanted, PageRequest.of(page, AUDIT))
    people = queries.user_names(session, [row.actor_user_id for row in found.items if row.actor_user_id])
    return render(
        request,
        "accounts/audit.html",
        {
            "session": session,
            "found": found,
            "people": people,
            "names": audit.names(),
            "values": {"name": name, "who": who, "object": object_id, "from": since, "to": until},
        },
    )


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1 < found.year < 9999 else None  # the ends of the calendar leave no room for a time zone
