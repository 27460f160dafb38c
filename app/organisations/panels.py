"""What this room shows on pages of others: the staff's home, one's own home and account."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from app.core import parameters
from app.core.permissions import Actor, Permission, Role
from app.organisations import pools, queries
from app.organisations.models import QUALIFICATION_LABELS, STATE_LABELS
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
Oldest = Callable[[Session, Actor], list[Item]]


def _titles(session: Session, actor: Actor) -> list[Item]:
    return [
        Item(
            f"organisations.qualifications:{row.id}",
            row.organisation.name,
            f"/desk/qualifications/{row.id}",
            row.created_at,
            QUALIFICATION_LABELS[row.kind],
        )
        for row in standing_queries.list_claimed(session, actor, limit=queues.SHOWN)
    ]


def _claims(session: Session, actor: Actor) -> list[Item]:
    return [
        Item(
            f"organisations.claims:{row.id}",
            row.organisation.name,
            f"/desk/claims/{row.id}",
            row.created_at,
            "归属有异议",
        )
        for row in standing_queries.list_claims(session, actor, open_only=True, limit=queues.SHOWN)
    ]


def _orphans(session: Session, actor: Actor) -> list[Item]:
    del actor
    return [
        Item(f"organisations.orphans:{row.id}", row.name, "/desk/orphans", row.updated_at, "没有管理员")
        for row in standing_queries.list_without_admin(session, limit=queues.SHOWN)
    ]


def _pools(session: Session, actor: Actor) -> list[Item]:
    del actor
    return [
        Item(
            f"organisations.pools:{row.id}",
            row.organisation.name,
            f"/desk/pools/{row.id}",
            row.updated_at,
            f"{pools.POOL_LABELS[row.pool]}池，{pools.STATE_LABELS[row.state]}",
        )
        for row in pool_queries.list_to_decide(session, limit=queues.SHOWN)
    ]


def _appeals(session: Session, actor: Actor) -> list[Item]:
    """Those that this reviewer may decide: none against a decision of their own."""
    return [
        Item(
            f"organisations.appeals:{row.id}",
            row.organisation.name,
            f"/desk/appeals/{row.id}",
            row.created_at,
            "申诉",
        )
        for row in pool_queries.list_appeals(session, actor, open_only=True, limit=queues.SHOWN)
        if row.first_by != actor.user_id
    ]


#: (name, title, href, what the empty queue says, how many, the oldest, statements)
LINES: tuple[tuple[str, str, str, str, Ask, Oldest, int], ...] = (
    (
        "qualifications",
        "资质确认",
        "/desk/qualifications",
        "没有等着确认的资质",
        standing_queries.wait_for_confirmation,
        _titles,
        4,
    ),
    ("claims", "机构归属异议", "/desk/claims", "没有归属异议", standing_queries.wait_for_claims, _claims, 4),
    (
        "orphans",
        "没有管理员的机构",
        "/desk/orphans",
        "每家机构都有管理员",
        standing_queries.wait_for_admin,
        _orphans,
        3,
    ),
    ("pools", "服务商池", "/desk/pools", "没有等着评审的申请", pool_queries.wait_in_pools, _pools, 4),
    ("appeals", "申诉", "/desk/appeals", "没有申诉", pool_queries.wait_for_appeals, _appeals, 4),
)


def _queue_of(ask: Ask, oldest: Oldest) -> queues.Build:
    def waiting(session: Session, actor: Actor) -> Waiting:
        found = ask(session)
        hours = float(parameters.value(session, "organisations.verification.hours"))
        decides = actor.has(Role.reviewer)
        return Waiting(
            found.count, found.oldest, hours, oldest(session, actor) if decides else (), decides=decides
        )

    return waiting


for _order, (_name, _title, _href, _empty, _ask, _oldest, _queries) in enumerate(LINES, 11):
    queues.register(
        f"organisations.{_name}",
        title=_title,
        href=_href,
        empty=_empty,
        permission=Permission.organisations_queue_read,
        queries=_queries,
        order=_order,
    )(_queue_of(_ask, _oldest))


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
