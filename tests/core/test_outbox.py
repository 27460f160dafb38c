"""No change of an indexed row can forget the outbox; rows survive faults and die only after five refusals."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

import app.policies.indexing  # noqa: F401  it declares the watch
from app.core import clock, outbox
from app.core.db import Database
from app.core.outbox import OutboxRow
from app.policies.models import Policy, PolicyLevel


def _policy(slug: str) -> Policy:
    return Policy(
        slug=slug,
        name="示例政策",
        level=PolicyLevel.city,
        kind="测试",
        facts={},
        source="测试",
        confidence="测试",
        position=1,
        digest="0",
    )


@pytest.fixture
def empty(database: Database) -> Database:
    with database.writing() as session:
        session.execute(delete(OutboxRow))
    return database


def _rows(database: Database) -> list[tuple[str, str, str]]:
    with database.reading() as session:
        return [
            (row.kind, row.object_id, row.reason)
            for row in session.scalars(select(OutboxRow).order_by(OutboxRow.id))
        ]


def _make(database: Database, slug: str) -> Policy:
    import uuid

    with database.writing() as session:
        row = _policy(slug)
        row.id = uuid.uuid4()
        session.add(row)
    return row


def test_new_and_changed_rows_leave_their_mark(empty: Database) -> None:
    row = _make(empty, "hook")
    with empty.writing() as session:
        found = session.get(Policy, row.id)
        assert found is not None
        before = found.doc_version
        found.name = "改名"
    assert _rows(empty) == [("policy", str(row.id), "new"), ("policy", str(row.id), "changed")]
    with empty.reading() as session:
        changed = session.get(Policy, row.id)
        assert changed is not None
        assert changed.doc_version == before + 1


def test_control_without_the_watch_nothing_is_marked(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_watched", {})
    _make(empty, "control")
    assert _rows(empty) == []


def test_a_rolled_back_change_leaves_no_mark(empty: Database) -> None:
    with pytest.raises(RuntimeError), empty.writing() as session:
        session.add(_policy("rolled-back"))
        raise RuntimeError
    assert _rows(empty) == []


def test_a_silent_bulk_change_is_refused(empty: Database) -> None:
    with empty.writing() as session, pytest.raises(RuntimeError, match="bypass the outbox"):
        session.execute(update(Policy).values(name="alle"))


def test_fan_out_raises_every_version(empty: Database) -> None:
    ids = [_make(empty, f"fan-{n}").id for n in range(3)]
    with empty.writing() as session:
        assert outbox.mark_many(session, Policy, ids, kind="policy", reason="renamed") == 3
    assert sum(1 for row in _rows(empty) if row[2] == "renamed") == 3
    with empty.reading() as session:
        versions = session.scalars(select(Policy.doc_version).where(Policy.id.in_(ids))).all()
        assert set(versions) == {2}


def test_leased_rows_are_nobody_elses_until_the_lease_ends(empty: Database) -> None:
    _make(empty, "lease")
    with empty.writing() as session:
        assert len(outbox.lease(session)) == 1
    with empty.writing() as session:
        assert outbox.lease(session) == []
    with clock.frozen(clock.now() + outbox.LEASE + timedelta(seconds=1)), empty.writing() as session:
        assert len(outbox.lease(session)) == 1


def test_five_refusals_make_a_dead_letter_that_can_be_replayed(empty: Database) -> None:
    _make(empty, "dead")
    for attempt in range(1, outbox.MAX_ATTEMPTS + 1):
        with clock.frozen(clock.now() + timedelta(hours=attempt)), empty.writing() as session:
            ids = [row.id for row in outbox.lease(session)]
            assert len(ids) == 1
            assert outbox.reject(session, ids, "bad mapping") == (1 if attempt == outbox.MAX_ATTEMPTS else 0)
    with empty.writing() as session:
        assert (outbox.backlog(session).pending, outbox.backlog(session).dead) == (0, 1)
        assert outbox.replay_dead(session) == 1
    with empty.reading() as session:
        assert outbox.backlog(session).pending == 1


def test_a_fault_of_the_engine_costs_no_attempt(empty: Database) -> None:
    _make(empty, "fault")
    for _ in range(10):
        with clock.frozen(clock.now() + timedelta(hours=1)), empty.writing() as session:
            outbox.retry(session, [row.id for row in outbox.lease(session)], "down", delay_s=0)
    with empty.reading() as session:
        assert session.scalars(select(OutboxRow.attempts)).all() == [0]
