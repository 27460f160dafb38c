"""What deals show on pages of others: what waits for me, the buttons that begin an enquiry, the case's talks."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.core import clock
from app.core.permissions import Actor, Permission
from app.deals import policy, queries
from app.deals.pages import views
from app.deals.pages.desk import silent_before, why
from app.deals.states import EnquiryState
from app.needs.models import NeedState
from app.offerings.models import OfferingState
from app.web import panels, queues
from app.web.queues import Item, Waiting

SELLING = frozenset({"vendor", "institution"})


@queues.register(
    "deals.stuck",
    title="卡住的意向",
    href="/desk/enquiries",
    empty="没有卡住的意向",
    permission=Permission.deals_enquiry_oversee,
    queries=4,
    order=40,
)
def stuck(session: Session, actor: Actor) -> Waiting:
    """What asked for the centre, and what nobody answered."""
    del actor
    before = silent_before(session)
    summary = queries.summarise_stuck(session, before)
    rows = queries.list_stuck(session, before, limit=queues.SHOWN)
    titles = queries.offering_titles(session, [row.offering_id for row in rows])
    return Waiting(
        summary.count,
        summary.oldest,
        hours=24.0 * ((clock.now() - before).days + 1),
        items=[
            Item(
                key=f"deals.stuck:{row.id}",
                title=titles.get(row.offering_id, ""),
                href=f"/desk/enquiries/{row.id}",
                since=row.help_asked_at or row.created_at,
                reason=why(row),
            )
            for row in rows
        ],
        note=f"其中 {summary.helps} 条是请中心介入的" if summary.helps else "",
    )


@panels.register(
    "workspace.main",
    template="deals/_workspace.html",
    queries=2,
    permission=Permission.deals_enquiry_write,
    order=20,
)
def workspace(session: Session, actor: Actor, **_named: Any) -> dict[str, Any] | None:
    """What waits for me: requests to answer, reasons owed, unread messages."""
    if actor.organisation_id is None:
        return None
    counts = queries.count_tabs(session, actor)
    unread = queries.count_unread(session, actor)
    if not any(counts.values()):
        return None
    return {"counts": counts, "unread": unread}


@panels.register("match.card.actions", template="deals/_ask_button.html", queries=0, order=20)
def ask_from_card(
    session: Session, actor: Actor, *, offering_id: str, need_id: uuid.UUID | None = None, **_named: Any
) -> dict[str, Any] | None:
    """The button 问一问 on a match card; a visitor is led to sign in first."""
    del session
    if actor.signed_in and not policy.can_create(actor, None):
        return None
    need = f"&need={need_id}" if need_id else ""
    return {"href": f"/enquiries/ask?offering={offering_id}{need}", "small": True, "primary": False}


@panels.register("offering.detail.actions", template="deals/_ask_button.html", queries=0, order=20)
def ask_from_offering(
    session: Session, actor: Actor, *, offering: Any, **_named: Any
) -> dict[str, Any] | None:
    """The button 问一问 on an offering's page, for everybody who could be a customer."""
    del session
    if offering.state is not OfferingState.listed or offering.organisation_id == actor.organisation_id:
        return None
    if actor.signed_in and not policy.can_create(actor, None):
        return None
    return {"href": f"/enquiries/ask?offering={offering.id}", "small": False, "primary": True}


@panels.register("need.detail.actions", template="deals/_need_actions.html", queries=8, order=20)
def on_need(session: Session, actor: Actor, *, need: Any, **_named: Any) -> dict[str, Any] | None:
    """For vendors 我能做, for the owner who asked or offered and who waits for a reason."""
    own = need.organisation_id == actor.organisation_id and actor.organisation_id is not None
    rows = queries.list_of_need(session, actor, need.id) if actor.signed_in else []
    shown: dict[str, Any] = {
        "rows": [],
        "closing": 0,
        "need_id": need.id,
        "own": own,
        "offer": "",
        "talk": "",
    }
    if own or actor.is_staff:
        around = queries.load_around(session, actor, rows)
        closing = sum(row.state is EnquiryState.closing for row in rows)
        return (
            {**shown, "rows": [views.row_view(actor, row, around) for row in rows], "closing": closing}
            if rows
            else None
        )
    if rows:
        return {**shown, "talk": f"/enquiries/{rows[0].id}"}
    sells = bool(actor.capacities & SELLING) and policy.can_create(actor, None)
    if need.state is NeedState.published and (sells or not actor.signed_in):
        return {**shown, "offer": f"/enquiries/offer?need={need.id}"}
    return None


@panels.register("organisation.detail.side", template="deals/_answers.html", queries=1, order=40)
def answers(session: Session, actor: Actor, *, organisation: Any, **_named: Any) -> dict[str, Any] | None:
    """How fast a vendor answers, measured; the rows open for itself and staff."""
    if not {item.value for item in organisation.capacity_set} & SELLING:
        return None
    facts = queries.answer_facts(session, organisation.id)
    opens = actor.is_staff or (actor.organisation_id is not None and actor.organisation_id == organisation.id)
    return {"facts": facts, "href": f"/enquiries/answers/{organisation.id}" if opens else ""}


def _of_case(session: Session, actor: Actor, need_id: uuid.UUID) -> list[dict[str, Any]]:
    rows = queries.list_of_need(session, actor, need_id)
    around = queries.load_around(session, actor, rows)
    return [views.row_view(actor, row, around) for row in rows]


@panels.register(
    "case.main",
    template="deals/_case.html",
    queries=8,
    permission=Permission.deals_enquiry_read,
    order=40,
)
def on_case(session: Session, actor: Actor, *, need_id: uuid.UUID, **_named: Any) -> dict[str, Any] | None:
    """The case's enquiries, as far as the reader is part of them."""
    rows = _of_case(session, actor, need_id)
    return {"rows": rows} if rows else None
