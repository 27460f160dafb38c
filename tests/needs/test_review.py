"""What the centre's staff decide on a held need."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import EditConflict, Forbidden, Invalid, NotFound
from app.core.messages import Message
from app.core.permissions import Actor
from app.needs import queries, service
from app.needs.models import NeedState, ReviewDecision
from app.organisations.models import OrganisationState
from tests.factories.needs import (
    WHOLE,
    edit,
    make_held,
)
from tests.factories.organisations import acting_for, add_member, make_organisation

pytestmark = pytest.mark.parametrize("backend", ["sqlite", "postgres"])


def test_returning_says_why(session: Session, owner: Actor, staff: Actor):
    need = make_held(session, owner)
    need = service.decide(
        session,
        staff,
        need_id=need.id,
        version=need.version,
        publish=False,
        reasons=["budget", "time"],
        note_text="辛苦补一下",
    )
    assert need.state is NeedState.returned
    session.expire_all()
    history = queries.get_with_history(session, owner, need.id).reviews
    last = next(row for row in history if row.decision is ReviewDecision.returned)
    assert [reason["line"] for reason in last.reasons] == ["budget", "time", ""]
    message = session.scalars(select(Message).where(Message.name == "needs.need.returned")).one()
    assert message.payload["reasons"] == ["budget", "time"]
    again = edit(session, owner, queries.get_need(session, owner, need.id), **WHOLE)
    sent = service.publish_need(session, owner, need_id=need.id, version=again.version)
    assert sent.state is NeedState.published


def test_letting_through_needs_a_sentence(session: Session, owner: Actor, staff: Actor):
    need = make_held(session, owner)
    with pytest.raises(Invalid):
        service.decide(session, staff, need_id=need.id, version=need.version, publish=True)
    need = service.decide(
        session,
        staff,
        need_id=need.id,
        version=need.version,
        publish=True,
        note_text="已电话问清，现状由中心上门测",
    )
    assert need.state is NeedState.published


def test_an_unverified_one_let_through_still_waits(session: Session, staff: Actor):
    organisation = make_organisation(session, state=OrganisationState.unverified)
    owner = acting_for(add_member(session, organisation), organisation)
    need = make_held(session, owner)
    need = service.decide(
        session, staff, need_id=need.id, version=need.version, publish=True, note_text="已电话问清"
    )
    assert need.state is NeedState.waiting_verification


def test_a_return_needs_a_reason_that_exists(session: Session, owner: Actor, staff: Actor):
    need = make_held(session, owner)
    for reasons in ([], ["nonsense"]):
        with pytest.raises(Invalid):
            service.decide(
                session, staff, need_id=need.id, version=need.version, publish=False, reasons=reasons
            )


def test_two_decisions_are_one(session: Session, owner: Actor, staff: Actor):
    need = make_held(session, owner)
    version = need.version
    service.decide(session, staff, need_id=need.id, version=version, publish=False, reasons=["time"])
    with pytest.raises(NotFound):  # returned ones are their owner's again
        service.decide(session, staff, need_id=need.id, version=version, publish=False, reasons=["time"])


def test_what_the_owner_changed_meanwhile_is_looked_at_again(session: Session, owner: Actor, staff: Actor):
    need = make_held(session, owner)
    seen = need.version
    edit(session, owner, need, title="补充了一点")
    with pytest.raises(EditConflict):
        service.decide(session, staff, need_id=need.id, version=seen, publish=False, reasons=["time"])


def test_only_staff_decide(session: Session, owner: Actor):
    need = make_held(session, owner)
    with pytest.raises(Forbidden):
        service.decide(
            session, owner, need_id=need.id, version=need.version, publish=True, note_text="我说行"
        )
