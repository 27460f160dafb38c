"""What staff see of the installation: every line, what should worry them, and the second try."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core import clock, health, outbox
from app.core.audit import AuditEvent
from app.core.jobs import Job, JobState
from app.core.permissions import Actor, Role
from app.desk.service.health import facts
from app.files.models import FileKind, FileState, StoredFile
from app.indexing.service import REBUILD
from tests.factories.accounts import make_user, sign_in
from tests.services.client import Client

STAFF = Actor(name="示例", roles=frozenset({Role.operator}))


def lines(client: Client) -> dict[str, tuple[str, str]]:
    runtime = client.app.state.runtime
    return {fact.title: (fact.tone, fact.text) for fact in facts(client.session, runtime, STAFF)}


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
def test_a_sound_installation_is_green(client: Client) -> None:
    sign_in(client, make_user(client.session, Role.system_admin))
    page = client.get("/status")
    assert page.status_code == 200
    found = lines(client)
    for title in ("数据库", "邮件和短信", "后台任务", "查毒", "磁盘", "审计链", "版本", "已运行"):
        assert title in page.text
        assert found[title][0] == "ok", (title, found[title])
    assert found["备份"][0] == "warn"


def test_what_should_worry_is_said(client: Client) -> None:
    session, settings = client.session, client.app.state.runtime.settings
    session.add(outbox.OutboxRow(kind="need", object_id="1", reason="x", dead=True))
    session.add(Job(name="x.y", state=JobState.failed, finished_at=clock.now()))
    session.flush()
    found = lines(client)
    tone, text = found["等着进搜索的"]
    assert (tone, text.endswith("，1 条多次失败")) == ("stop", True)
    assert found["后台任务"][0] == "stop"
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    note = settings.data_dir / health.LAST_BACKUP
    note.write_text(json.dumps({"created_at": clock.now().isoformat(), "name": "示例.tar.gz"}))
    assert lines(client)["备份"][0] == "ok"
    with clock.frozen(clock.now() + timedelta(days=3)):
        assert lines(client)["备份"][0] == "warn"
    note.write_text("{")
    assert lines(client)["备份"][1].startswith("还没有做过")


def test_files_that_wait_for_the_scanner_are_counted(client: Client) -> None:
    settings = client.app.state.runtime.settings
    row = StoredFile(
        purpose="x", object_id="1", kind=FileKind.paper, name="示例.pdf", media_type="application/pdf",
        size=1, sha256="0", state=FileState.quarantined, store_key="k", created_at=clock.now() - timedelta(hours=1),
    )  # fmt: skip
    client.session.add(row)
    client.session.flush()
    before = settings.files.scanner
    settings.files.scanner = type(before)("clamd")
    try:
        tone, text = lines(client)["查毒"]
    finally:
        settings.files.scanner = before
    assert (tone, "1 个文件等着查" in text) == ("warn", True)


class TestSecondTry:
    def test_dead_documents_get_five_more_tries(self, client: Client) -> None:
        session = client.session
        rows = [
            outbox.OutboxRow(kind="need", object_id=str(n), reason="x", dead=True, last_error="mapping 不收")
            for n in range(3)
        ]
        session.add_all(rows)
        session.flush()
        first = rows[0].id
        sign_in(client, make_user(session, Role.operator))
        page = client.get("/desk/failed").text
        assert "mapping 不收" in page
        token = page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
        client.post("/desk/index/replay", data={"csrf_token": token, "row": str(first)})
        dead = select(outbox.OutboxRow.object_id).where(outbox.OutboxRow.dead.is_(True))
        assert sorted(session.scalars(dead)) == ["1", "2"]
        client.post("/desk/index/replay", data={"csrf_token": token, "row": "²"})
        assert session.scalars(dead).all() == []
        names = session.scalars(select(AuditEvent.name).where(AuditEvent.kind == "outbox")).all()
        assert names == ["desk.index.replayed", "desk.index.replayed"]

    def test_a_failed_job_runs_again_and_another_does_not(self, client: Client) -> None:
        session = client.session
        failed = Job(
            name="x.y", state=JobState.failed, attempts=3, error="原因写在这里", finished_at=clock.now()
        )
        done = Job(name="x.z", state=JobState.done)
        session.add_all([failed, done])
        session.flush()
        key, other = failed.id, done.id
        sign_in(client, make_user(session, Role.system_admin))
        assert "原因写在这里" in client.get("/desk/failed").text
        assert client.submit("/desk/failed", action=f"/desk/jobs/{key}/retry").status_code == 303
        again = session.get(Job, key)
        assert again is not None
        assert (again.state, again.attempts) == (JobState.queued, 0)
        token = client.get("/desk/index").text.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
        assert client.post(f"/desk/jobs/{other}/retry", data={"csrf_token": token}).status_code == 409


class TestIndex:
    def test_a_rebuild_is_ordered_watched_and_left(self, client: Client) -> None:
        session = client.session
        sign_in(client, make_user(session, Role.operator))
        assert client.submit("/desk/index", action="/desk/index/rebuild").status_code == 303
        job = session.scalars(select(Job).where(Job.name == REBUILD)).one()
        waiting = client.get("/desk/index", headers={"HX-Request": "true"}).text
        assert "<html" not in waiting
        assert 'hx-get="/desk/index"' in waiting
        assert "排队等着重建" in waiting
        job = session.get(Job, job.id)
        assert job is not None
        job.state, job.done, job.total, job.text = JobState.running, 40, 120, "供给，约剩 9 秒"
        shown = client.get("/desk/index").text
        assert "约剩 9 秒" in shown
        assert 'max="120"' in shown
        job = session.get(Job, job.id)
        assert job is not None
        job.state, job.finished_at, job.result = JobState.done, clock.now(), {"written": 120, "seconds": 3.5}
        over = client.get("/desk/index").text
        assert "120 份文档，用了 3.5 秒" in over
        assert 'hx-get="/desk/index"' not in over
        names = session.scalars(select(AuditEvent.name).where(AuditEvent.kind == "job")).all()
        assert names == ["desk.index.rebuild_ordered"]

    def test_a_reviewer_watches_and_does_not_order(self, client: Client) -> None:
        sign_in(client, make_user(client.session, Role.reviewer))
        page = client.get("/desk/index")
        assert "/desk/index/rebuild" not in page.text
