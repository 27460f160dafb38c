"""What this room shows on pages of others: the staff's home and the vendor's."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.core import clock, parameters
from app.core.pagination import PageRequest
from app.core.permissions import Actor, Permission
from app.offerings import policy, pricing, queries
from app.offerings.labels import KIND_LABELS, STATE_LABELS
from app.offerings.models import OfferingState, ReportState
from app.offerings.service import term
from app.web import panels, queues
from app.web.queues import Item, Waiting

SHOWN = 50  # of one organisation; more are a search away
REVIEW_HOURS = "offerings.review.hours"
parameters.declare(
    REVIEW_HOURS,
    48,
    "供给上架审核的时限",
    unit="小时",
    note="中心规则：承诺两个工作日内办完，按自然时间计 48 小时",
)


@queues.register(
    "offerings.review",
    title="上架审核",
    href="/desk/offerings",
    empty="没有等着审核的供给",
    permission=Permission.offerings_report_resolve,
    queries=5,
    order=20,
)
def waiting_for_review(session: Session, actor: Actor) -> Waiting:
    """Offerings and changes of listed ones that wait for review, the longest first."""
    summary = queries.summarise_queue(session)
    hours = float(parameters.value(session, REVIEW_HOURS))
    decides = policy.can_review(actor, None)
    items = [
        Item(
            key=f"offerings.review:{row.id}",
            title=row.title,
            href=f"/desk/offerings/{row.id}",
            since=row.pending_submitted_at or row.submitted_at or row.updated_at,
            reason=KIND_LABELS[row.kind],
        )
        for row in (queries.list_queue(session, limit=queues.SHOWN) if decides else ())
    ]
    return Waiting(summary.count, summary.oldest, hours, items, decides, opens=decides)


@queues.register(
    "offerings.reports",
    title="举报",
    href="/desk/reports",
    empty="没有没处理的举报",
    permission=Permission.offerings_report_resolve,
    queries=3,
    order=22,
)
def open_reports(session: Session, actor: Actor) -> Waiting:
    """Reports of offerings that nobody has settled."""
    del actor
    found = queries.list_reports(session, state=ReportState.open, request=PageRequest.of(1, queues.SHOWN))
    items = [
        Item(f"offerings.reports:{row.id}", row.offering.title, "/desk/reports", row.created_at, "被举报")
        for row in found.items
    ]
    return Waiting(found.total, items[0].since if items else None, 48, items)


@queues.register(
    "offerings.checks",
    title="案例和首台(套)核实",
    href="/desk/checks",
    empty="没有要核实的案例",
    permission=Permission.offerings_offering_review,
    queries=5,
    order=24,
)
def open_checks(session: Session, actor: Actor) -> Waiting:
    """Cases whose references wait for a call, and claims of 首台(套)."""
    del actor
    asked = queries.list_open_references(session, limit=queues.SHOWN)
    claims = queries.list_open_claims(session, limit=queues.SHOWN)
    items = [
        Item(f"offerings.checks:{row.id}", row.offering.title, "/desk/checks", row.created_at, "案例待核实")
        for row in asked
    ]
    items += [
        Item(
            f"offerings.checks:{row.id}", row.offering.title, "/desk/checks", row.created_at, "首台(套)待核实"
        )
        for row in claims
    ]
    items = sorted(items, key=lambda item: item.since)[: queues.SHOWN]
    oldest = items[0].since if items else None
    return Waiting(queries.count_open_checks(session), oldest, None, items)


@queues.register(
    "offerings.expiring",
    title="快到期的供给",
    href="/desk/offerings/expiring",
    empty="没有快到期的供给",
    permission=Permission.offerings_report_resolve,
    queries=2,
    order=26,
)
def expiring(session: Session, actor: Actor) -> Waiting:
    """Listings that run out soon; their owners were reminded, nobody at the centre has to decide."""
    del actor
    first = int(parameters.value(session, term.FIRST))
    number = queries.count_expiring(session, before=clock.now() + timedelta(days=first))
    return Waiting(number, note=f"{first} 天内到期" if number else "")


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


@panels.register("organisation.suspension", template="organisations/_consequence.html", queries=4, order=10)
def hidden_by_suspension(session: Session, actor: Actor, **named: Any) -> dict[str, Any] | None:
    """How many listed offerings a suspension of the organisation hides."""
    wanted = queries.OfferingFilter(organisation_id=named["organisation"].id)
    found = queries.list_offerings(session, actor, wanted=wanted, request=PageRequest.of(1, 1))
    return {"text": f"{found.total} 条供给从公开页、搜索和匹配里隐藏"} if found.total else None


@panels.register("organisation.detail.main", template="offerings/_organisation.html", queries=5, order=20)
def of_organisation(session: Session, actor: Actor, **named: Any) -> dict[str, Any] | None:
    """What the organisation has listed, newest first."""
    wanted = queries.OfferingFilter(organisation_id=named["organisation"].id)
    found = queries.list_offerings(session, actor, wanted=wanted, request=PageRequest.of(1, SHOWN))
    if not found.total:
        return None
    rows = [(row, KIND_LABELS[row.kind], pricing.entry_text(row.packages)) for row in found.items]
    return {"rows": rows, "total": found.total}
