"""What happens to needs in the background, and what happens at once: on real connections."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, jobs, outbox
from app.core.db import Database
from app.core.errors import EditConflict
from app.core.permissions import Actor
from app.needs import case_number, queries, service
from app.needs import jobs as needs_jobs
from app.needs.models import Need, NeedState
from app.needs.schemas import NeedFields
from app.organisations import news
from app.organisations.models import Organisation, OrganisationState
from tests.factories.needs import make_published, make_whole
from tests.factories.organisations import acting_for, add_member, make_organisation

pytestmark = pytest.mark.committed
assert needs_jobs  # its functions register themselves


def owner_of(session: Session, **values: OrganisationState) -> tuple[Organisation, Actor]:
    organisation = make_organisation(session, **values)
    return organisation, acting_for(add_member(session, organisation), organisation)


def run_all(database: Database) -> None:
    while jobs.run_one(database):
        pass


def test_verification_publishes_what_waits(database: Database):
    with database.writing() as session:
        organisation, owner = owner_of(session, state=OrganisationState.unverified)
        need = make_whole(session, owner)
        key = service.publish_need(session, owner, need_id=need.id, version=need.version).id
        organisation_id = organisation.id
    with database.writing() as session:
        row = session.get(Organisation, organisation_id)
        assert row is not None
        row.state = OrganisationState.verified
        news.tell_verified(session, organisation_id)
    run_all(database)
    with database.reading() as session:
        need = queries.get_need(session, Actor(), key)
        assert need.state is NeedState.published


def test_a_renamed_organisation_marks_its_needs(database: Database):
    with database.writing() as session:
        organisation, owner = owner_of(session)
        key = make_published(session, owner).id
        news.tell_changed(session, organisation.id)
    with database.reading() as session:
        need = session.get(Need, key)
        assert need is not None
        before = need.doc_version
    run_all(database)
    with database.reading() as session:
        need = session.get(Need, key)
        assert need is not None
        assert need.doc_version == before + 1
        reasons = session.scalars(
            select(outbox.OutboxRow.reason).where(outbox.OutboxRow.object_id == str(key))
        ).all()
        assert "organisation changed" in reasons


def test_a_need_ends_by_itself(database: Database):
    with database.writing() as session:
        _organisation, owner = owner_of(session)
        key = make_published(session, owner).id
    run_all(database)
    with database.reading() as session:
        assert queries.get_need(session, owner, key).state is NeedState.published
    with clock.frozen(clock.now() + timedelta(days=181)):
        run_all(database)
    with database.reading() as session:
        assert queries.get_need(session, owner, key).state is NeedState.closed


def test_nobody_gets_the_same_case_number(database: Database):
    """Eight at once, each in its own transaction: the counter's lock makes them queue."""
    made: list[str] = []
    failed: list[Exception] = []

    def take() -> None:
        try:
            for _ in range(5):
                with database.writing() as session:
                    made.append(service.draft.next_case_number(session))
        except Exception as error:  # noqa: BLE001  shown by the assertion below
            failed.append(error)

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert sorted(case_number.parse(number).sequence for number in made) == list(range(1, 41))


def test_of_two_editors_at_once_one_is_told(database: Database):
    """Both saw version 1; the row's lock lets one save and tells the other."""
    with database.writing() as session:
        _organisation, owner = owner_of(session)
        key = make_whole(session, owner).id
    ready = threading.Barrier(2)
    told: list[str] = []

    def save(title: str) -> None:
        ready.wait()
        try:
            with database.writing() as session:
                service.update_need(session, owner, need_id=key, version=1, fields=NeedFields(title=title))
            told.append("saved")
        except EditConflict:
            told.append("told")

    threads = [threading.Thread(target=save, args=(title,)) for title in ("甲", "乙")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["saved", "told"]
