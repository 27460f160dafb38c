"""Jobs: news reach every room that listens, unheard news are no failure, a failing listener repeats."""

from datetime import timedelta

import pytest

from app.core import clock, jobs
from app.core.db import Database
from app.core.jobs import Job, JobContext, JobState, announce_as, enqueue, job, run_one

pytestmark = pytest.mark.committed


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[jobs.JobFunction]]:
    known: dict[str, list[jobs.JobFunction]] = {}
    monkeypatch.setattr(jobs, "_jobs", known)
    return known


def listener(room: str, heard: list[str], *, fails: int = 0) -> jobs.JobFunction:
    left = [fails]

    def hear(context: JobContext, **payload: str) -> dict[str, str]:
        if left[0]:
            left[0] -= 1
            raise RuntimeError("not now")
        heard.append(f"{room}:{payload['organisation_id']}")
        return {room: "done"}

    hear.__module__ = f"app.{room}.jobs"
    return hear


def run(database: Database, name: str) -> Job:
    with database.writing() as session:
        row = enqueue(session, name, {"organisation_id": "7"})
    run_one(database)
    with database.reading() as session:
        found = session.get_one(Job, row.id)
        session.expunge(found)  # read on after the session has ended
        return found


@pytest.mark.usefixtures("registry")
def test_every_room_that_listens_hears_the_news(database: Database):
    heard: list[str] = []
    for room in ("offerings", "needs"):
        job("organisations.changed")(listener(room, heard))
    done = run(database, "organisations.changed")
    assert heard == ["offerings:7", "needs:7"]
    assert (done.state, done.result) == (JobState.done, {"offerings": "done", "needs": "done"})


@pytest.mark.usefixtures("registry")
def test_news_that_nobody_hears_are_no_failure(database: Database):
    announce_as("organisations.changed")
    assert run(database, "organisations.changed").state is JobState.done


@pytest.mark.usefixtures("registry")
def test_control_an_unknown_name_fails_and_the_worker_lives(database: Database):
    row = run(database, "organisations.chagned")
    assert row.state is JobState.queued
    assert "KeyError" in (row.error or "")


@pytest.mark.usefixtures("registry")
def test_a_failing_listener_repeats_all(database: Database):
    heard: list[str] = []
    job("organisations.changed")(listener("offerings", heard))
    job("organisations.changed")(listener("needs", heard, fails=1))
    row = run(database, "organisations.changed")
    assert (row.state, heard) == (JobState.queued, ["offerings:7"])
    with database.writing() as session:
        session.get_one(Job, row.id).run_at = row.created_at
    run_one(database)
    assert heard == ["offerings:7", "offerings:7", "needs:7"]


@pytest.mark.usefixtures("registry")
def test_one_room_has_one_function_for_a_name():
    job("needs.sweep")(listener("needs", []))
    with pytest.raises(RuntimeError, match=r"two jobs named needs\.sweep in one room"):
        job("needs.sweep")(listener("needs", []))


@pytest.mark.usefixtures("registry")
def test_an_equal_key_waits_once(database: Database):
    announce_as("organisations.changed")
    with database.writing() as session:
        first = enqueue(session, "organisations.changed", key="k")
        session.flush()
        assert enqueue(session, "organisations.changed", key="k") is first
        assert enqueue(session, "organisations.changed", key="other") is not first


def test_a_job_that_kills_its_worker_is_given_up(database: Database):
    """A worker that dies leaves its job running with an ended lease; after three deaths it is failed, not run."""
    with database.writing() as session:
        row = enqueue(session, "tests.deadly")
        row.state, row.attempts = JobState.running, jobs.MAX_ATTEMPTS
        row.leased_until = clock.now() - timedelta(minutes=1)
        key = row.id
    assert run_one(database) is True
    with database.reading() as session:
        found = session.get(Job, key)
        assert found is not None
        assert (found.state, found.error) == (JobState.failed, "the worker died each time")
    assert run_one(database) is False
