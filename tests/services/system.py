"""What the test servers need of the machine: cache folder, unprivileged user, Debian packages."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path

UNPRIVILEGED = "nobody"
"""PostgreSQL and Elasticsearch refuse to run as root; this user exists everywhere."""


class NotReadyError(RuntimeError):
    """A part is missing and could not be installed; the text says which and what to do."""


def is_root() -> bool:
    return os.geteuid() == 0


def cache_dir() -> Path:
    """Downloads that outlive a run, outside the checkout and readable for the unprivileged user."""
    chosen = os.environ.get("FUNENG_CACHE_DIR")
    if chosen:
        return Path(chosen)
    return Path("/var/cache/funeng") if is_root() else Path.home() / ".cache" / "funeng"


def drop_privileges() -> list[str]:
    """The words before a server's command: another user when we are root, and death with its parent."""
    if not is_root():
        return ["setpriv", "--pdeathsig", "TERM"]
    user = pwd.getpwnam(UNPRIVILEGED)
    return [
        "setpriv",
        f"--reuid={user.pw_uid}",
        f"--regid={user.pw_gid}",
        "--clear-groups",
        "--pdeathsig",
        "TERM",
    ]


def hand_over(folder: Path) -> None:
    """Make `folder` and what is in it the property of the user that the servers run as."""
    if not is_root():
        return
    user = pwd.getpwnam(UNPRIVILEGED)
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, user.pw_uid, user.pw_gid)


def server_environment(**more: str) -> dict[str, str]:
    """A small, fixed environment: nothing of the caller's PG… or ES… variables leaks into a server."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LANG": "C.UTF-8", "HOME": "/nonexistent"} | more


def install(package: str, *, reason: str) -> None:
    """Install a Debian package when we are root; otherwise say which one is missing."""
    if not is_root() or shutil.which("apt-get") is None:
        msg = f"missing: {reason}. Install the package {package} (Debian: apt-get install {package}) and try again."
        raise NotReadyError(msg)
    print(f"installing {package} ({reason}) …", flush=True)
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", package]
    # postgresql-common would start a packaged cluster on 5432; the tests never use that one
    with _no_service_starts():
        result = subprocess.run(command, env=quiet, check=False, capture_output=True, text=True)
        if result.returncode != 0:
            subprocess.run(["apt-get", "update", "-q"], env=quiet, check=False, capture_output=True)
            result = subprocess.run(command, env=quiet, check=False, capture_output=True, text=True)
    if result.returncode != 0:
        tail = "\n".join((result.stdout + result.stderr).splitlines()[-5:])
        msg = f"could not install {package} ({reason}):\n{tail}"
        raise NotReadyError(msg)


class _no_service_starts:  # noqa: N801 -- reads as a verb where it is used
    """Debian's own switch against starting services on installation, only where nobody set it before."""

    _path = Path("/usr/sbin/policy-rc.d")

    def __enter__(self) -> None:
        self._ours = not self._path.exists()
        if self._ours:
            self._path.write_text("#!/bin/sh\nexit 101\n")
            self._path.chmod(0o755)

    def __exit__(self, *_: object) -> None:
        if self._ours:
            self._path.unlink(missing_ok=True)


def end_process(
    process: subprocess.Popen[bytes], *, seconds: float = 15, first: int = signal.SIGTERM
) -> None:
    """Ask a process we started to end, then make it."""
    if process.poll() is not None:
        return
    process.send_signal(first)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(seconds)


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that waits to be collected by its parent does not."""
    return _stat(pid) is not None


def children(pid: int) -> list[int]:
    """The process's direct children, from /proc."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            stat = _stat(int(entry.name))
            if stat and stat[1] == pid:
                found.append(int(entry.name))
    return found


def wait_for_end(pids: list[int], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while any(is_alive(pid) for pid in pids):
        assert time.monotonic() < deadline, f"still running after {seconds} s: {pids}"
        time.sleep(0.02)


def _stat(pid: int) -> tuple[str, int] | None:
    """(state, parent) of a process, None when it is gone or a zombie."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state in "ZX" else (state, int(parent))
