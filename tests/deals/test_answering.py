"""Answering, ending, timers, the need's end: each with its reason, its notice and nobody left waiting."""

import uuid

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import Conflict, EditConflict, Forbidden, Invalid, NotFound
from app.core.messages import Message
from app.core.permissions import Actor
from app.deals import labels, queries, service
from app.deals.models import Enquiry
from app.deals.states import WAITING, EnquiryState
from tests.factories.deals import Deal, later
from tests.factories.offerings import make_offering, make_vendor

both_ways = pytest.mark.parametrize("reverse", [False, True])


def told(session: Session, name: str) -> list[uuid.UUID | None]:
    return list(session.scalars(select(Message.organisation_id).where(Message.name == name)))


@both_ways
def test_accepting(session: Session, deal: Deal, *, reverse: bool) -> None:
    row = deal.in_state(EnquiryState.open, reverse=reverse)
    with pytest.raises(Conflict):
        service.accept_enquiry(session, deal.asker(row), enquiry_id=row.id, version=row.version, share=False)
    row = deal.accept(row, message="示例：明天下午可以来看现场")
    assert row.state is EnquiryState.accepted
    assert row.answered_at is not None
    assert [message.number for message in queries.list_messages(session, row.id)] == [1, 2]
    asker = deal.firm.id if not reverse else deal.seller.organisation.id
    assert told(session, "deals.enquiry.accepted") == [asker]


def test_staff_on_behalf_may_not_accept_but_decline(session: Session, deal: Deal) -> None:
    row = deal.ask()
    helper = Actor(
        user_id=uuid.uuid4(),
        organisation_id=deal.vendor.organisation_id,
        organisation_verified=True,
        roles=deal.vendor.roles,
        on_behalf=True,
    )
    with pytest.raises(Forbidden):
        service.accept_enquiry(session, helper, enquiry_id=row.id, version=1, share=False)
    row = service.decline_enquiry(session, helper, enquiry_id=row.id, version=1, code="busy")
    assert row.state is EnquiryState.declined


@both_ways
def test_declining_needs_a_reason_of_its_side(session: Session, deal: Deal, *, reverse: bool) -> None:
    row = deal.in_state(EnquiryState.open, reverse=reverse)
    actor, wrong = deal.answerer(row), "busy" if reverse else "price"

    def decline(code: str, note: str = "") -> Enquiry:
        return service.decline_enquiry(
            session, actor, enquiry_id=row.id, version=row.version, code=code, note=note
        )

    for code, note in (("", ""), (wrong, ""), ("other", ""), ("other", "电话13800000000")):
        with pytest.raises(Invalid):
            decline(code, note)
    done = decline("other", "示例：下个季度再说")
    assert done.state is EnquiryState.declined
    assert labels.reason_words(done) == "示例：下个季度再说"
    assert done.answered_at is not None


def test_of_two_answers_the_second_reads_what_happened(session: Session, deal: Deal) -> None:
    row = deal.ask()
    deal.accept(row)
    with pytest.raises(EditConflict):
        service.withdraw_enquiry(session, deal.sme, enquiry_id=row.id, version=1, code="changed")
    with pytest.raises(Conflict):
        service.withdraw_enquiry(session, deal.sme, enquiry_id=row.id, version=row.version, code="changed")


def test_strangers_meet_nothing(session: Session, deal: Deal) -> None:
    row = deal.ask()
    for actor in (Deal(session).sme, make_vendor(session).actor, Actor()):
        with pytest.raises(NotFound):
            queries.get_enquiry(session, actor, row.id)
        with pytest.raises(NotFound):
            service.decline_enquiry(session, actor, enquiry_id=row.id, version=1, code="busy")


def test_an_unanswered_request_is_reminded_of_and_runs_out(session: Session, deal: Deal) -> None:
    row = deal.ask()
    assert not service.remind(session, enquiry_id=row.id)
    with later(days=5, minutes=1):
        assert queries.list_to_remind(session, limit=5) == [row.id]
        assert service.remind(session, enquiry_id=row.id)
        assert not service.remind(session, enquiry_id=row.id), "once"
        assert not service.fire_timer(session, enquiry_id=row.id), "not yet"
    assert told(session, "deals.enquiry.due") == [deal.seller.organisation.id]
    with later(days=7, minutes=1):
        assert queries.list_due(session, limit=5) == [row.id]
        assert service.fire_timer(session, enquiry_id=row.id)
        assert not service.fire_timer(session, enquiry_id=row.id)
    assert row.state is EnquiryState.expired
    assert set(told(session, "deals.enquiry.expired")) == {deal.firm.id, deal.seller.organisation.id}


def test_a_silent_talk_ends_and_each_message_winds_the_clock_up(session: Session, deal: Deal) -> None:
    row = deal.in_state(EnquiryState.accepted)
    with later(days=50):
        service.post_message(session, deal.sme, enquiry_id=row.id, message="示例：还在等报价")
    with later(days=61):
        assert not service.fire_timer(session, enquiry_id=row.id)
    with later(days=111):
        assert service.fire_timer(session, enquiry_id=row.id)
    assert (row.state, row.reason_code) == (EnquiryState.closed, "idle")


class TestTheEndOfTheNeed:
    """Contract: `needs.need.ended` with an outcome; no vendor is left without a reason."""

    def two_more(self, session: Session, deal: Deal) -> list[Enquiry]:
        rows = [deal.ask()]
        for _ in range(2):
            vendor = make_vendor(session)
            offering = make_offering(session, vendor)
            rows.append(
                service.offer_on_need(
                    session,
                    vendor.actor,
                    need_id=deal.need.id,
                    offering_id=offering.id,
                    request=service.Request("示例：我们也能做"),
                )
            )
        return rows

    def test_the_chosen_one_is_told_and_the_others_wait_for_the_owner(
        self, session: Session, deal: Deal
    ) -> None:
        rows = self.two_more(session, deal)
        assert deal.end_need("awarded", [rows[0].vendor_id]) == 3
        assert deal.end_need("awarded", [rows[0].vendor_id]) == 0, "bears repetition"
        assert [row.state.value for row in rows] == ["chosen", "closing", "closing"]
        assert told(session, "deals.reasons.wanted") == [deal.firm.id]
        given = {rows[1].id: ("price", ""), rows[2].id: ("", "")}
        with pytest.raises(Invalid) as caught:
            service.explain_enquiries(session, deal.sme, need_id=deal.need.id, reasons=given)
        assert list(caught.value.fields) == [f"reasons-{rows[2].id.hex}-code"]
        assert rows[1].state is EnquiryState.closing, "all or nothing"
        told_all = service.explain_enquiries(
            session, deal.sme, need_id=deal.need.id, reasons=given, bulk="cases"
        )
        assert told_all == 2
        assert [row.reason_code for row in rows[1:]] == ["price", "cases"]
        assert set(told(session, "deals.enquiry.not_chosen")) == {row.vendor_id for row in rows[1:]}
        with pytest.raises(Conflict):
            service.explain_enquiries(session, deal.sme, need_id=deal.need.id, reasons={}, bulk="cases")

    @pytest.mark.parametrize("outcome", ["awarded", "none_suitable"])
    def test_without_a_word_of_the_owner_the_clock_gives_the_reason(
        self, session: Session, deal: Deal, outcome: str
    ) -> None:
        row = deal.in_state(EnquiryState.accepted)
        deal.end_need(outcome)
        with later(days=3, minutes=1):
            assert service.fire_timer(session, enquiry_id=row.id)
        assert (row.state, row.reason_code, row.reason_by_system) == (
            EnquiryState.not_chosen,
            outcome,
            True,
        )
        assert labels.reason_words(row)

    @pytest.mark.parametrize("outcome", ["cancelled", "withdrawn", "expired", "something new"])
    def test_other_ends_say_why_by_themselves(self, session: Session, deal: Deal, outcome: str) -> None:
        rows = self.two_more(session, deal)
        deal.end_need(outcome)
        for row in rows:
            assert row.state is EnquiryState.not_chosen
            assert labels.reason_words(row)

    def test_only_the_owner_gives_reasons(self, session: Session, deal: Deal) -> None:
        row = deal.in_state(EnquiryState.closing)
        for actor in (deal.vendor, Deal(session).sme):
            with pytest.raises((NotFound, Conflict, Forbidden)):
                service.explain_enquiries(session, actor, need_id=deal.need.id, reasons={}, bulk="price")
        assert row.state is EnquiryState.closing


@pytest.mark.parametrize("state", WAITING)
def test_staff_can_always_move_what_is_stuck(
    session: Session, deal: Deal, staff: Actor, state: EnquiryState
) -> None:
    row = deal.in_state(state)
    decision, code = ("explain", "far") if state is EnquiryState.closing else ("end", "unreachable")
    if state is not EnquiryState.closing:
        before = row.due_at
        with later(days=1):
            service.decide_enquiry(session, staff, enquiry_id=row.id, version=row.version, decision="extend")
        assert row.state is state
        assert before is not None
        assert row.due_at is not None
        assert row.due_at > before
    with pytest.raises(Invalid):
        service.decide_enquiry(session, staff, enquiry_id=row.id, version=row.version, decision=decision)
    service.decide_enquiry(
        session, staff, enquiry_id=row.id, version=row.version, decision=decision, code=code
    )
    assert row.state not in WAITING
    assert labels.reason_words(row)


def test_parties_may_not_decide_as_staff(session: Session, deal: Deal) -> None:
    row = deal.ask()
    with pytest.raises(Forbidden):
        service.decide_enquiry(
            session, deal.vendor, enquiry_id=row.id, version=1, decision="end", code="misuse"
        )


def test_what_is_stuck_stands_in_the_queue(session: Session, deal: Deal, staff: Actor) -> None:
    from app.core import clock

    row = deal.ask()
    assert queries.summarise_stuck(session, clock.now()).count == 1
    with later(hours=-1):
        assert queries.summarise_stuck(session, clock.now()).count == 0
        service.ask_help(session, deal.sme, enquiry_id=row.id)
        service.ask_help(session, deal.sme, enquiry_id=row.id)
        summary = queries.summarise_stuck(session, clock.now())
        assert (summary.count, summary.helps) == (1, 1)
    told_staff = select(Message).where(Message.name == "deals.help.asked")
    assert len(session.scalars(told_staff).all()) == 1
    service.decide_enquiry(
        session,
        staff,
        enquiry_id=row.id,
        version=row.version,
        decision="helped",
        message="示例：已电话联系服务商，今天答复",
    )
    assert row.help_asked_at is None
    assert queries.list_messages(session, row.id)[-1].party.value == "staff"


def test_answers_are_measured_from_three_on(session: Session, deal: Deal) -> None:
    for number in range(3):
        vendor_offering = make_offering(session, deal.seller)
        asked = service.ask_vendor(
            session,
            deal.sme,
            offering_id=vendor_offering.id,
            need_id=None,
            request=service.Request("示例：想问问价格"),
        )
        facts = queries.answer_facts(session, deal.seller.organisation.id)
        assert facts.median_days is None
        with later(days=number + 1):
            service.decline_enquiry(session, deal.vendor, enquiry_id=asked.id, version=1, code="busy")
    facts = queries.answer_facts(session, deal.seller.organisation.id)
    assert (facts.answered, facts.silent) == (3, 0)
    assert facts.median_days == pytest.approx(2, abs=0.01)
    assert len(queries.list_answers(session, deal.seller.organisation.id)) == 3
    deal.in_state(EnquiryState.expired)
    assert queries.answer_facts(session, deal.seller.organisation.id).silent == 1
