"""Keeping, scanning, reading and removing files."""

import socket
import struct
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.core.errors import NotFound, RateLimited
from app.core.permissions import Actor
from app.core.settings import Env, FileSettings, ScannerKind
from app.files import jobs, queries, scanner, service
from app.files.models import FileState, StoredFile
from tests.factories.files import make_file, png
from tests.services.client import Client
from tests.services.databases import SharedDatabase

PURPOSE = "tests.paper"
OWNER = Actor(user_id=uuid.UUID(int=1), name="示例")
STRANGER = Actor(user_id=uuid.UUID(int=2), name="示例")
EICAR = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"


def own_only(_session: Session, actor: Actor, row: StoredFile) -> bool:
    return actor.user_id == row.created_by


service.register_reader(PURPOSE, own_only)


@pytest.fixture
def clamd() -> Iterator[str]:
    """A server on a local port that speaks clamd's INSTREAM and finds EICAR."""
    listening = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as stream:
                assert stream.read(10) == b"zINSTREAM\0"
                data = b""
                while size := struct.unpack("!L", stream.read(4))[0]:
                    data += stream.read(size)
                found = EICAR in data
                connection.sendall(b"stream: Eicar-Test FOUND\0" if found else b"stream: OK\0")

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    yield f"127.0.0.1:{listening.getsockname()[1]}"
    listening.close()


def test_only_whom_the_room_names_may_read(session: Session) -> None:
    row = make_file(session, OWNER, purpose=PURPOSE, object_id=7)
    assert service.read_file(session, OWNER, row.id)[1] == png()
    with pytest.raises(NotFound):
        service.read_file(session, STRANGER, row.id)


@pytest.mark.parametrize("state", [FileState.quarantined, FileState.infected, FileState.removed])
def test_nobody_reads_what_is_not_clean(session: Session, state: FileState) -> None:
    row = make_file(session, OWNER, purpose=PURPOSE, object_id=7, state=state)
    with pytest.raises(NotFound):
        service.read_file(session, OWNER, row.id)


def test_files_of_an_unknown_purpose_are_not_kept(session: Session) -> None:
    with pytest.raises(RuntimeError, match="who may read"):
        make_file(session, OWNER, purpose="tests.unknown", object_id=7)


def test_an_organisation_has_a_measure_per_day(session: Session, shared_database: SharedDatabase) -> None:
    house = uuid.uuid4()
    shared_database.settings.files = FileSettings(organisation_day_bytes=2 * len(png()))
    for _ in range(2):
        make_file(session, OWNER, purpose=PURPOSE, object_id=7, organisation_id=house)
    with pytest.raises(RateLimited):
        make_file(session, OWNER, purpose=PURPOSE, object_id=7, organisation_id=house)
    make_file(session, OWNER, purpose=PURPOSE, object_id=7, organisation_id=uuid.uuid4())


def test_the_worker_scans_and_deletes(session: Session, shared_database: SharedDatabase) -> None:
    row = make_file(session, OWNER, purpose=PURPOSE, object_id=7, state=FileState.quarantined)
    session.commit()
    jobs.scan_waiting(shared_database)
    session.expire_all()
    kept = queries.find_file(session, row.id)
    assert kept is not None
    assert kept.state is FileState.clean
    path = service.path_of(shared_database.settings.uploads_dir, kept.store_key)
    assert path.exists()
    service.remove(session, OWNER, kept)
    session.commit()
    jobs.purge_gone(shared_database)
    assert not path.exists()
    assert queries.list_files(session, PURPOSE, 7) == []


def test_bytes_without_a_row_are_swept_after_a_day(session: Session, shared_database: SharedDatabase) -> None:
    import os

    kept = make_file(session, OWNER, purpose=PURPOSE, object_id=7)
    folder = shared_database.settings.uploads_dir
    lost, fresh = (service.path_of(folder, name * 64) for name in "ab")
    for path in (lost, fresh):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"left by a transaction that rolled back")
    for path in (lost, service.path_of(folder, kept.store_key)):
        os.utime(path, (0, 0))
    session.commit()
    jobs.purge_gone(shared_database)
    assert not lost.exists()
    assert fresh.exists()
    assert service.path_of(folder, kept.store_key).exists()


def test_the_scanner_answers_over_its_own_protocol(clamd: str) -> None:
    given = FileSettings(scanner=ScannerKind.clamd, clamd=clamd)
    assert scanner.scan(given, b"0" * 200_000, production=True).verdict is scanner.Verdict.clean
    found = scanner.scan(given, b"1" * 70_000 + EICAR, production=True)
    assert (found.verdict, found.note) == (scanner.Verdict.infected, "Eicar-Test")


def test_without_an_answer_it_stays_in_quarantine(session: Session, shared_database: SharedDatabase) -> None:
    row = make_file(session, OWNER, purpose=PURPOSE, object_id=7, state=FileState.quarantined)
    session.commit()
    shared_database.settings.files = FileSettings(scanner=ScannerKind.clamd, clamd="127.0.0.1:9")
    assert jobs.scan_waiting(shared_database) is False
    shared_database.settings.files = FileSettings()
    shared_database.settings.env = Env.production  # and in production no scanner at all is no answer either
    jobs.scan_waiting(shared_database)
    session.expire_all()
    kept = queries.find_file(session, row.id)
    assert kept is not None
    assert kept.state is FileState.quarantined
    assert kept.scan_note == "没有配置查毒程序"


def test_a_file_that_the_scanner_chokes_on_holds_up_no_other(
    session: Session, shared_database: SharedDatabase
) -> None:
    first = make_file(session, OWNER, purpose=PURPOSE, object_id=7, state=FileState.quarantined)
    session.commit()
    shared_database.settings.files = FileSettings(scanner=ScannerKind.clamd, clamd="127.0.0.1:9")
    jobs.scan_waiting(shared_database)
    second = make_file(session, OWNER, purpose=PURPOSE, object_id=7, state=FileState.quarantined)
    session.commit()
    session.expire_all()
    assert [row.id for row in queries.list_quarantined(session, limit=9)] == [second.id, first.id]


def test_a_socket_path_is_a_scanner_too(tmp_path: Path) -> None:
    given = FileSettings(scanner=ScannerKind.clamd, clamd=str(tmp_path / "clamd.sock"))
    assert scanner.scan(given, b"x", production=False).verdict is scanner.Verdict.unknown


def test_a_file_is_served_shut_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    row = make_file(client.session, OWNER, purpose=PURPOSE, object_id=7, name="车间 图.png")
    client.session.commit()
    assert client.get(f"/files/{row.id}").status_code == 404
    monkeypatch.setitem(service._readers, PURPOSE, lambda *_: True)
    answer = client.get(f"/files/{row.id}")
    assert answer.content == png()
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E8%BD%A6")
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "no-store" in answer.headers["cache-control"]
    within = client.get(f"/files/{row.id}?inline=1")
    assert within.headers["content-disposition"].startswith("inline")
