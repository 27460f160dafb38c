"""中心代录: staff acting for a firm post its need on a stated ground; the firm is told and takes it back with one click."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core.audit import AuditEvent
from app.core.errors import Invalid
from app.core.messages import Message
from app.core.permissions import Actor, Role
from app.needs import queries, service
from app.needs.models import Need, NeedState
from app.organisations.models import Organisation
from tests.factories.accounts import make_user, sign_in
from tests.factories.needs import make_whole
from tests.factories.organisations import add_member, make_organisation
from tests.services.client import Client

BASIS = "示例：11 月 23 日厂长来电口述，已念给他听过"


def clerk(session: Session, organisation: Organisation) -> Actor:
    return Actor(
        user_id=make_user(session, Role.operator, name="示例运营").id,
        organisation_id=organisation.id,
        organisation_verified=True,
        roles=frozenset({Role.member}),
        on_behalf=True,
    )


def record(session: Session, organisation: Organisation) -> Need:
    actor = clerk(session, organisation)
    need = make_whole(session, actor)
    return service.publish_need(session, actor, need_id=need.id, version=need.version, basis=BASIS)


def test_no_publishing_without_a_ground(session: Session, organisation: Organisation):
    actor = clerk(session, organisation)
    need = make_whole(session, actor)
    with pytest.raises(Invalid) as refused:
        service.publish_need(session, actor, need_id=need.id, version=need.version)
    assert set(refused.value.fields) == {"basis"}


def test_the_ground_is_kept_logged_and_told(session: Session, organisation: Organisation):
    need = record(session, organisation)
    assert need.state is NeedState.published
    row = queries.find_recording(session, need.id)
    assert row is not None
    assert row.basis == BASIS
    (told,) = session.scalars(select(Message).where(Message.name == "needs.need.recorded")).all()
    assert told.organisation_id == organisation.id
    assert BASIS not in str(told.payload)
    events = session.scalars(select(AuditEvent).where(AuditEvent.object_id == str(need.id))).all()
    assert all(event.data.get("on_behalf") for event in events)
    assert [row.need.id for row in queries.list_recorded(session)] == [need.id]


def test_who_writes_for_oneself_states_no_ground(session: Session, owner: Actor):
    need = make_whole(session, owner)
    service.publish_need(session, owner, need_id=need.id, version=need.version)
    assert queries.find_recording(session, need.id) is None


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
def test_the_firm_takes_it_back_with_one_click(client: Client):
    session = client.session
    organisation = make_organisation(session)
    admin: User = add_member(session, organisation)
    need = record(session, organisation)
    number, key = need.case_number, need.id
    page = client.get(f"/needs/{number}").text
    assert "中心代录" not in page
    assert BASIS not in page
    sign_in(client, admin)
    page = client.get(f"/needs/{number}").text
    assert BASIS in page
    taken = client.submit(f"/needs/{number}", action=f"/workspace/needs/{key}/withdraw")
    assert taken.status_code == 303
    after = client.session.get_one(Need, key)
    assert (after.state, after.end_code) == (NeedState.withdrawn, "not_ours")
