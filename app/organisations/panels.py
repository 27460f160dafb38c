"""What this room shows on pages of others: the staff's home, one's own home and account."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from app.core import parameters
from app.core.permissions import Actor, Permission, Role
from app.organisations import queries
from app.organisations.models import STATE_LABELS
from app.organisations.pages.views import STATE_TONES
from app.organisations.queries import pools as pool_queries
from app.organisations.queries import standing as standing_queries
from app.web import panels, queues
from app.web.queues import Item, Waiting


@queues.register(
    "organisations.verifications",
    title="机构核验",
    href="/desk/organisations",
    empty="没有等着核验的机构",
    permission=Permission.organisations_queue_read,
    queries=5,
    order=10,
)
def verifications(session: Session, actor: Actor) -> Waiting:
    """Organisations that wait for verification, the longest first."""
    del actor
    summary = queries.summarise_queue(session)
    hours = float(parameters.value(session, "organisations.verification.hours"))
    items = [
        Item(
            key=f"organisations.verifications:{row.organisation_id}",
            title=row.organisation.name,
            href=f"/desk/organisations/{row.organisation_id}",
            since=row.submitted_at,
        )
        for row in queries.list_queue(session, limit=queues.SHOWN)
    ]
    return Waiting(summary.count, summary.oldest, hours, items)


Ask = Callable[[Session], standing_queries.Waiting]
LINES: tuple[tuple[str, str, str, str, Ask], ...] = (
    (
        "qualifications",
        "资质确认",
        "/desk/qualifications",
        "没有等着确认的资质",
        standing_queries.wait_for_confirmation,
    ),
    ("claims", "机构归属异议", "/desk/claims", "没有归属异议", standing_queries.wait_for_claims),
    ("orphans", "没有管理员的机构", "/desk/orphans", "每家机构都有管理员", standing_queries.wait_for_admin),
    ("pools", "服务商池", "/desk/pools", "没有等着评审的申请", pool_queries.wait_in_pools),
    ("appeals", "申诉", "/desk/appeals", "没有申诉", pool_queries.wait_for_appeals),
)


def _queue_of(ask: Ask) -> queues.Build:
    def waiting(session: Session, actor: Actor) -> Waiting:
        found = ask(session)
        hours = float(parameters.value(session, "organisations.verification.hours"))
        return Waiting(found.count, found.oldest, hours, decides=actor.has(Role.reviewer))

    return waiting


for _order, (_name, _title, _href, _empty, _ask) in enumerate(LINES, 11):
    queues.register(
        f"organisations.{_name}",
        title=_title,
        href=_href,
        empty=_empty,
        permission=Permission.organisations_queue_read,
        queries=2,
        order=_order,
    )(_queue_of(_ask))


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
