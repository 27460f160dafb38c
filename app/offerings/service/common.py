"""What the commands share: code checks, the editors' lock, audit names."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.core import audit
from app.core.errors import EditConflict, Invalid
from app.core.permissions import Actor
from app.offerings import conditions, content, differences
from app.offerings.models import Offering, OfferingReview, ReviewDecision
from app.offerings.schemas import OfferingContent
from app.reference import queries as reference

audit.register_name("offerings.offering.created", "新建供给草稿")
audit.register_name("offerings.offering.edited", "修改供给")
audit.register_name("offerings.offering.submitted", "提交供给审核")
audit.register_name("offerings.offering.recalled", "撤回供给审核")
audit.register_name("offerings.offering.discarded", "放弃供给修改")
audit.register_name("offerings.offering.listed", "供给上架")
audit.register_name("offerings.offering.returned", "供给退回补正")
audit.register_name("offerings.offering.withdrawn", "供给下架")
audit.register_name("offerings.offering.taken_down", "举报属实，供给下架")
audit.register_name("offerings.offering.mended", "小改上架供给，直接生效")
audit.register_name("offerings.offering.renewed", "供给续期")
audit.register_name("offerings.offering.expired", "供给到期")
audit.register_name("offerings.report.created", "举报供给")
audit.register_name("offerings.report.resolved", "处理供给举报")


def record(session: Session, actor: Actor, verb: str, row: Offering, **data: Any) -> None:
    """Write the audit row of a command on an offering."""
    audit.record(
        session,
        actor,
        f"offerings.offering.{verb}",
        kind="offering",
        object_id=row.id,
        data={"version": row.version, **data},
    )


def add_review(
    session: Session, actor: Actor, row: Offering, decision: ReviewDecision, **values: Any
) -> OfferingReview:
    """Add a step to the offering's review history."""
    review = OfferingReview(
        id=uuid.uuid4(), offering_id=row.id, decision=decision, by_user_id=actor.user_id, **values
    )
    session.add(review)
    return review


def check_version(session: Session, row: Offering, version: int, mine: OfferingContent | None = None) -> None:
    """Raise EditConflict when somebody saved after `version`; it carries what differs from `mine`."""
    if row.version == version:
        return
    differing: list[tuple[str, str, str]] = []
    if mine is not None:
        found = differences.changes(content.newest_of(row), mine, code_names(session))
        differing = [(item.field, item.before, item.after) for item in found]
    raise EditConflict(
        yours={"version": version},
        theirs={"version": row.version, "changes": [list(item) for item in differing]},
    )


def code_names(session: Session) -> dict[str, str]:
    """Return the names of scenario, pain point and industry codes, in three queries."""
    found = {row.code: row.name for row in reference.list_scenarios(session)}
    found.update({row.code: row.name for row in reference.list_pain_points(session, include_retired=True)})
    found.update(reference.industry_names(session))
    return found


def check_codes(session: Session, given: OfferingContent) -> None:
    """Raise Invalid for codes that the reference lists do not hold (retired pain points are refused too)."""
    errors: dict[str, str] = {}
    scenarios = {row.code for row in reference.list_scenarios(session)}
    points = {row.code for row in reference.list_pain_points(session)}
    wanted = {code for case in given.cases if (code := case.industry_code)} | set(given.industry_codes)
    industries = set(reference.industry_names(session, sorted(wanted))) if wanted else set()
    if set(given.scenario_codes) - scenarios:
        errors["scenario_codes"] = "请从列出的应用场景中选择"
    if set(given.pain_point_codes) - points:
        errors["pain_point_codes"] = "请从列出的难点中选择；有的难点可能已停用"
    if set(given.industry_codes) - industries:
        errors["industry_codes"] = "请从列出的行业中选择"
    if set(given.condition_codes) - set(conditions.BY_CODE):
        errors["condition_codes"] = "请从列出的现场条件中选择"
    for number, case in enumerate(given.cases):
        if case.scenario_code and case.scenario_code not in scenarios:
            errors[f"cases-{number}-scenario_code"] = "请从列出的应用场景中选择"
        if case.industry_code and case.industry_code not in industries:
            errors[f"cases-{number}-industry_code"] = "请从列出的行业中选择"
    if errors:
        raise Invalid(errors)
