"""The auditor sees the chain, takes records away and has them checked; nobody else does."""

import json
import sqlite3
import uuid
from pathlib import Path

import pytest
from sqlalchemy import make_url, select, text

from app.core import audit, clock
from app.core.db import Database
from app.core.jobs import JobContext, JobState
from app.core.messages import Message
from app.core.permissions import Actor, Role
from app.core.sheets import read_rows
from app.desk import jobs, queries
from app.desk.service import auditing
from tests.browser.walk import until
from tests.core.test_audit_chain import without_triggers, write
from tests.factories.accounts import make_user, sign_in
from tests.services import databases
from tests.services.client import Client
from tests.services.server import Server


class TestPage:
    def test_the_auditor_sees_the_chain_and_exports_the_records(self, client: Client) -> None:
        audit.record(client.session, Actor(), "desk.help.asked", kind="help_request", object_id="AB-1")
        sign_in(client, make_user(client.session, Role.auditor))
        page = client.get("/admin/audit")
        assert "审计链" in page.text
        sheet = client.get("/admin/audit/export.xlsx", params={"object": "AB-1"})
        rows = read_rows(sheet.content)
        assert [row[7] for row in rows if row[7] == "AB-1"] == ["AB-1"]
        assert any(
            row.name == "web.list.exported" for row in client.session.scalars(select(audit.AuditEvent))
        )

    @pytest.mark.parametrize("role", [Role.security_admin, Role.system_admin, Role.operator])
    def test_others_are_refused(self, client: Client, role: Role) -> None:
        """Separation of duties: who grants roles does not read the trail about it."""
        sign_in(client, make_user(client.session, role))
        assert client.get("/admin/audit").status_code == 403
        assert client.get("/admin/audit/export.xlsx").status_code == 403

    def test_a_check_is_ordered_once_and_shown(self, client: Client) -> None:
        sign_in(client, make_user(client.session, Role.auditor))
        for _ in range(2):
            assert client.submit("/admin/audit", action="/admin/audit/verify").status_code == 303
        job = queries.find_job(client.session, auditing.VERIFY)
        assert job is not None
        job.state, job.finished_at = JobState.done, clock.now()
        job.result = {
            "rows": 3,
            "linked": 3,
            "anchors": 1,
            "broken": 1,
            "problems": ["第 2 环：9 号记录被删"],
        }
        page = client.get("/admin/audit").text
        assert "有 1 处不对" in page
        assert "9 号记录被删" in page


@pytest.mark.committed
def test_auditors_are_told_when_something_is_wrong(database: Database) -> None:
    write(database, 5)
    jobs.seal(None, database)
    assert jobs.verify_audit(JobContext(database, uuid.uuid4()))["broken"] == 0
    without_triggers(database)
    with database.writing() as session:
        session.execute(text("UPDATE audit_events SET object_id = 'other' WHERE object_id = '2'"))
    found = jobs.verify_audit(JobContext(database, uuid.uuid4()))
    assert found["broken"] >= 1
    with database.reading() as session:
        told = session.scalars(select(Message)).one()
        assert (told.name, told.role) == ("desk.audit.broken", Role.auditor.value)


@pytest.mark.committed
def test_the_night_orders_a_check(database: Database) -> None:
    jobs.nightly(None, database)
    jobs.nightly(None, database)
    jobs.sweep(None, database)
    with database.reading() as session:
        assert queries.find_job(session, auditing.VERIFY, JobState.queued) is not None


@pytest.mark.committed
def test_the_command_says_what_is_wrong(
    server: Server, server_settings: dict[str, str], tmp_path: Path
) -> None:
    """A running server seals within seconds and at its end; the command then finds nothing, or what was done."""
    path = make_url(server_settings["FUNENG_DATABASE_URL"]).database
    anchors = Path(server_settings["FUNENG_DATA_DIR"]) / "audit" / "anchors.jsonl"
    until(anchors.exists, "the head of the chain is kept")
    server.stop()
    fine = databases.funeng("verify-audit", "--json", settings=server_settings)
    report = json.loads(fine.stdout)
    assert report["rows"] == report["linked"] > 0
    assert report["anchors"] == 1
    kept = tmp_path / "kept.jsonl"
    kept.write_text(anchors.read_text())
    anchors.unlink()
    with sqlite3.connect(path or "") as connection:
        for table in ("audit_events", "audit_links"):
            connection.execute(f"DROP TRIGGER {table}_no_delete")
        connection.execute("DELETE FROM audit_events WHERE id = (SELECT max(id) FROM audit_events)")
        connection.execute("DELETE FROM audit_links WHERE position = (SELECT max(position) FROM audit_links)")
    cut = databases.funeng("verify-audit", "--anchor", str(kept), settings=server_settings, check=False)
    assert (cut.returncode, "末尾被截去" in cut.stderr) == (1, True)
    blind = databases.funeng("verify-audit", settings=server_settings, check=False)
    assert blind.returncode == 0  # control: without a head kept elsewhere nobody can tell
    empty = tmp_path / "empty"
    empty.write_text("")
    none = databases.funeng("verify-audit", "--anchor", str(empty), settings=server_settings, check=False)
    assert none.returncode == 2
