"""Keeps one shared test server alive exactly as long as the test run: `python -m tests.services.guardian NAME`."""

import fcntl
import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.services import session
from tests.services.elastic import Elasticsearch
from tests.services.postgres import Postgres

SECURITY = ("funeng_tests", "only-for-this-test-run")


@contextmanager
def _postgres(folder: Path) -> Iterator[dict[str, str]]:
    with Postgres(folder) as server:
        yield {"url": server.url(), "folder": str(folder)}


@contextmanager
def _elasticsearch(folder: Path) -> Iterator[dict[str, str]]:
    with Elasticsearch(folder) as server:
        yield {"url": server.url}


@contextmanager
def _elasticsearch_secured(folder: Path) -> Iterator[dict[str, str]]:
    with Elasticsearch(folder, security=SECURITY) as server:
        yield {"url": server.url, "user": SECURITY[0], "password": SECURITY[1]}


SERVERS: dict[str, Callable[[Path], AbstractContextManager[dict[str, str]]]] = {
    "postgres": _postgres,
    "elasticsearch": _elasticsearch,
    "elasticsearch_secured": _elasticsearch_secured,
}


def main(name: str) -> None:
    run = session.run_dir()
    mark = run / f"{name}.guardian"
    with mark.open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # another worker was faster; its guardian serves us both
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: sys.exit(1))
        folder = run / name
        folder.mkdir(mode=0o755)
        try:
            with SERVERS[name](folder) as address:
                ready = run / f"{name}.json.part"
                ready.write_text(json.dumps(address))
                ready.rename(run / f"{name}.json")
                _wait_for_end_of_run(run)
        except Exception as error:
            (run / f"{name}.failed").write_text(str(error))
            raise
        finally:
            mark.unlink(missing_ok=True)
            if _has_ended(run):
                session.clear(run)


def _wait_for_end_of_run(run: Path) -> None:
    with (run / "alive").open("rb") as alive:
        fcntl.flock(alive, fcntl.LOCK_SH)


def _has_ended(run: Path) -> bool:
    with (run / "alive").open("rb") as alive:
        try:
            fcntl.flock(alive, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


if __name__ == "__main__":
    main(sys.argv[1])
