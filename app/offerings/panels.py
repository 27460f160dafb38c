"""What this room shows on pages of others: the staff's home and the vendor's."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.core import clock, parameters
from app.core.pagination import PageRequest
from app.core.permissions import Actor, Permission
from app.offerings import policy, pricing, queries
from app.offerings.labels import KIND_LABELS, STATE_LABELS
from app.offerings.models import OfferingState
from app.offerings.service import term
from app.web import panels

SHOWN = 50  # of one organisation; more are a search away
REVIEW_HOURS = "offerings.review.hours"
parameters.declare(
    REVIEW_HOURS,
    48,
    "供给上架审核的时限",
    unit="小时",
    note="中心规则：承诺两个工作日内办完，按自然时间计 48 小时",
)


@panels.register(
    "desk.summary",
    template="offerings/_desk_summary.html",
    queries=6,
    permission=Permission.offerings_report_resolve,
    order=20,
)
def desk_summary(session: Session, actor: Actor, **_named: Any) -> dict[str, Any]:
    """How many offerings wait for review, since when; open reports, listings that run out, claims to check."""
    summary = queries.summarise_queue(session)
    hours = float(parameters.value(session, REVIEW_HOURS))
    first = int(parameters.value(session, term.FIRST))
    return {
        "count": summary.count,
        "reports": summary.reports,
        "age": clock.cn_ago(summary.oldest).removesuffix("前") if summary.oldest else None,
        "late": summary.oldest is not None and summary.oldest < clock.now() - timedelta(hours=hours),
        "decides": policy.can_review(actor, None),
        "expiring": queries.count_expiring(session, before=clock.now() + timedelta(days=first)),
        "first_days": first,
        "checks": queries.count_open_checks(session),
    }


@panels.register("workspace.main", template="offerings/_workspace.html", queries=1, order=30)
def workspace(session: Session, actor: Actor, **_named: Any) -> dict[str, Any] | None:
    """The vendor's offerings by state, with what waits for him first."""
    if not policy.can_create(actor, None):
        return None
    counts = queries.count_own_by_state(session, actor)
    return {
        "counts": [(state.value, STATE_LABELS[state], counts.get(state, 0)) for state in OfferingState],
        "returned": counts.get(OfferingState.returned, 0),
        "total": sum(counts.values()),
    }


@panels.register("organisation.detail.main", template="offerings/_organisation.html", queries=5, order=20)
def of_organisation(session: Session, actor: Actor, **named: Any) -> dict[str, Any] | None:
    """What the organisation has listed, newest first."""
    wanted = queries.OfferingFilter(organisation_id=named["organisation"].id)
    found = queries.list_offerings(session, actor, wanted=wanted, request=PageRequest.of(1, SHOWN))
    if not found.total:
        return None
    rows = [(row, KIND_LABELS[row.kind], pricing.entry_text(row.packages)) for row in found.items]
    return {"rows": rows, "total": found.total}
