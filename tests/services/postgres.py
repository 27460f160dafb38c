"""A PostgreSQL cluster of our own: temporary, on a Unix socket, never the packaged one."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from tests.services.system import (
    NotReadyError,
    children,
    drop_privileges,
    end_process,
    hand_over,
    install,
    server_environment,
    wait_for_end,
)

OWNER = "funeng"
_UNSAFE_BUT_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def binaries() -> Path:
    """The folder of the newest PostgreSQL on this machine; its `initdb` is often not on the PATH."""
    versions = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    on_path = shutil.which("initdb")
    if on_path:
        versions.append(Path(on_path).resolve().parent)
    if not versions:
        msg = "no initdb found: PostgreSQL is not installed"
        raise NotReadyError(msg)
    return max(
        versions, key=lambda path: [int(part) for part in path.parent.name.split(".") if part.isdigit()]
    )


def ensure() -> Path:
    try:
        return binaries()
    except NotReadyError:
        install("postgresql", reason="PostgreSQL's initdb")
        return binaries()


class Postgres:
    """One cluster in `folder`. `durable=True` keeps fsync on, for the tests that kill it.

    `kill()` ends the postmaster the hard way, `start()` brings the same data back, `pause()` freezes it.
    """

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.durable = durable
        self._bin = binaries()
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        """The SQLAlchemy address of one database of the cluster."""
        return f"postgresql+psycopg://{OWNER}@/{database}?host={self.folder}"

    def conninfo(self, database: str = "postgres") -> str:
        return f"host={self.folder} user={OWNER} dbname={database}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        if not self.data.exists():
            self._create()
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "max_connections": "120",
            "log_min_messages": "warning",
        }
        if not self.durable:
            options |= _UNSAFE_BUT_FAST
        command = [*drop_privileges(), str(self._bin / "postgres"), "-D", str(self.data)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with (self.folder / "postgres.log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=server_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.wait()

    def _create(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        hand_over(self.folder)
        command = [*drop_privileges(), str(self._bin / "initdb"), "-D", str(self.data), f"--username={OWNER}"]
        # the C collation orders alike on every machine, as SQLite does
        command += ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions", "--no-sync"]
        result = subprocess.run(
            command, cwd=self.folder, env=server_environment(), check=False, capture_output=True, text=True
        )
        if result.returncode != 0:
            msg = f"initdb failed:\n{result.stdout}{result.stderr}"
            raise NotReadyError(msg)

    def wait(self, seconds: float = 30) -> None:
        """Return when the cluster accepts connections."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                psycopg.connect(self.conninfo()).close()
            except psycopg.OperationalError as error:
                ended = self._process is not None and self._process.poll() is not None
                if ended or time.monotonic() > deadline:
                    log = (self.folder / "postgres.log").read_text(errors="replace")[-2000:]
                    msg = f"PostgreSQL did not start: {error}\n{log}"
                    raise NotReadyError(msg) from error
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        if self._process is not None:
            end_process(self._process, first=signal.SIGINT)  # SIGINT: PostgreSQL's fast shutdown
            self._process = None

    def kill(self) -> None:
        """End the postmaster and its children as a power cut would: no checkpoint, no goodbye."""
        assert self._process is not None
        # backends lead sessions of their own, and a new postmaster refuses to start beside an old one
        family = [self._process.pid, *children(self._process.pid)]
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        self._process = None
        wait_for_end(family)

    def pause(self) -> None:
        """Freeze the postmaster: new connections hang instead of being refused."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one administrative statement outside a transaction."""
        with psycopg.connect(self.conninfo(database), autocommit=True) as connection:
            connection.execute(statement.encode())
