"""The servers the tests start: they survive what fault tests do to them, and nothing survives the run."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.services import elastic, postgres, preflight, session, system
from tests.services.system import NotReadyError, is_alive


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder with a short name that the servers' user may enter (a socket's path is limited)."""
    with tempfile.TemporaryDirectory(prefix="funeng-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def test_a_killed_postgres_keeps_what_it_acknowledged(short_path: Path):
    with postgres.Postgres(short_path / "pg", durable=True) as server:
        server.execute("CREATE TABLE kept (n integer)")
        server.execute("INSERT INTO kept VALUES (1)")
        server.kill()
        with pytest.raises(psycopg.OperationalError):
            server.execute("SELECT 1")
        server.start()
        with psycopg.connect(server.conninfo()) as connection:
            assert connection.execute("SELECT n FROM kept").fetchall() == [(1,)]


def test_a_paused_postgres_hangs_and_goes_on(short_path: Path):
    with postgres.Postgres(short_path / "pg") as server:
        server.pause()
        with pytest.raises(psycopg.OperationalError, match="timeout"):
            psycopg.connect(server.conninfo(), connect_timeout=2)
        server.resume()
        server.execute("SELECT 1")


RUN = """
import time
from tests.services import session
print(session.begin(), flush=True)
print(session.address("postgres")["folder"], flush=True)
time.sleep(60)
"""


def test_no_server_outlives_a_run_that_was_killed():
    environment = {name: value for name, value in os.environ.items() if name != session.VARIABLE}
    with subprocess.Popen(
        [sys.executable, "-c", RUN], cwd=session.CHECKOUT, env=environment, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        folder = Path(run.stdout.readline().strip())
        data = Path(run.stdout.readline().strip()) / "data"
        server = int((data / "postmaster.pid").read_text().splitlines()[0])
        assert is_alive(server)
        run.kill()
    deadline = time.monotonic() + 20
    while (is_alive(server) or folder.exists()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(server)
    assert not folder.exists()


def test_a_missing_package_is_named_when_we_may_not_install_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(system, "is_root", lambda: False)
    with pytest.raises(NotReadyError, match="postgresql"):
        system.install("postgresql", reason="PostgreSQL's initdb")


def test_the_preflight_stops_the_run_with_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("FUNENG_JAVA_HOME", str(tmp_path))
    monkeypatch.setattr(elastic, "OLDEST_JAVA", 99)
    monkeypatch.setattr(preflight, "PARTS", {"Java for Elasticsearch": elastic.java_home})
    assert preflight.main() == 1
    assert "missing: a Java of version 99 or newer" in capsys.readouterr().out
