"""The audit trail is append-only, and whoever changes it behind the platform's back is found."""

import json
import random
import uuid
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core import audit, audit_chain, clock, migrations, outgoing
from app.core.audit_chain import Anchor
from app.core.db import Database
from app.core.permissions import Actor
from app.desk import jobs as desk_jobs
from tests.conftest import make_settings

pytestmark = pytest.mark.committed
ROWS = 40
EVENT = "id, at, name, actor_user_id, actor_organisation_id, kind, object_id, request_id, data, nonce, mac"
audit.register_name("tests.chain.happened", "测试：发生了一件事")


def write(database: Database, number: int, start: int = 0) -> None:
    with database.writing() as session:
        for index in range(start, start + number):
            actor = Actor(user_id=uuid.UUID(int=index), request_id=f"r{index}")
            audit.record(
                session,
                actor,
                "tests.chain.happened",
                kind="thing",
                object_id=index,
                data={"points": index / 7, "large": 1e22, "name": "示例", "on": index % 2 == 0},
            )


def seal(database: Database, *, everything: bool = False) -> int:
    with database.writing() as session:
        return audit_chain.seal(session, everything=everything)


def keep_head(database: Database) -> Anchor:
    with database.writing() as session:
        written = audit_chain.anchor(session)
    assert written is not None
    audit_chain.keep(database.settings, written)
    return written


def problems(database: Database, anchors: list[Anchor] | None = None) -> list[str]:
    return audit_chain.verify(database, anchors=anchors).problems


def without_triggers(database: Database) -> None:
    """What somebody with all rights on the database can do first."""
    with database.writing() as session:
        if database.is_sqlite:
            for table in ("audit_events", "audit_links"):
                for verb in ("update", "delete"):
                    session.execute(text(f"DROP TRIGGER {table}_no_{verb}"))
        else:
            for table in ("audit_events", "audit_links"):
                session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))


def test_an_untouched_trail_has_no_problems(database: Database) -> None:
    before = seal(database)  # what loading the reference data wrote
    assert seal(database) == 0
    write(database, ROWS)
    assert audit_chain.verify(database).waiting == ROWS
    assert seal(database) == ROWS
    assert seal(database) == 0
    write(database, 3, ROWS)
    assert seal(database) == 3
    anchored = keep_head(database)
    report = audit_chain.verify(database)
    assert report.problems == []
    assert (report.rows, report.linked, report.anchors) == (before + ROWS + 3, before + ROWS + 3, 1)
    assert anchored.hash == report.head


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET object_id = 'other'",
        "DELETE FROM audit_events",
        "UPDATE audit_links SET hash = ''",
        "DELETE FROM audit_links WHERE position = 1",
    ],
)
def test_the_database_refuses_changes(database: Database, statement: str) -> None:
    write(database, 2)
    seal(database)
    with pytest.raises(DBAPIError, match="append-only"), database.writing() as session:
        session.execute(text(statement))
    without_triggers(database)  # control: the refusal was the triggers'
    with database.writing() as session:
        session.execute(text(statement))
    assert problems(database)


# every way to tamper: (rows of the events' ids, random) → statements
Tamper = Callable[[list[int], random.Random], list[str]]


def _change(ids: list[int], chance: random.Random) -> list[str]:
    what = chance.choice(
        [
            "object_id = 'x'",
            "actor_user_id = NULL",
            "name = 'tests.chain.other'",
            "request_id = NULL",
            "data = '{}'",
            "nonce = 'n'",
            "mac = NULL",
            "kind = 'other'",
            "at = '2020-01-01 00:00:00'",
        ]
    )
    return [f"UPDATE audit_events SET {what} WHERE id = {chance.choice(ids)}"]


def _delete(ids: list[int], chance: random.Random) -> list[str]:
    victim = chance.choice(ids)
    found = [f"DELETE FROM audit_events WHERE id = {victim}"]
    if chance.random() < 0.5:
        found.append(f"DELETE FROM audit_links WHERE event_id = {victim}")
    return found


def _insert(ids: list[int], chance: random.Random) -> list[str]:
    copied = EVENT.replace("id, at", f"{max(ids) + chance.choice([1, 500])}, at", 1)
    forged = copied.replace("object_id", "'forged'").replace("nonce", "'forged'")
    return [
        f"INSERT INTO audit_events ({EVENT}) SELECT {forged} FROM audit_events WHERE id = {chance.choice(ids)}"
    ]


def _copy(ids: list[int], chance: random.Random) -> list[str]:
    copied = EVENT.replace("id, at", f"{max(ids) + 1}, at", 1).replace("nonce", "nonce || 'x'")
    return [
        f"INSERT INTO audit_events ({EVENT}) SELECT {copied} FROM audit_events WHERE id = {chance.choice(ids)}"
    ]


def _reorder(ids: list[int], chance: random.Random) -> list[str]:
    one, two = chance.sample(ids, 2)
    if chance.random() < 0.5:
        return [
            f"UPDATE audit_links SET event_id = -1 WHERE event_id = {one}",
            f"UPDATE audit_links SET event_id = {one} WHERE event_id = {two}",
            f"UPDATE audit_links SET event_id = {two} WHERE event_id = -1",
        ]
    return [
        f"UPDATE audit_events SET id = -1 WHERE id = {one}",
        f"UPDATE audit_events SET id = {one} WHERE id = {two}",
        f"UPDATE audit_events SET id = {two} WHERE id = -1",
    ]


def _truncate(ids: list[int], chance: random.Random) -> list[str]:
    from_id = chance.choice(ids[1:])
    return [
        f"DELETE FROM audit_events WHERE id >= {from_id}",
        f"DELETE FROM audit_links WHERE event_id >= {from_id}",
    ]


TAMPERS: list[Tamper] = [_change, _delete, _insert, _copy, _reorder, _truncate]


@pytest.fixture
def sealed(database: Database) -> tuple[Database, list[int]]:
    """A sealed and anchored trail whose triggers are gone."""
    write(database, ROWS)
    seal(database)
    keep_head(database)
    without_triggers(database)
    with database.reading() as session:
        mine = text("SELECT id FROM audit_events WHERE name = 'tests.chain.happened' ORDER BY id")
        ids = list(session.scalars(mine))
    return database, ids


def test_a_hundred_random_tamperings_are_found(
    sealed: tuple[Database, list[int]], figure: Callable[[int, int], int]
) -> None:
    database, ids = sealed
    rounds = figure(100, 1000)
    found, missed = 0, []
    for seed in range(rounds):
        chance = random.Random(seed)
        tamper = TAMPERS[seed % len(TAMPERS)]
        with database.write() as session:  # rolled back after the check: the next round starts clean
            statements = tamper(ids, chance)
            for statement in statements:
                session.execute(text(statement))
            session.flush()
            report = audit_chain.verify(_Within(database, session))  # type: ignore[arg-type]  # only what verify asks for
            session.rollback()
        if report.problems:
            found += 1
        else:
            missed.append(statements)
    assert missed == []
    assert found == rounds
    assert problems(database) == []


class _Within:
    """A database whose readers see an open transaction, so that a tampering can be rolled back."""

    def __init__(self, database: Database, session: object) -> None:
        self.settings = database.settings
        self._session = session

    def reading(self) -> nullcontext[object]:
        return nullcontext(self._session)


def test_control_without_the_anchor_a_cut_tail_goes_unnoticed(sealed: tuple[Database, list[int]]) -> None:
    database, ids = sealed
    with database.writing() as session:
        session.execute(text(f"DELETE FROM audit_events WHERE id > {ids[-10]}"))
        session.execute(text(f"DELETE FROM audit_links WHERE event_id > {ids[-10]}"))
    assert problems(database, anchors=[]) == []
    assert any("末尾被截去" in line for line in problems(database))


def test_a_forged_row_is_never_linked(sealed: tuple[Database, list[int]]) -> None:
    database, ids = sealed
    with database.writing() as session:
        for statement in _insert(ids, random.Random(1)):
            session.execute(text(statement))
    assert seal(database, everything=True) == 0
    assert any("不是平台写的" in line for line in problems(database))


def test_a_chain_begun_anew_is_refused_and_found(sealed: tuple[Database, list[int]]) -> None:
    database, _ids = sealed
    with database.writing() as session:
        session.execute(text("DELETE FROM audit_links"))
        session.execute(text("UPDATE audit_events SET object_id = 'x', mac = NULL WHERE object_id = '3'"))
    assert seal(database) == 0
    assert any("末尾被截去" in line for line in problems(database))


def test_rows_from_before_the_signatures_are_taken_once(database: Database) -> None:
    write(database, 3)
    without_triggers(database)
    with database.writing() as session:
        session.execute(text("UPDATE audit_events SET mac = NULL, nonce = NULL"))
    assert seal(database) >= 3
    assert problems(database) == []


def test_a_row_that_commits_late_is_linked_after_its_successors(database: Database) -> None:
    if database.is_sqlite:
        return  # one writer: ids are committed in order, no row can come late
    seal(database)
    with database.write() as slow:
        audit.record(slow, Actor(), "tests.chain.happened", kind="thing", object_id="slow")
        slow.flush()
        write(database, 5)
        assert seal(database) == 5
        slow.commit()
    assert seal(database) == 1
    assert problems(database) == []


def test_old_keys_still_verify(database_url: str, tmp_path: Path) -> None:
    before = make_settings(tmp_path, database_url)
    opened = Database(before)
    write(opened, 2)
    seal(opened)
    opened.dispose()
    rotated = before.model_copy(
        update={"old_secret_keys": [before.secret_key], "secret_key": type(before.secret_key)("n" * 40)}
    )
    again = Database(rotated)
    write(again, 2, 2)
    seal(again)
    assert problems(again) == []
    forgot = Database(rotated.model_copy(update={"old_secret_keys": []}))
    assert any("没有密钥" in line for line in problems(forgot))
    again.dispose()
    forgot.dispose()


def test_the_head_is_written_and_mailed_once_a_day(database: Database) -> None:
    database.settings.audit.anchor_mail = "audit@elsewhere.example"
    write(database, 2)
    desk_jobs.anchor(None, database)
    desk_jobs.anchor(None, database)
    kept = audit_chain.read_anchors(audit_chain.anchor_file(database.settings))
    assert len(kept) == 1
    with database.reading() as session:
        (letter,) = outgoing.list_latest(session)
        session.expunge_all()
    assert letter.recipient == "audit@elsewhere.example"
    line = next(line for line in letter.text.splitlines() if line.startswith("{"))
    assert json.loads(line)["hash"] == kept[0].hash
    with clock.frozen(clock.now() + timedelta(days=1)):
        write(database, 1, 2)
        desk_jobs.anchor(None, database)
    assert len(audit_chain.read_anchors(audit_chain.anchor_file(database.settings))) == 2


def test_an_anchor_file_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "anchors"
    path.write_text("从邮件抄下来的\n{broken\n")
    with pytest.raises(ValueError, match="line 2"):
        audit_chain.read_anchors(path)


def test_two_workers_that_link_at_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slower one fails by the unique key, links nothing twice and goes on later."""
    seal(database)
    write(database, 3)
    look = audit_chain.find_head

    def late(session: object) -> object:
        """Another worker links between this one's look at the head and its own links."""
        found = look(session)  # type: ignore[arg-type]  # a stand-in for the function of the same name
        monkeypatch.setattr(audit_chain, "find_head", look)
        if not database.is_sqlite:
            seal(database)
        return found

    monkeypatch.setattr(audit_chain, "find_head", late)
    desk_jobs.seal(None, database)
    desk_jobs.seal(None, database)
    assert problems(database) == []
    assert audit_chain.verify(database).waiting == 0


def test_the_triggers_go_and_come_with_their_migration(database: Database) -> None:
    write(database, 1)
    migrations.downgrade(database.engine, "0002")
    with database.writing() as session:
        session.execute(text("UPDATE audit_events SET kind = 'x' WHERE name = 'tests.chain.happened'"))
    migrations.upgrade(database.engine)
    with pytest.raises(DBAPIError, match="append-only"), database.writing() as session:
        session.execute(text("UPDATE audit_events SET kind = 'y'"))
