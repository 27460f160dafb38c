"""The application as a process of its own: `funeng serve` and `funeng worker`, to be browsed or killed."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.services.session import CHECKOUT, FUNENG
from tests.services.system import NotReadyError, end_process


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """One `funeng` command with its own settings and log; start, stop, kill, pause, start again."""

    def __init__(self, arguments: list[str], settings: Mapping[str, str], log: Path) -> None:
        self.arguments, self.settings, self.log = arguments, dict(settings), log
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        self.launch()

    def launch(self) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("FUNENG_")}
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *FUNENG, *self.arguments],
                cwd=CHECKOUT,
                env=inherited | self.settings | {"PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def stop(self, seconds: float = 20) -> int | None:
        """SIGTERM, as a service manager does; returns the exit status."""
        if self.process is None:
            return None
        self.resume()
        end_process(self.process, seconds=seconds)
        status, self.process = self.process.returncode, None
        return status

    def kill(self) -> None:
        """Kill -9: nothing of the process gets to say goodbye."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None

    def pause(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)

    def wait_for_exit(self, seconds: float = 20) -> int:
        """For a process that is expected to end by itself: at a fail point, or refused at start."""
        assert self.process is not None
        return self.process.wait(seconds)

    def output(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""


class Server(Process):
    """`funeng serve` on a free port; started means that /readyz answers 200."""

    def __init__(self, settings: Mapping[str, str], log: Path, *, arguments: list[str] | None = None) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        own = {"FUNENG_PUBLIC_URL": self.url}
        super().__init__(["serve", "--port", str(self.port), *(arguments or [])], own | dict(settings), log)

    def start(self) -> None:
        self.launch()
        self.wait()

    def wait(self, seconds: float = 60) -> None:
        assert self.process is not None
        deadline = time.monotonic() + seconds
        while self.status("/readyz") != 200:
            if self.process.poll() is not None or time.monotonic() > deadline:
                msg = f"funeng serve is not ready:\n{self.output()[-4000:]}"
                raise NotReadyError(msg)
            time.sleep(0.05)

    def status(self, path: str, *, timeout: float = 5) -> int:
        """HTTP status of a GET, 0 when nothing answers."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=timeout) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0
