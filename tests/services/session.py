"""Servers shared by all workers of one test run, started when first wanted, stopped when the run ends.

The run's first process (pytest itself, not its xdist workers) makes a folder and holds a lock in it. Whoever
wants a server starts `python -m tests.services.guardian NAME`; the guardian that gets the server's lock starts
it, writes its address and waits for the run's lock. The kernel frees that lock however the run ends (also by
Ctrl-C, a crash or kill -9), so no server outlives it.
"""

import fcntl
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

from tests.services.system import NotReadyError

VARIABLE = "FUNENG_TEST_RUN_DIR"
CHECKOUT = Path(__file__).resolve().parents[2]
FUNENG = [sys.executable, "-c", "from app.cli import main; main()"]
"""The `funeng` command of this checkout, whether or not it is installed in the environment."""

_alive: IO[bytes] | None = None


def begin() -> Path:
    """Make the run's folder and hold its lock. Called once, by the process that outlives all workers."""
    global _alive  # noqa: PLW0603 -- the open file is the lock
    folder = Path(tempfile.mkdtemp(prefix="funeng-"))  # short: a Unix socket's path has 107 characters
    folder.chmod(0o711)
    _alive = (folder / "alive").open("wb")
    fcntl.flock(_alive, fcntl.LOCK_EX)
    os.environ[VARIABLE] = str(folder)
    return folder


def end(seconds: float = 40) -> None:
    """Release the lock and wait until the guardians have cleared the folder."""
    global _alive  # noqa: PLW0603 -- see begin
    if _alive is None:
        return
    folder = run_dir()
    _alive.close()
    _alive = None
    deadline = time.monotonic() + seconds
    while any(folder.glob("*.guardian")) and time.monotonic() < deadline:
        time.sleep(0.05)
    clear(folder)


def clear(folder: Path) -> None:
    """Remove the run's folder; the last one out does it."""
    if not any(folder.glob("*.guardian")):
        subprocess.run(["rm", "-rf", "--", str(folder)], check=False)


def run_dir() -> Path:
    return Path(os.environ[VARIABLE])


def want(name: str) -> None:
    """Begin to start a server in the background, unless somebody already did."""
    folder = run_dir()
    if (folder / f"{name}.guardian").exists():
        return
    with (folder / f"{name}.log").open("ab") as log:
        guardian = subprocess.Popen(
            [sys.executable, "-m", "tests.services.guardian", name],
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C reaches pytest alone; the guardian ends after it
        )
    guardian.returncode = 0  # it outlives this process on purpose; Popen need not warn of that


def address(name: str, seconds: float = 180) -> dict[str, str]:
    """Wait for a wanted server and say where it is."""
    want(name)
    folder = run_dir()
    ready, failed = folder / f"{name}.json", folder / f"{name}.failed"
    deadline = time.monotonic() + seconds
    while not ready.exists():
        if failed.exists() or time.monotonic() > deadline:
            reason = failed.read_text() if failed.exists() else f"no answer in {seconds} s"
            msg = f"the test server {name} did not start: {reason}\n{(folder / f'{name}.log').read_text()[-2000:]}"
            raise NotReadyError(msg)
        time.sleep(0.05)
    return dict(json.loads(ready.read_text()))
