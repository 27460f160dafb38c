"""Commands of organisations, by step: registering, verifying, members, claims, standing, pools, appeals."""

from app.core import jobs, parameters
from app.organisations import policy as _policy  # noqa: F401  registers the room's rules
from app.organisations import pools
from app.organisations.news import CHANGED, VERIFIED
from app.organisations.service import announcing, papers
from app.organisations.service.appealing import appeal_pool_decision, appeal_suspension, decide_appeal
from app.organisations.service.claiming import appoint_admin, decide_claim, open_claim, withdraw_claim
from app.organisations.service.members import (
    change_member_role,
    decide_request,
    has_admin,
    remove_member,
    request_membership,
)
from app.organisations.service.papers import add_licence, remove_licence
from app.organisations.service.registering import AlreadyRegistered, edit_organisation, register_organisation
from app.organisations.service.standing import (
    claim_qualification,
    decide_qualification,
    declare_size,
    remind_of_ends,
    withdraw_qualification,
)
from app.organisations.service.verifying import (
    decide_verification,
    lift_suspension,
    reopen_verification,
    submit_for_verification,
    suspend_organisation,
)

__all__ = [
    "AlreadyRegistered",
    "add_licence",
    "appeal_pool_decision",
    "appeal_suspension",
    "appoint_admin",
    "change_member_role",
    "claim_qualification",
    "decide_appeal",
    "decide_claim",
    "decide_qualification",
    "decide_request",
    "decide_verification",
    "declare_size",
    "edit_organisation",
    "has_admin",
    "lift_suspension",
    "open_claim",
    "register_organisation",
    "remind_of_ends",
    "remove_licence",
    "remove_member",
    "reopen_verification",
    "request_membership",
    "submit_for_verification",
    "suspend_organisation",
    "withdraw_claim",
    "withdraw_qualification",
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
announcing.announce()
papers.register_readers()
pools.declare_parameters()
