"""The promises of the two kinds of sessions, each with a control that shows it can fail."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, StatementError

from app.core import audit, jobs, parameters
from app.core.db import Database
from app.core.permissions import SYSTEM

THREADS, ROUNDS = 8, 25


def _increment(database: Database, *, writing: bool) -> int:
    """Read, add one, write back; returns how many rounds failed with an error."""
    failures = 0
    for _ in range(ROUNDS):
        try:
            with database.write() if writing else database.read() as session:
                done = session.execute(text("SELECT done FROM jobs WHERE name = 'counter'")).scalar_one()
                session.execute(
                    text("UPDATE jobs SET done = :done WHERE name = 'counter'"), {"done": done + 1}
                )
                session.commit()
        except Exception:  # noqa: BLE001  a refused round is counted, not hidden
            failures += 1
    return failures


def _race(database: Database, *, writing: bool) -> tuple[int, int]:
    with database.writing() as session:
        session.execute(text("DELETE FROM jobs"))
        session.add(jobs.Job(name="counter"))
    with ThreadPoolExecutor(THREADS) as pool:
        failures = sum(pool.map(lambda _: _increment(database, writing=writing), range(THREADS)))
    with database.reading() as session:
        return session.execute(text("SELECT done FROM jobs WHERE name = 'counter'")).scalar_one(), failures


@pytest.fixture
def sqlite(sqlite_url: str, tmp_path: Path):
    from tests.conftest import make_settings

    database = Database(make_settings(tmp_path, sqlite_url))
    yield database
    database.dispose()


def test_write_sessions_lose_no_update(sqlite: Database) -> None:
    done, failures = _race(sqlite, writing=True)
    assert failures == 0
    assert done == THREADS * ROUNDS


def test_control_deferred_sessions_fail_or_lose_updates(sqlite: Database) -> None:
    done, _failures = _race(sqlite, writing=False)
    assert done < THREADS * ROUNDS


def test_sqlite_keeps_its_word(sqlite: Database) -> None:
    with sqlite.reading() as session:
        pragmas = {
            name: session.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "busy_timeout": 3000}


def test_a_read_session_never_blocks_a_writer(sqlite: Database) -> None:
    with sqlite.reading() as reader:
        reader.execute(text("SELECT count(*) FROM jobs"))
        with sqlite.writing() as writer:
            writer.add(jobs.Job(name="beside"))


def test_raising_rolls_back(database: Database) -> None:
    with pytest.raises(RuntimeError), database.writing() as session:
        session.add(jobs.Job(name="gone"))
        session.flush()
        raise RuntimeError
    with database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM jobs WHERE name = 'gone'")).scalar_one() == 0


def test_times_come_back_aware_and_in_utc(database: Database) -> None:
    moment = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    with database.writing() as session:
        row = jobs.Job(name="time", run_at=moment)
        session.add(row)
        session.flush()
        key = row.id
    with database.reading() as session:
        found = session.get(jobs.Job, key)
        assert found is not None
        assert found.run_at == moment
        assert found.run_at.tzinfo is UTC


def test_a_naive_time_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="naive"), database.writing() as session:
        session.add(jobs.Job(name="naive", run_at=datetime(2026, 1, 1)))  # noqa: DTZ001
        session.flush()


def test_an_enum_outside_its_values_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError), database.writing() as session:
        session.add(jobs.Job(name="state"))
        session.flush()
        session.execute(text("UPDATE jobs SET state = 'half-done' WHERE name = 'state'"))


def test_an_unregistered_audit_name_is_a_bug(database: Database) -> None:
    with pytest.raises(RuntimeError, match="not registered"), database.writing() as session:
        audit.record(session, SYSTEM, "nobody.knows.this", kind="x", object_id=1)


def test_parameters_follow_their_date(database: Database) -> None:
    from datetime import date

    parameters.declare("tests.some.limit", 13, "测试参数")
    with database.writing() as session:
        assert parameters.value(session, "tests.some.limit") == 13
        session.add(parameters.ParameterRow(key="tests.some.limit", valid_from=date(2026, 1, 1), value=15))
        session.add(parameters.ParameterRow(key="tests.some.limit", valid_from=date(2099, 1, 1), value=99))
        session.flush()
        assert parameters.value(session, "tests.some.limit") == 15
        assert parameters.value(session, "tests.some.limit", on=date(2025, 12, 31)) == 13
        assert parameters.values(session, "tests.some.")["tests.some.limit"] == 15


def test_sqlite_is_compiled_with_what_we_use() -> None:
    assert sqlite3.sqlite_version_info >= (3, 35)
