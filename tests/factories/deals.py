"""Enquiries in any state, made by the real commands."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.core import clock
from app.core.permissions import Actor
from app.deals import service
from app.deals.models import Enquiry
from app.deals.states import EnquiryState
from app.needs.models import Need
from app.offerings.models import Offering
from tests.factories.needs import make_published
from tests.factories.offerings import Vendor, make_offering, make_vendor
from tests.factories.organisations import acting_for, add_member, make_organisation

ASKS = "示例：三台冲床夜班停机没人知道，您家的夹子能不能装，要几天？"


class Deal:
    """A firm with a published need, a vendor with a listed offering, and what they do with each other."""

    def __init__(self, session: Session, **need: Any) -> None:
        """Make both sides; `need` are fields of the need."""
        self.session = session
        self.firm = make_organisation(session, contact_email="shili@firm.example")
        self.sme: Actor = acting_for(add_member(session, self.firm), self.firm)
        self.seller: Vendor = make_vendor(session)
        self.vendor: Actor = self.seller.actor
        self.offering: Offering = make_offering(session, self.seller)
        self.need: Need = make_published(session, self.sme, **need)

    def ask(self, *, with_need: bool = True, **request: Any) -> Enquiry:
        """The firm asks the vendor."""
        return service.ask_vendor(
            self.session,
            self.sme,
            offering_id=self.offering.id,
            need_id=self.need.id if with_need else None,
            request=service.Request(**{"message": ASKS, **request}),
        )

    def offer(self, **request: Any) -> Enquiry:
        """The vendor offers on the need."""
        return service.offer_on_need(
            self.session,
            self.vendor,
            need_id=self.need.id,
            offering_id=self.offering.id,
            request=service.Request(**{"message": "示例：我们能装，两天上线。", **request}),
        )

    def answerer(self, enquiry: Enquiry) -> Actor:
        return self.vendor if enquiry.direction.value == "forward" else self.sme

    def asker(self, enquiry: Enquiry) -> Actor:
        return self.sme if enquiry.direction.value == "forward" else self.vendor

    def accept(self, enquiry: Enquiry, *, share: bool = False, **more: Any) -> Enquiry:
        return service.accept_enquiry(
            self.session,
            self.answerer(enquiry),
            enquiry_id=enquiry.id,
            version=enquiry.version,
            share=share,
            **more,
        )

    def end_need(self, outcome: str, chosen: list[uuid.UUID] | None = None) -> int:
        return service.end_of_need(self.session, need_id=self.need.id, outcome=outcome, chosen=chosen or [])

    def in_state(self, state: EnquiryState, *, reverse: bool = False, share: bool = False) -> Enquiry:
        """An enquiry brought into a state the way people would; `share` makes both agree as soon as they can."""
        row = self.offer(share=share) if reverse else self.ask(share=share)
        asker, answerer = self.asker(row), self.answerer(row)
        if state in {EnquiryState.accepted, EnquiryState.closed}:
            row = self.accept(row, share=share)
        done = {"enquiry_id": row.id, "version": row.version}
        if state is EnquiryState.closed:
            return service.close_enquiry(self.session, asker, **done, code="later")
        if state is EnquiryState.declined:
            code = "later" if reverse else "busy"
            return service.decline_enquiry(self.session, answerer, **done, code=code)
        if state is EnquiryState.withdrawn:
            return service.withdraw_enquiry(self.session, asker, **done, code="changed")
        if state is EnquiryState.expired:
            with later(days=8):
                assert service.fire_timer(self.session, enquiry_id=row.id)
        if state is EnquiryState.chosen:
            self.accept(row, share=share)
            self.end_need("awarded", [self.seller.organisation.id])
        if state is EnquiryState.closing:
            self.end_need("awarded")
        if state is EnquiryState.not_chosen:
            self.end_need("cancelled")
        self.session.flush()
        return row


@contextmanager
def later(**time: int) -> Iterator[None]:
    """Some time from now."""
    with clock.frozen(clock.now() + timedelta(**time)):
        yield
