"""What this room shows on pages of others: the staff's home, one's own home and account."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.core import clock, parameters
from app.core.permissions import Actor, Permission, Role
from app.organisations import queries
from app.organisations.models import STATE_LABELS
from app.organisations.pages.views import STATE_TONES
from app.organisations.queries import pools as pool_queries
from app.organisations.queries import standing as standing_queries
from app.web import panels


@panels.register(
    "desk.summary",
    template="organisations/_desk_summary.html",
    queries=2,
    permission=Permission.organisations_queue_read,
    order=10,
)
def desk_summary(session: Session, actor: Actor, **_named: Any) -> dict[str, Any]:
    """How many organisations wait for verification and how long the oldest has."""
    del actor
    summary = queries.summarise_queue(session)
    hours = float(parameters.value(session, "organisations.verification.hours"))
    return {
        "count": summary.count,
        "age": clock.cn_ago(summary.oldest).removesuffix("前") if summary.oldest else None,
        "late": summary.oldest is not None and summary.oldest < clock.now() - timedelta(hours=hours),
    }


LINES: tuple[tuple[str, str, str, Callable[[Session], standing_queries.Waiting]], ...] = (
    ("资质确认", "/desk/qualifications", "没有等着确认的资质", standing_queries.wait_for_confirmation),
    ("机构归属异议", "/desk/claims", "没有归属异议", standing_queries.wait_for_claims),
    ("没有管理员的机构", "/desk/orphans", "每家机构都有管理员", standing_queries.wait_for_admin),
    ("服务商池", "/desk/pools", "没有等着评审的申请", pool_queries.wait_in_pools),
    ("申诉", "/desk/appeals", "没有申诉", pool_queries.wait_for_appeals),
)


@panels.register(
    "desk.summary",
    template="organisations/_desk_lines.html",
    queries=len(LINES) + 1,
    permission=Permission.organisations_queue_read,
    order=12,
)
def desk_lines(session: Session, actor: Actor, **_named: Any) -> dict[str, Any] | None:
    """The queues of this room that hold something; empty ones take no place."""
    late = clock.now() - timedelta(hours=float(parameters.value(session, "organisations.verification.hours")))
    lines = []
    for title, href, empty, ask in LINES:
        found = ask(session)
        if found.count and found.oldest is not None:
            age = clock.cn_ago(found.oldest).removesuffix("前")
            lines.append((title, found.count, age, found.oldest < late, href, empty))
    return {"lines": lines, "decides": actor.has(Role.reviewer)} if lines else None


@panels.register("workspace.main", template="organisations/_workspace.html", queries=4, order=10)
def workspace(session: Session, actor: Actor, **_named: Any) -> dict[str, Any] | None:
    """The state of the actor's organisation, and who asks to join it."""
    if not actor.signed_in or actor.is_staff:
        return None
    organisation = queries.find_own(session, actor)
    if organisation is None:
        asked = queries.list_asked(session, actor)
        return {"organisation": None, "asked": asked, "requests": 0} if asked else None
    return {
        "organisation": organisation,
        "asked": [],
        "requests": queries.count_requests(session, organisation.id),
    }


@panels.register("workspace.side", template="organisations/_workspace_side.html", queries=2, order=10)
def workspace_side(session: Session, actor: Actor, **_named: Any) -> dict[str, Any] | None:
    """Whom the person acts for."""
    organisation = queries.find_own(session, actor)
    if organisation is None:
        return None
    return {
        "organisation": organisation,
        "state_label": STATE_LABELS[organisation.state],
        "state_tone": STATE_TONES[organisation.state.value],
    }


@panels.register("account.main", template="organisations/_account.html", queries=1, order=10)
def account(session: Session, actor: Actor, **_named: Any) -> dict[str, Any] | None:
    """The organisations that the person may act for."""
    held = queries.list_own(session, actor)
    return {"organisations": held} if held else None
