"""A fresh clone from its two commands: first start, later starts, Ctrl-C. Run by `make bench` and `make test-long`.

Prints the package downloads and everything else apart, since only the second is ours to answer for.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIRST_S, LATER_S, STOP_S = 180, 5, 5


def make(*words: str, clone: Path, port: int) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FUNENG_")}
    return subprocess.Popen(
        ["make", *words, f"PORT={port}"],
        cwd=clone,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # a terminal's Ctrl-C reaches the whole group, so ours must be one
    )


def seconds_until_ready(clone: Path, port: int) -> tuple[float, float, str]:
    """(seconds to the first answer, seconds from Ctrl-C to the end, what it printed)."""
    start = time.monotonic()
    process = make("run", clone=clone, port=port)
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2).close()
            break
        except OSError:
            if process.poll() is not None:
                sys.exit(
                    f"make run ended with {process.returncode}:\n{process.stdout.read() if process.stdout else ''}"
                )
            time.sleep(0.05)
    ready = time.monotonic() - start
    stop = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=30)
    return ready, time.monotonic() - stop, output


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> int:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="funeng-start-") as folder:
        clone = Path(folder) / "funeng"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        first, first_stop, printed = seconds_until_ready(clone, port)
        found = re.search(r"Packages \(pip, npm\): ([0-9.]+) s", printed)
        downloads = float(found[1]) if found else 0.0
        later = [seconds_until_ready(clone, port) for _ in range(3)]
        shutil.rmtree(clone)
    worst = max(ready for ready, _, _ in later)
    stops = max([first_stop, *(stop for _, stop, _ in later)])
    print(printed)
    print(
        f"first start: {first:.1f} s, of which package downloads {downloads:.1f} s, the rest {first - downloads:.1f} s (≤ {FIRST_S})"
    )
    print(f"later starts: {', '.join(f'{ready:.1f}' for ready, _, _ in later)} s (≤ {LATER_S})")
    print(f"Ctrl-C to the end: {stops:.1f} s (≤ {STOP_S})")
    traces = [text for _, _, text in later if "Traceback" in text]
    for text in traces:
        print(text)
    return int(first - downloads > FIRST_S or worst > LATER_S or stops > STOP_S or bool(traces))


if __name__ == "__main__":
    sys.exit(main())
