"""What deals show on others' pages costs no more statements than it promises, however much there is."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.core.permissions import Actor
from app.deals import panels as ours
from app.deals import service
from app.organisations import queries as organisations
from app.web import panels, queues
from tests.factories.deals import Deal
from tests.factories.offerings import make_offering, make_vendor


@pytest.fixture
def deal(session: Session) -> Deal:
    """A need on which four vendors offered, one of whom was asked for the centre's help."""
    deal = Deal(session)
    for _ in range(4):
        vendor = make_vendor(session)
        row = service.offer_on_need(
            session,
            vendor.actor,
            need_id=deal.need.id,
            offering_id=make_offering(session, vendor).id,
            request=service.Request("示例：我们能做"),
        )
    service.ask_help(session, deal.sme, enquiry_id=row.id)
    return deal


def cost(session: Session, build: Callable[[], Any]) -> tuple[int, Any]:
    session.flush()
    session.expunge_all()
    seen: list[str] = []

    def note(_c: Any, _cu: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    try:
        found = build()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(seen), found


def promised(name: str) -> int:
    return next(panel.queries for panel in panels.registered() if panel.build.__name__ == name)


def test_each_panel_keeps_its_number(session: Session, deal: Deal) -> None:
    need, sme = deal.need, deal.sme
    organisation = organisations.get_organisation(session, sme, deal.seller.organisation.id)
    calls: list[tuple[Any, dict[str, Any]]] = [
        (ours.workspace, {}),
        (ours.on_need, {"need": need}),
        (ours.on_case, {"need_id": need.id}),
        (ours.answers, {"organisation": organisation}),
        (ours.ask_from_offering, {"offering": deal.offering}),
        (ours.ask_from_card, {"offering_id": str(deal.offering.id), "need_id": need.id}),
    ]
    for build, named in calls:
        spent, shown = cost(session, lambda build=build, named=named: build(session, sme, **named))
        assert shown is not None, build.__name__
        assert spent <= promised(build.__name__), f"{build.__name__}: {spent}"


def test_the_queue_keeps_its_number(session: Session, deal: Deal, staff: Actor) -> None:
    queue = next(item for item in queues.registered() if item.name == "deals.stuck")
    spent, waiting = cost(session, lambda: queue.build(session, staff))
    assert spent <= queue.queries
    assert (waiting.count, waiting.items[0].reason) == (1, "请中心介入")
    assert waiting.items[0].href.startswith("/desk/enquiries/")


def test_nothing_for_those_who_have_nothing_to_do_with_it(session: Session, deal: Deal, staff: Actor) -> None:
    outsider = Actor()
    assert ours.workspace(session, staff) is None
    assert ours.on_case(session, make_vendor(session).actor, need_id=deal.need.id) is None
    assert ours.ask_from_offering(session, deal.vendor, offering=deal.offering) is None
    assert ours.ask_from_offering(session, staff, offering=deal.offering) is None
    assert ours.on_need(session, outsider, need=deal.need)["offer"].startswith("/enquiries/offer")
    assert ours.on_need(session, Deal(session).sme, need=deal.need) is None
