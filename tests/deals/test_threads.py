"""Threads: the two sides, masking until consent, taking back, read marks, files, staff with a reason."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.audit import AuditEvent
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.messages import Message
from app.core.permissions import Actor
from app.deals import queries, service
from app.deals.models import Enquiry, EnquiryMessage
from app.deals.service import personal
from app.deals.states import WRITABLE, EnquiryState
from app.files import service as files
from app.files.models import FileKind, FileState
from app.files.service import Received
from tests.factories.deals import Deal, later


def write(session: Session, actor: Actor, row: Enquiry, message: str, **more: Any) -> EnquiryMessage:
    return service.post_message(session, actor, enquiry_id=row.id, message=message, **more)


@pytest.mark.parametrize("state", EnquiryState)
def test_both_sides_write_while_it_lives(session: Session, deal: Deal, state: EnquiryState) -> None:
    row = deal.in_state(state)
    for actor in (deal.sme, deal.vendor):
        if state in WRITABLE:
            assert write(session, actor, row, "示例：收到").number > 1
        else:
            with pytest.raises(Conflict):
                write(session, actor, row, "示例：收到")


def test_contact_details_wait_for_both_consents(session: Session, deal: Deal) -> None:
    row = deal.in_state(EnquiryState.accepted)
    words = "示例：打一三九零零零零零零零零，微信同号"
    with pytest.raises(Invalid):
        write(session, deal.vendor, row, words)
    sent = write(session, deal.vendor, row, words, remove=True)
    assert "一三九零" not in sent.body
    assert sent.masked == ["phone"]
    for actor in (deal.sme, deal.vendor):
        service.share_contacts(session, actor, enquiry_id=row.id)
    assert write(session, deal.vendor, row, words).body == words
    service.withdraw_contacts(session, deal.sme, enquiry_id=row.id)
    with pytest.raises(Invalid):
        write(session, deal.vendor, row, words)


def test_strangers_neither_read_nor_write(session: Session, deal: Deal) -> None:
    row = deal.in_state(EnquiryState.accepted)
    stranger = Deal(session)
    for actor in (stranger.sme, stranger.vendor):
        with pytest.raises(NotFound):
            write(session, actor, row, "示例：我也想说")
        assert not service.may_read_thread(session, actor, row)


def test_taking_back_within_five_minutes_takes_the_words_and_files(session: Session, deal: Deal) -> None:
    row = deal.in_state(EnquiryState.accepted)
    mine = write(session, deal.sme, row, "示例：写错了")
    with pytest.raises(Forbidden):
        service.retract_message(session, deal.vendor, enquiry_id=row.id, message_id=mine.id)
    service.retract_message(session, deal.sme, enquiry_id=row.id, message_id=mine.id)
    assert mine.body == ""
    late = write(session, deal.sme, row, "示例：算数")
    with later(minutes=6), pytest.raises(Conflict):
        service.retract_message(session, deal.sme, enquiry_id=row.id, message_id=late.id)
    first = queries.list_messages(session, row.id)[0]
    with pytest.raises(Conflict):
        service.retract_message(session, deal.sme, enquiry_id=row.id, message_id=first.id)


def test_read_marks_go_forward_only_and_count_the_other_sides_words(session: Session, deal: Deal) -> None:
    row = deal.ask()
    assert queries.unread_of(session, deal.vendor, [row.id]) == {row.id: 1}
    assert queries.unread_of(session, deal.sme, [row.id]) == {}
    service.read_thread(session, deal.vendor, enquiry_id=row.id, number=1)
    assert queries.unread_of(session, deal.vendor, [row.id]) == {}
    write(session, deal.sme, row, "示例：补一句")
    service.read_thread(session, deal.vendor, enquiry_id=row.id, number=0)
    assert queries.unread_of(session, deal.vendor, [row.id]) == {row.id: 1}
    assert queries.count_unread(session, deal.vendor) == queries.Unread(1, 1)
    write(session, deal.vendor, row, "示例：看到了")
    assert queries.count_unread(session, deal.vendor) == queries.Unread(0, 0), "who writes has read"


def test_one_notice_for_a_run_of_messages_and_never_their_words(session: Session, deal: Deal) -> None:
    row = deal.in_state(EnquiryState.accepted)
    for number in range(4):
        write(session, deal.vendor, row, f"示例：暗号{number}")
    query = select(Message).where(Message.name == "deals.message.posted")
    [told] = session.scalars(query).all()
    assert told.organisation_id == deal.firm.id
    assert "暗号" not in str(told.payload)
    write(session, deal.sme, row, "示例：好")
    write(session, deal.vendor, row, "示例：行")
    assert len(session.scalars(query).all()) == 3


def test_staff_read_only_with_a_logged_reason_or_when_asked(
    session: Session, deal: Deal, staff: Actor
) -> None:
    row = deal.in_state(EnquiryState.accepted)
    assert not service.may_read_thread(session, staff, row)
    with pytest.raises(Forbidden):
        write(session, staff, row, "示例：中心来问问")
    with pytest.raises(Invalid):
        service.open_thread(session, staff, enquiry_id=row.id, reason="看")
    service.open_thread(session, staff, enquiry_id=row.id, reason="示例：企业来电投诉没有下文")
    assert service.may_read_thread(session, staff, row)
    counted = select(func.count(AuditEvent.id)).where(AuditEvent.name == "deals.thread.opened")
    assert session.scalar(counted) == 1
    with later(hours=9):
        assert not service.may_read_thread(session, staff, row), "for some hours only"
    with pytest.raises(Forbidden):
        service.open_thread(session, deal.sme, enquiry_id=row.id, reason="示例：我也要登记")
    other = Deal(session).in_state(EnquiryState.accepted)
    assert not service.may_read_thread(session, staff, other)


def test_asking_the_centre_in_opens_the_thread(session: Session, deal: Deal, staff: Actor) -> None:
    row = deal.ask()
    service.ask_help(session, deal.vendor, enquiry_id=row.id)
    assert service.may_read_thread(session, staff, row)
    assert write(session, staff, row, "示例：中心来看看").party.value == "staff"
    assert queries.unread_of(session, deal.sme, [row.id]) == {row.id: 1}


def paper(name: str = "示例报价.pdf") -> Received:
    return Received(FileKind.paper, name, "application/pdf", b"%PDF-1.4 example")


def test_files_come_after_acceptance_and_follow_their_thread(
    session: Session, deal: Deal, staff: Actor
) -> None:
    row = deal.ask()
    with pytest.raises(Invalid):
        write(session, deal.vendor, row, "示例：报价", received=paper())
    deal.accept(row)
    with pytest.raises(Invalid):
        write(session, deal.vendor, row, "示例：报价", received=paper("电话13800000000.pdf"))
    sent = write(session, deal.vendor, row, "", received=paper())
    assert sent.has_file
    from app.files import queries as file_queries

    [stored] = file_queries.list_files(session, service.FILES, sent.id)
    assert stored.state is FileState.quarantined
    with pytest.raises(NotFound):
        files.read_file(session, deal.sme, stored.id)
    stored.state = FileState.clean
    assert files.read_file(session, deal.sme, stored.id)[1] == b"%PDF-1.4 example"
    for actor in (Deal(session).sme, Deal(session).vendor, staff, Actor()):
        with pytest.raises(NotFound):
            files.read_file(session, actor, stored.id)
    service.retract_message(session, deal.vendor, enquiry_id=row.id, message_id=sent.id)
    with pytest.raises(NotFound):
        files.read_file(session, deal.sme, stored.id)


def test_personal_data_are_given_out_and_forgotten(session: Session, deal: Deal) -> None:
    row = deal.ask()
    assert deal.sme.user_id is not None
    [mine] = personal.collect(session, deal.sme.user_id)["往来里我写的"]
    assert mine["意向"] == str(row.id)
    personal.erase(session, deal.sme.user_id)
    personal.erase(session, deal.sme.user_id)
    assert personal.collect(session, deal.sme.user_id) == {"往来里我写的": []}
    session.expire_all()
    assert queries.list_messages(session, row.id)[0].body, "the words are the two firms' records"
