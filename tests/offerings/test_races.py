"""Really committed: editors at once, and the fan-out of a renamed organisation."""

import threading
import uuid
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import sheets
from app.core.db import Database
from app.core.errors import EditConflict
from app.core.jobs import JobContext
from app.core.outbox import OutboxRow
from app.core.permissions import Actor, Role
from app.files.jobs import scan_waiting
from app.files.service import FileKind, Received
from app.offerings import panels as _panels  # noqa: F401  registers the room's panels
from app.offerings import queries, service, sheet
from app.offerings.jobs import importing, reindex_organisation
from app.offerings.models import Offering, OfferingState
from app.offerings.service.importing import load_names
from tests.conftest import make_settings
from tests.factories.accounts import make_user
from tests.factories.offerings import (
    Vendor,
    make_content,
    make_offering,
    make_vendor,
)

both = pytest.mark.parametrize("backend", ["sqlite", "postgres"])


@pytest.fixture
def vendor(session: Session) -> Vendor:
    return make_vendor(session)


@pytest.fixture
def reviewer(session: Session) -> Actor:
    user = make_user(session, Role.reviewer)
    return Actor(user_id=user.id, name=user.name, roles=frozenset({Role.reviewer}))


@pytest.mark.committed
class TestCommitted:
    def test_of_two_editors_one_wins(self, database: Database):
        with database.writing() as session:
            vendor = make_vendor(session)
            offering_id = make_offering(session, vendor, OfferingState.draft).id
        outcomes: list[Any] = []
        start = threading.Barrier(4)

        def edit(number: int) -> None:
            start.wait()
            try:
                with database.writing() as session:
                    service.update_offering(
                        session,
                        vendor.actor,
                        offering_id=offering_id,
                        given=make_content(title=f"示例第{number}人"),
                        version=1,
                    )
                outcomes.append(number)
            except EditConflict:
                outcomes.append(None)

        threads = [threading.Thread(target=edit, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        winners = [number for number in outcomes if number is not None]
        assert len(winners) == 1
        assert len(outcomes) == 4
        with database.reading() as session:
            row = session.get(Offering, offering_id)
            assert (row.version, row.title) == (2, f"示例第{winners[0]}人")

    def test_without_the_row_lock_edits_get_lost(
        self, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        """The control of the race: with the lock off, on PostgreSQL, everybody believes to have won."""
        database = Database(make_settings(tmp_path, postgres_url))
        with database.writing() as session:
            vendor = make_vendor(session)
            offering_id = make_offering(session, vendor, OfferingState.draft).id
        all_read, winners = threading.Barrier(3), []

        def read_without_lock(session: Session, actor: Actor, key: uuid.UUID) -> Offering:
            row = queries.get_offering(session, actor, key)
            all_read.wait(timeout=20)
            return row

        monkeypatch.setattr(queries, "get_for_update", read_without_lock)

        def edit(number: int) -> None:
            with database.writing() as session:
                given = make_content(title=f"示例第{number}人")
                service.update_offering(
                    session, vendor.actor, offering_id=offering_id, given=given, version=1
                )
            winners.append(number)

        threads = [threading.Thread(target=edit, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        database.dispose()
        assert len(winners) == 3

    def test_a_renamed_organisation_dirties_its_offerings(self, database: Database):
        with database.writing() as session:
            vendor = make_vendor(session)
            rows = [make_offering(session, vendor) for _ in range(3)]
            ids, versions = [row.id for row in rows], [row.doc_version for row in rows]
        told = reindex_organisation(JobContext(database), organisation_id=str(vendor.organisation.id))
        assert told == {"marked": 3}
        with database.reading() as session:
            again = [session.get(Offering, key) for key in ids]
            assert [row.doc_version for row in again] == [version + 1 for version in versions]
            assert [row.version for row in again] == [1, 1, 1]
            marked = select(func.count()).where(OutboxRow.reason == "organisation")
            assert session.scalar(marked) == 3


@pytest.mark.committed
class TestOneImport:
    """Two workers at one import: its drafts are made once; without the lock on PostgreSQL, twice."""

    def begin(self, database: Database) -> uuid.UUID:
        with database.writing() as session:
            vendor = make_vendor(session)
            names = load_names(session)
            lines = sheet.lines_of(1, make_content(), names)
            data = sheets.workbook("供给", sheet.COLUMNS, lines)
            received = Received(FileKind.sheet, "示例.xlsx", sheets.MEDIA_TYPE, data)
            row, _new = service.begin_import(session, vendor.actor, received=received)
            import_id = row.id
        scan_waiting(database)
        return import_id

    def run(self, database: Database, import_id: uuid.UUID, number: int) -> int:
        start = threading.Barrier(number)

        def work() -> None:
            start.wait()
            importing.run_import(database, import_id)

        threads = [threading.Thread(target=work) for _ in range(number)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with database.reading() as session:
            return session.scalar(select(func.count(Offering.id))) or 0

    def test_made_once(self, database: Database):
        assert self.run(database, self.begin(database), 3) == 1

    def test_without_the_lock_made_twice(
        self, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        database = Database(make_settings(tmp_path, postgres_url))
        import_id = self.begin(database)
        both_in = threading.Barrier(2)
        real = importing.add_draft

        def add_together(*args: Any, **values: Any) -> Offering:
            both_in.wait(timeout=20)
            return real(*args, **values)

        monkeypatch.setattr(queries, "lock_import", queries.find_import)
        monkeypatch.setattr(importing, "add_draft", add_together)
        made = self.run(database, import_id, 2)
        database.dispose()
        assert made == 2
