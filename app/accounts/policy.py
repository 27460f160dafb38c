"""Who may do what with accounts, and which roles exclude each other."""

from typing import Any

from app.core.permissions import (
    ADMIN_ROLES,
    OFFICER_ROLES,
    ORGANISATION_ROLES,
    STAFF_ROLES,
    Actor,
    Permission,
    Role,
    register,
)


def excluded_with(role: Role) -> frozenset[Role]:
    """Return the roles that nobody may hold together with `role`.

    The three administrators exclude everything (GB/T 22239-2019: 管理用户权限分离); the centre's staff,
    officers and organisations' people exclude each other, so that nobody decides on their own case.
    A reviewer may also be an operator, a member also an organisation admin elsewhere.
    """
    everyone = frozenset(Role)
    if role in ADMIN_ROLES:
        return everyone - {role}
    for family in (STAFF_ROLES, OFFICER_ROLES, ORGANISATION_ROLES):
        if role in family:
            own = frozenset({role}) if family is OFFICER_ROLES else family
            return everyone - own
    raise AssertionError(role)


def conflict(held: frozenset[Role], wanted: Role) -> Role | None:
    """Return a held role that excludes the wanted one, or None."""
    return next((role for role in sorted(held) if role in excluded_with(wanted)), None)


def home(roles: frozenset[Role]) -> str:
    """Return the page where somebody with these roles finds their work."""
    if roles & STAFF_ROLES:
        return "/desk"
    if roles & {Role.system_admin, Role.security_admin}:
        return "/admin/users"
    return "/admin/audit" if Role.auditor in roles else "/workspace"


@register(Permission.accounts_user_read)
def can_read_users(actor: Actor, obj: Any) -> bool:
    del obj
    return actor.has(Role.system_admin, Role.security_admin)


@register(Permission.accounts_user_manage)
def can_manage_users(actor: Actor, obj: Any) -> bool:
    """Only the system administrator, and never their own account."""
    return actor.has(Role.system_admin) and (obj is None or obj.id != actor.user_id)


@register(Permission.accounts_role_grant)
def can_grant_roles(actor: Actor, obj: Any) -> bool:
    """Only the security administrator, and never to themselves."""
    return actor.has(Role.security_admin) and (obj is None or obj.id != actor.user_id)


@register(Permission.accounts_second_factor_reset)
def can_reset_second_factor(actor: Actor, obj: Any) -> bool:
    """Only the security administrator, and never their own."""
    return actor.has(Role.security_admin) and (obj is None or obj.id != actor.user_id)


@register(Permission.accounts_behalf_start)
def can_act_on_behalf(actor: Actor, obj: Any) -> bool:
    """The centre's operators; while one acts for an organisation this right rests with the others."""
    del obj
    return actor.has(Role.operator)


@register(Permission.accounts_audit_read)
def can_read_audit(actor: Actor, obj: Any) -> bool:
    del obj
    return actor.has(Role.auditor)
