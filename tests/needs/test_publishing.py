"""The gate's ways: publishing, holding, waiting for verification, ending, withdrawing, taking up again."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, parameters
from app.core.errors import Conflict, EditConflict, Forbidden, Invalid, NotFound
from app.core.jobs import Job
from app.core.messages import Message
from app.core.outbox import OutboxRow
from app.core.parameters import ParameterRow
from app.core.permissions import Actor
from app.needs import queries, rule, service
from app.needs.models import NeedState
from app.organisations.models import OrganisationState
from tests.factories.needs import (
    audit_names,
    edit,
    make_draft,
    make_other_owner,
    make_published,
    make_whole,
)
from tests.factories.organisations import acting_for, add_member, make_organisation

pytestmark = pytest.mark.parametrize("backend", ["sqlite", "postgres"])


def test_a_good_need_is_published_at_once(session: Session, owner: Actor):
    need = make_published(session, owner)
    assert need.gate_score == 25
    assert need.published_at is not None
    assert need.expires_at == need.published_at + timedelta(days=180)
    assert audit_names(session, need)[-1] == "needs.need.published"
    assert session.scalar(select(Message.name).where(Message.organisation_id == need.organisation_id))
    job = session.scalars(select(Job).where(Job.name == "needs.expire")).one()
    assert job.run_at == need.expires_at
    session.flush()
    assert session.scalar(select(OutboxRow.kind).where(OutboxRow.object_id == str(need.id))) == "need"


def test_a_zero_holds_though_the_points_are_enough(session: Session, owner: Actor):
    need = make_whole(session, owner, conditions={})
    need = service.publish_need(session, owner, need_id=need.id, version=need.version)
    assert (need.state, need.gate_score) == (NeedState.held, 20)
    assert [line["points"] for line in need.gate_lines] == [5, 5, 5, 5, 0]


def test_the_threshold_is_dated(session: Session, owner: Actor):
    row = ParameterRow(
        id=uuid.uuid4(),
        key=rule.PUBLISH_FROM,
        valid_from=clock.today() + timedelta(days=1),
        value=26,
        author_id=None,
    )
    session.add(row)
    session.flush()
    assert parameters.value(session, rule.PUBLISH_FROM) == 13
    make_published(session, owner)
    row.valid_from = clock.today()
    session.flush()
    need = make_whole(session, owner)
    assert service.publish_need(session, owner, need_id=need.id, version=need.version).state is NeedState.held


def test_nothing_to_read_is_refused_with_what_to_write(session: Session, owner: Actor):
    need = edit(session, owner, make_whole(session, owner), problem="急")
    with pytest.raises(Invalid) as refused:
        service.publish_need(session, owner, need_id=need.id, version=need.version)
    assert set(refused.value.fields) == {"problem"}
    assert need.state is NeedState.draft


def test_an_unverified_organisations_need_publishes_on_verification(session: Session):
    organisation = make_organisation(session, state=OrganisationState.unverified)
    owner = acting_for(add_member(session, organisation), organisation)
    need = make_whole(session, owner)
    need = service.publish_need(session, owner, need_id=need.id, version=need.version)
    assert need.state is NeedState.waiting_verification
    assert service.publish_waiting(session, organisation_id=organisation.id) == 0
    organisation.state = OrganisationState.verified
    session.flush()
    assert service.publish_waiting(session, organisation_id=organisation.id) == 1
    assert need.state is NeedState.published
    assert service.publish_waiting(session, organisation_id=organisation.id) == 0


def test_what_is_published_does_not_get_worse(session: Session, owner: Actor):
    need = make_published(session, owner)
    for worse in ({"conditions": {}}, {"baselines": [], "urgency": None, "wanted_days": None}):
        attempt = session.begin_nested()
        with pytest.raises(Invalid) as refused:
            edit(session, owner, need, **worse)
        assert "不能改差" in refused.value.fields["form"]
        attempt.rollback()
        session.expire_all()
        need = queries.get_need(session, owner, need.id)
    better = edit(session, owner, need, title="写清楚一点的标题")
    assert better.state is NeedState.published


def test_sending_twice_changes_nothing(session: Session, owner: Actor):
    need = make_published(session, owner)
    version = need.version
    assert service.publish_need(session, owner, need_id=need.id, version=version).version == version
    with pytest.raises(Conflict):
        service.publish_need(session, owner, need_id=need.id, version=version - 1)


def test_an_old_version_is_not_published(session: Session, owner: Actor):
    need = edit(session, owner, make_whole(session, owner), title="改过")
    with pytest.raises(EditConflict):
        service.publish_need(session, owner, need_id=need.id, version=1)


def test_time_ends_a_need(session: Session, owner: Actor):
    need = make_published(session, owner)
    assert not service.close_expired(session, need_id=need.id)
    with clock.frozen(clock.now() + timedelta(days=181)):
        assert queries.list_published(session, Actor(), queries.PageRequest()).total == 0
        assert service.close_expired(session, need_id=need.id)
        assert not service.close_expired(session, need_id=need.id)
    assert need.state is NeedState.closed
    with pytest.raises(Conflict):
        edit(session, owner, need, title="太晚了")
    with pytest.raises(Conflict):
        service.withdraw_need(session, owner, need_id=need.id, version=need.version)


def test_withdrawing(session: Session, owner: Actor):
    need = make_published(session, owner)
    need = service.withdraw_need(
        session, owner, need_id=need.id, version=need.version, code="solved", reason="自己解决了"
    )
    assert (need.state, need.end_reason) == (NeedState.withdrawn, "自己解决了")
    assert service.withdraw_need(session, owner, need_id=need.id, version=1).state is NeedState.withdrawn
    with pytest.raises(Conflict):
        service.publish_need(session, owner, need_id=need.id, version=need.version)


def test_a_withdrawn_need_can_be_taken_up_again_under_its_number(session: Session, owner: Actor):
    need = make_published(session, owner)
    number = need.case_number
    with pytest.raises(Conflict):
        service.reopen_need(session, owner, need_id=need.id, version=need.version)
    service.withdraw_need(session, owner, need_id=need.id, version=need.version, code="changed")
    service.reopen_need(session, owner, need_id=need.id, version=need.version)
    assert (need.state, need.case_number, need.ended_at) == (NeedState.draft, number, None)
    need = service.publish_need(session, owner, need_id=need.id, version=need.version)
    assert need.state is NeedState.published


def test_others_meet_nothing(session: Session, owner: Actor):
    need = make_draft(session, owner)
    stranger = make_other_owner(session)
    for step in (
        lambda: edit(session, stranger, need, title="我的了"),
        lambda: service.publish_need(session, stranger, need_id=need.id, version=1),
        lambda: service.withdraw_need(session, stranger, need_id=need.id, version=1),
        lambda: service.reopen_need(session, stranger, need_id=need.id, version=1),
        lambda: service.autosave(session, stranger, need_id=need.id, step="problem", data={}),
    ):
        with pytest.raises(NotFound):
            step()


def test_reading_is_not_writing(session: Session, owner: Actor, staff: Actor):
    need = make_published(session, owner)
    for actor in (make_other_owner(session), staff):
        with pytest.raises(Forbidden):
            edit(session, actor, need, title="我的了")
