"""Sending an enquiry: who to, with what, how often, and without contact details."""

import uuid

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.audit import AuditEvent
from app.core.errors import Conflict, Forbidden, Invalid, NotFound, RateLimited
from app.core.messages import Message
from app.core.permissions import Actor
from app.deals import queries, service
from app.deals.models import Direction, Enquiry
from app.deals.states import EnquiryState
from app.needs.models import Confidentiality, NeedInterest
from app.offerings.models import OfferingState
from app.organisations.models import OrganisationState
from tests.factories.deals import ASKS, Deal, later
from tests.factories.needs import make_draft, make_published
from tests.factories.offerings import make_offering, make_vendor
from tests.factories.organisations import acting_for, add_member, make_organisation


def test_a_firm_asks_a_vendor_with_its_need(session: Session, deal: Deal) -> None:
    row = deal.ask(reasons=[{"points": "44 分", "text": "难点：设备停机"}])
    assert (row.direction, row.state) == (Direction.forward, EnquiryState.open)
    assert (row.sme_id, row.vendor_id) == (deal.firm.id, deal.seller.organisation.id)
    assert row.match_reasons[0]["points"] == "44 分"
    assert row.due_at is not None
    [first] = queries.list_messages(session, row.id)
    assert (first.number, first.body) == (1, ASKS)
    interest = session.scalars(select(NeedInterest).where(NeedInterest.need_id == deal.need.id)).one()
    assert (interest.organisation_id, interest.kind.value) == (deal.seller.organisation.id, "invited")
    notice = session.scalars(select(Message).where(Message.name == "deals.enquiry.sent")).one()
    assert notice.organisation_id == deal.seller.organisation.id
    assert ASKS not in str(notice.payload)
    names = session.scalars(select(AuditEvent.name).where(AuditEvent.object_id == str(row.id))).all()
    assert names == ["deals.enquiry.send"]


def test_a_vendor_offers_on_a_need(session: Session, deal: Deal) -> None:
    row = deal.offer()
    assert (row.direction, row.state) == (Direction.reverse, EnquiryState.open)
    assert row.match_reasons == []
    kinds = session.scalars(select(NeedInterest.kind).where(NeedInterest.need_id == deal.need.id)).all()
    assert [kind.value for kind in kinds] == ["interested"]
    notice = session.scalars(select(Message).where(Message.name == "deals.enquiry.sent")).one()
    assert notice.organisation_id == deal.firm.id


def test_one_live_enquiry_for_each_need_and_vendor_whoever_begins(session: Session, deal: Deal) -> None:
    first = deal.ask()
    with pytest.raises(Conflict):
        deal.ask()
    with pytest.raises(Conflict):
        deal.offer()
    deal.ask(with_need=False)
    with pytest.raises(Conflict):
        deal.ask(with_need=False)
    service.withdraw_enquiry(session, deal.sme, enquiry_id=first.id, version=1, code="mistake")
    assert deal.offer().state is EnquiryState.open


@pytest.mark.parametrize(
    "words",
    ["电话13800000000", "加微信 shili_2020", "一三九零零零零零零零零", "QQ号 123456789", "a@b.example.com"],
)
def test_contact_details_are_not_sent_but_named(session: Session, deal: Deal, words: str) -> None:
    with pytest.raises(Invalid) as caught:
        deal.ask(message=f"示例：想问问，{words}")
    assert "还没有发出" in caught.value.fields["message"]
    assert session.scalars(select(Enquiry)).first() is None
    row = deal.ask(message=f"示例：想问问，{words}", remove=True)
    [message] = queries.list_messages(session, row.id)
    assert "已隐去" in message.body
    assert words not in message.body
    assert message.masked


@pytest.mark.parametrize("message", ["", " ", "嗯", "长" * 2001])
def test_a_request_says_something(deal: Deal, message: str) -> None:
    with pytest.raises(Invalid):
        deal.ask(message=message)


def test_what_is_not_listed_or_ones_own_is_not_asked_about(session: Session, deal: Deal) -> None:
    hidden = make_offering(session, deal.seller, OfferingState.draft)
    own = acting_for(add_member(session, deal.seller.organisation), deal.seller.organisation)

    def ask(actor: Actor, offering_id: uuid.UUID, need_id: uuid.UUID | None = None) -> Enquiry:
        request = service.Request(ASKS)
        return service.ask_vendor(session, actor, offering_id=offering_id, need_id=need_id, request=request)

    with pytest.raises(NotFound):
        ask(deal.sme, hidden.id)
    with pytest.raises(Conflict):
        ask(own, deal.offering.id)
    with pytest.raises(Invalid):
        ask(deal.sme, deal.offering.id, make_draft(session, deal.sme).id)
    stranger = Deal(session)
    with pytest.raises(NotFound):  # sees the need, but it is not his to ask with
        ask(stranger.sme, deal.offering.id, deal.need.id)
    with pytest.raises(Forbidden):
        ask(Actor(user_id=deal.sme.user_id), deal.offering.id)


def test_an_unverified_organisation_waits(session: Session, deal: Deal) -> None:
    firm = make_organisation(session, state=OrganisationState.unverified)
    actor = acting_for(add_member(session, firm), firm)
    with pytest.raises(Conflict):
        service.ask_vendor(
            session, actor, offering_id=deal.offering.id, need_id=None, request=service.Request(ASKS)
        )


def test_a_vendor_offers_only_with_his_own_listed_offering_on_what_he_sees(
    session: Session, deal: Deal
) -> None:
    rival = make_vendor(session)
    secret = make_published(session, deal.sme, Confidentiality.staff_only)

    def offer(need_id: uuid.UUID, offering_id: uuid.UUID) -> Enquiry:
        request = service.Request("示例：我们能做")
        return service.offer_on_need(
            session, rival.actor, need_id=need_id, offering_id=offering_id, request=request
        )

    with pytest.raises(NotFound):
        offer(deal.need.id, deal.offering.id)
    mine = make_offering(session, rival, OfferingState.withdrawn)
    with pytest.raises(Conflict):
        offer(deal.need.id, mine.id)
    with pytest.raises(NotFound):
        offer(secret.id, make_offering(session, rival).id)
    assert offer(deal.need.id, make_offering(session, rival).id).state is EnquiryState.open


def test_a_firm_may_ask_with_a_need_that_only_staff_see(session: Session) -> None:
    deal = Deal(session)
    secret = make_published(session, deal.sme, Confidentiality.staff_only)
    row = service.ask_vendor(
        session,
        deal.sme,
        offering_id=deal.offering.id,
        need_id=secret.id,
        request=service.Request(ASKS),
    )
    around = queries.load_around(session, deal.vendor, [row])
    assert secret.id not in around.seen_needs, "asking does not open the need: accepting does"


def test_twenty_a_day_and_no_more(session: Session, deal: Deal) -> None:
    offerings = [make_offering(session, deal.seller) for _ in range(21)]

    def ask(number: int) -> Enquiry:
        return service.ask_vendor(
            session,
            deal.sme,
            offering_id=offerings[number].id,
            need_id=None,
            request=service.Request(ASKS),
        )

    for number in range(20):
        ask(number)
    with pytest.raises(RateLimited) as refused:
        ask(20)
    assert 0 < refused.value.retry_after <= 86_400
    with later(days=1):
        assert ask(20).state is EnquiryState.open
