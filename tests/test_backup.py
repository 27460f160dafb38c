"""The restore drill: back up under load, lose everything, restore, and find every row and the index again."""

import shutil
import sqlite3
import tarfile
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app import backup
from app.accounts.models import User
from app.core.db import Database
from app.core.settings import Settings
from app.reference.models import Industry
from tests.conftest import make_settings
from tests.faults.journal import Journal, register
from tests.services import databases
from tests.services.server import Server

pytestmark = pytest.mark.committed


def _counts(settings: Settings) -> tuple[int, int]:
    database = Database(settings)
    with database.reading() as session:
        found = (
            session.scalar(select(func.count()).select_from(User)) or 0,
            session.scalar(select(func.count()).select_from(Industry)) or 0,
        )
    database.dispose()
    return found


def test_the_drill_with_the_commands(tmp_path: Path) -> None:
    """Write while the backup runs, wipe the data folder, restore; what was acknowledged before is all there."""
    data = tmp_path / "data"
    settings = {
        "FUNENG_ENV": "test",
        "FUNENG_RATE_FACTOR": "1000",
        "FUNENG_DATA_DIR": str(data),
        "FUNENG_DATABASE_URL": databases.new_sqlite(data),
    }
    (data / "uploads").mkdir()
    (data / "uploads" / "licence.bin").write_bytes(b"\x00\x01" * 500)
    archive = tmp_path / "backup.tar.gz"
    journal, later, numbers, stop = Journal(), Journal(), iter(range(10_000)), threading.Event()
    with Server(settings, tmp_path / "server.log") as server:
        for _ in range(4):
            register(server.url, journal, next(numbers))

        def write() -> None:
            while not stop.is_set():
                register(server.url, later, next(numbers))

        writer = threading.Thread(target=write)
        writer.start()
        databases.funeng("backup", str(archive), settings=settings)
        stop.set()
        writer.join()
    shutil.rmtree(data)
    refused = databases.funeng("restore", str(tmp_path / "nothing.tar.gz"), settings=settings, check=False)
    assert refused.returncode != 0
    databases.funeng("restore", str(archive), settings=settings)
    plain = sqlite3.connect(data / "funeng.db")
    found = {row[0] for row in plain.execute("SELECT email FROM users")}
    assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    plain.close()
    assert journal.acknowledged
    assert journal.acknowledged <= found
    assert (data / "uploads" / "licence.bin").read_bytes() == b"\x00\x01" * 500
    assert databases.funeng("check", "--json", settings=settings).returncode == 0


def test_both_databases_come_back_whole(database_url: str, tmp_path: Path) -> None:
    settings = make_settings(tmp_path / "data", database_url)
    before = _counts(settings)
    archive = tmp_path / "backup.tar.gz"
    backup.create(settings, archive)
    database = Database(settings)
    with database.writing() as session:
        session.add(User(name="测试", email="later@example.cn", password_hash="x"))
    database.dispose()
    backup.restore(settings, archive, replace=True)
    assert _counts(settings) == before
    assert before[1] > 500


def test_data_in_place_is_not_replaced_unasked(sqlite_url: str, tmp_path: Path) -> None:
    settings = make_settings(tmp_path / "data", sqlite_url)
    archive = tmp_path / "backup.tar.gz"
    backup.create(settings, archive)
    with pytest.raises(backup.BackupError, match="--yes"):
        backup.restore(settings, archive, replace=False)
    with pytest.raises(backup.BackupError, match="已经存在"):
        backup.create(settings, archive)


@pytest.mark.parametrize("damage", ["truncated", "changed", "not an archive"])
def test_a_damaged_archive_changes_nothing(sqlite_url: str, tmp_path: Path, damage: str) -> None:
    settings = make_settings(tmp_path / "data", sqlite_url)
    archive = tmp_path / "backup.tar.gz"
    backup.create(settings, archive)
    before = _counts(settings)
    if damage == "truncated":
        archive.write_bytes(archive.read_bytes()[:-2000])
    elif damage == "not an archive":
        archive.write_bytes(b"hello")
    else:
        folder = tmp_path / "opened"
        with tarfile.open(archive) as opened:
            opened.extractall(folder, filter="data")
        with (folder / "funeng.db").open("r+b") as stream:
            stream.seek(5000)
            stream.write(b"tampered")
        with tarfile.open(archive, "w:gz") as made:
            for path in sorted(folder.iterdir()):
                made.add(path, arcname=path.name)
    with pytest.raises(backup.BackupError):
        backup.restore(settings, archive, replace=True)
    assert _counts(settings) == before


def test_a_backup_of_another_kind_of_database_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    settings = make_settings(tmp_path / "data", sqlite_url)
    archive = tmp_path / "backup.tar.gz"
    backup.create(settings, archive)
    other = make_settings(tmp_path / "other", "postgresql://nobody@127.0.0.1:1/x")
    with pytest.raises(backup.BackupError, match="另一种数据库"):
        backup.restore(other, archive, replace=True)


def test_an_archive_is_its_owners_alone(tmp_path: Path) -> None:
    settings = make_settings(tmp_path / "data", databases.new_sqlite(tmp_path / "data"))
    archive = tmp_path / "backup.tar.gz"
    backup.create(settings, archive)
    assert archive.stat().st_mode & 0o777 == 0o600


def test_a_password_stands_in_no_argument(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program that stands in for pg_dump writes down how it was called."""
    folder, called = tmp_path / "bin", tmp_path / "called"
    folder.mkdir()
    program = folder / "pg_dump"
    program.write_text(f'#!/bin/sh\necho "$@" > {called}\necho "$PGPASSWORD" >> {called}\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    settings = make_settings(tmp_path / "data", "postgresql://owner:geheim@127.0.0.1:1/x")
    with pytest.raises(backup.BackupError):
        backup.create(settings, tmp_path / "backup.tar.gz")
    arguments, secret = called.read_text().splitlines()
    assert "geheim" not in arguments
    assert "postgresql://owner@127.0.0.1:1/x" in arguments
    assert secret == "geheim"
