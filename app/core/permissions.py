"""Who may do what: roles, the actor, and a thin registry of the rooms' pure policy functions."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from app.core.errors import Forbidden, Unauthenticated


class Role(StrEnum):
    member = "member"
    organisation_admin = "organisation_admin"
    reviewer = "reviewer"
    operator = "operator"
    district_officer = "district_officer"
    city_officer = "city_officer"
    system_admin = "system_admin"
    security_admin = "security_admin"
    auditor = "auditor"


ROLE_LABELS: dict[Role, str] = {
    Role.member: "成员",
    Role.organisation_admin: "机构管理员",
    Role.reviewer: "中心审核员",
    Role.operator: "中心运营员",
    Role.district_officer: "区县工作人员",
    Role.city_officer: "市级工作人员",
    Role.system_admin: "系统管理员",
    Role.security_admin: "安全管理员",
    Role.auditor: "审计员",
}
ORGANISATION_ROLES = frozenset({Role.member, Role.organisation_admin})
STAFF_ROLES = frozenset({Role.reviewer, Role.operator})
OFFICER_ROLES = frozenset({Role.district_officer, Role.city_officer})
ADMIN_ROLES = frozenset({Role.system_admin, Role.security_admin, Role.auditor})
PLATFORM_ROLES = STAFF_ROLES | OFFICER_ROLES | ADMIN_ROLES


class Permission(StrEnum):
    """Every right of the platform, `room:resource:action`."""

    accounts_user_read = "accounts:user:read"
    accounts_user_manage = "accounts:user:manage"
    accounts_role_grant = "accounts:role:grant"
    accounts_audit_read = "accounts:audit:read"
    accounts_second_factor_reset = "accounts:second_factor:reset"
    accounts_behalf_start = "accounts:behalf:start"
    organisations_organisation_create = "organisations:organisation:create"
    organisations_organisation_edit = "organisations:organisation:edit"
    organisations_organisation_verify = "organisations:organisation:verify"
    organisations_queue_read = "organisations:queue:read"
    offerings_offering_create = "offerings:offering:create"
    offerings_offering_edit = "offerings:offering:edit"
    offerings_offering_submit = "offerings:offering:submit"
    offerings_offering_review = "offerings:offering:review"
    offerings_report_create = "offerings:report:create"
    offerings_report_resolve = "offerings:report:resolve"
    needs_need_create = "needs:need:create"
    needs_need_edit = "needs:need:edit"
    needs_need_publish = "needs:need:publish"
    needs_need_review = "needs:need:review"
    needs_need_read = "needs:need:read"
    needs_need_record = "needs:need:record"
    needs_question_ask = "needs:question:ask"
    needs_question_answer = "needs:question:answer"
    needs_question_hide = "needs:question:hide"
    needs_vote_cast = "needs:vote:cast"
    needs_vote_handle = "needs:vote:handle"
    needs_group_manage = "needs:group:manage"
    needs_group_join = "needs:group:join"
    matching_need_read = "matching:need:read"
    deals_enquiry_read = "deals:enquiry:read"
    deals_enquiry_create = "deals:enquiry:create"
    deals_enquiry_write = "deals:enquiry:write"
    deals_enquiry_oversee = "deals:enquiry:oversee"
    deals_contact_share = "deals:contact:share"
    policies_policy_edit = "policies:policy:edit"
    reference_dictionary_edit = "reference:dictionary:edit"
    reference_parameter_edit = "reference:parameter:edit"
    notifications_webhook_manage = "notifications:webhook:manage"
    notifications_letter_manage = "notifications:letter:manage"
    indexing_status_read = "indexing:status:read"
    indexing_index_rebuild = "indexing:index:rebuild"
    desk_queue_read = "desk:queue:read"
    desk_item_hold = "desk:item:hold"
    desk_announcement_edit = "desk:announcement:edit"
    desk_help_answer = "desk:help:answer"
    desk_health_read = "desk:health:read"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, for which organisation, with which roles; never the request itself."""

    user_id: uuid.UUID | None = None
    name: str = "访客"
    organisation_id: uuid.UUID | None = None
    organisation_name: str | None = None
    organisation_verified: bool = False
    capacities: frozenset[str] = frozenset()
    roles: frozenset[Role] = frozenset()
    district: str | None = None
    session_id: uuid.UUID | None = None
    request_id: str | None = None
    on_behalf: bool = False
    extra: dict[str, Any] = field(default_factory=dict, compare=False, hash=False)

    @property
    def signed_in(self) -> bool:
        return self.user_id is not None

    @property
    def is_staff(self) -> bool:
        return bool(self.roles & STAFF_ROLES)

    @property
    def audiences(self) -> frozenset[str]:
        """Return what this actor may find: `public`, `verified_vendor`, `staff`, `org:<id>`."""
        found = {"public"}
        if self.organisation_id is not None:
            found.add(f"org:{self.organisation_id}")
            if self.organisation_verified and self.capacities & {"vendor", "institution", "finance"}:
                found.add("verified_vendor")
        if self.is_staff:
            found |= {"staff", "verified_vendor"}
        return frozenset(found)

    def has(self, *roles: Role) -> bool:
        return bool(self.roles & set(roles))


ANONYMOUS = Actor()
SYSTEM = Actor(name="系统")

Rule = Callable[[Actor, Any], bool]
_rules: dict[Permission, Rule] = {}


def register(permission: Permission) -> Callable[[Rule], Rule]:
    """Register a pure `(actor, object | None) -> bool` as the one rule of `permission`.

    With `None` as the object the rule answers "could this actor ever": routes ask that first.
    """

    def keep(rule: Rule) -> Rule:
        known = _rules.get(permission)
        if known is not None and (known.__module__, known.__qualname__) != (
            rule.__module__,
            rule.__qualname__,
        ):
            raise RuntimeError(f"two rules for {permission}")
        _rules[permission] = rule
        return rule

    return keep


def can(actor: Actor, permission: Permission, obj: Any = None) -> bool:
    """Return whether `actor` holds `permission` on `obj`; an unregistered permission is nobody's."""
    rule = _rules.get(permission)
    return rule is not None and rule(actor, obj)


def require(actor: Actor, permission: Permission, obj: Any = None) -> None:
    """Raise 401 for a visitor and 403 for someone without the right.

    Objects are loaded through `visible_to(actor)` first, so an outsider has met a 404 before this.
    """
    if can(actor, permission, obj):
        return
    if not actor.signed_in:
        raise Unauthenticated
    raise Forbidden


def require_in_person(actor: Actor, doing: str) -> None:
    """Raise 403 while staff act for an organisation: consents, keys and members are its own people's alone."""
    if actor.on_behalf:
        raise Forbidden(f"代办时不能{doing}", hint="请机构自己的人登录后办理")


def registered() -> frozenset[Permission]:
    return frozenset(_rules)
