"""Commands of organisations, by step: registering and editing, verifying, members."""

from app.core import audit, jobs, parameters
from app.organisations import policy as _policy  # noqa: F401  registers the room's rules
from app.organisations.news import CHANGED, VERIFIED
from app.organisations.service.members import (
    change_member_role,
    decide_request,
    has_admin,
    remove_member,
    request_membership,
)
from app.organisations.service.registering import AlreadyRegistered, edit_organisation, register_organisation
from app.organisations.service.verifying import (
    decide_verification,
    reopen_verification,
    submit_for_verification,
    suspend_organisation,
)

__all__ = [
    "AlreadyRegistered",
    "change_member_role",
    "decide_request",
    "decide_verification",
    "edit_organisation",
    "has_admin",
    "register_organisation",
    "remove_member",
    "reopen_verification",
    "request_membership",
    "submit_for_verification",
    "suspend_organisation",
]

jobs.announce_as(VERIFIED)
jobs.announce_as(CHANGED)
parameters.declare(
    "organisations.verification.hours",
    48,
    "机构核验的承诺时限",
    unit="小时",
    note="中心规则：超过时限的在待办里标红，没有文件规定",
)
audit.register_name("organisations.organisation.registered", "登记机构")
audit.register_name("organisations.organisation.edited", "修改机构资料")
audit.register_name("organisations.organisation.submitted", "提交核验")
audit.register_name("organisations.organisation.verified", "核验通过")
audit.register_name("organisations.organisation.returned", "核验退回")
audit.register_name("organisations.organisation.suspended", "暂停机构")
audit.register_name("organisations.organisation.reopened", "重新核验")
