"""Platform roles and the state of an account."""

import uuid

from sqlalchemy.orm import Session

from app.accounts import policy, queries
from app.accounts.models import RoleGrant, UserState
from app.core import audit
from app.core.errors import Conflict
from app.core.permissions import ORGANISATION_ROLES, ROLE_LABELS, SYSTEM, Actor, Permission, Role, require
from app.reference import queries as reference

audit.register_name("accounts.role.granted", "授予角色")
audit.register_name("accounts.role.revoked", "收回角色")
audit.register_name("accounts.user.disabled", "停用账号")
audit.register_name("accounts.user.restored", "恢复账号")


def grant_role(
    session: Session, actor: Actor, *, user_id: uuid.UUID, role: Role, district: str | None = None
) -> None:
    """Grant a platform role; needs the security administrator, and the exclusions hold.

    Raises:
        Conflict: another held role excludes it, or a district officer without a district of today's list.

    """
    user = queries.get_user(session, user_id)
    if actor is not SYSTEM:
        require(actor, Permission.accounts_role_grant, user)
    if role in ORGANISATION_ROLES:
        raise Conflict("机构内的角色由机构管理员给")
    if (role is Role.district_officer) != (district is not None):
        raise Conflict("区县工作人员要写明区县，其他角色不写")
    if district is not None and district not in {row.slug for row in reference.list_districts(session)}:
        raise Conflict("没有这个区县，请从列出的里面选")
    if user.erased_at is not None:
        raise Conflict("这个账号已经注销")
    against = policy.conflict(queries.list_roles_held(session, user_id), role)
    if against is not None:
        raise Conflict(f"已有「{ROLE_LABELS[against]}」，不能再授予「{ROLE_LABELS[role]}」")
    if any(grant.role is role for grant in user.grants):
        return
    session.add(
        RoleGrant(id=uuid.uuid4(), user_id=user_id, role=role, district=district, granted_by=actor.user_id)
    )
    session.flush()
    audit.record(
        session, actor, "accounts.role.granted", kind="user", object_id=user_id, data={"role": role.value}
    )


def revoke_role(session: Session, actor: Actor, *, user_id: uuid.UUID, role: Role) -> None:
    """Take a platform role back; the next request of the user already lacks it."""
    user = queries.get_user(session, user_id)
    require(actor, Permission.accounts_role_grant, user)
    for grant in user.grants:
        if grant.role is role:
            session.delete(grant)
            audit.record(
                session,
                actor,
                "accounts.role.revoked",
                kind="user",
                object_id=user_id,
                data={"role": role.value},
            )


def set_user_state(session: Session, actor: Actor, *, user_id: uuid.UUID, state: UserState) -> None:
    """Disable or restore an account; a disabled one is out at its next request.

    Raises:
        Conflict: it is the last working account that can grant roles, or its owner had it deleted.

    """
    user = queries.get_user(session, user_id)
    require(actor, Permission.accounts_user_manage, user)
    if user.state is state:
        return
    if user.erased_at is not None:
        raise Conflict("这个账号已经注销，不能恢复")
    grants = any(grant.role is Role.security_admin for grant in user.grants)
    if (
        state is UserState.disabled
        and grants
        and queries.count_active_holders(session, Role.security_admin) < 2
    ):
        raise Conflict("这是最后一位安全管理员，停用后没有人能授予角色")
    user.state = state
    name = "accounts.user.disabled" if state is UserState.disabled else "accounts.user.restored"
    audit.record(session, actor, name, kind="user", object_id=user_id)
