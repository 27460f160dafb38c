"""Prepares a checkout, step by step, and skips what is already right: `python scripts/setup.py run|dev`.

Needs nothing but the standard library, because it runs before anything is installed. A step's stamp holds
the hash of what the step was made from; a second start only compares hashes.
"""

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / ".funeng"
OLDEST = (3, 11)
LOCKS = {
    "run": ROOT / "requirements" / "setup.txt",
    "dev": ROOT / "requirements" / "dev.txt",
}
ASSETS = [ROOT / name for name in ("package.json", "package-lock.json", ".npmrc", "scripts/assets.py")]


class SetupError(Exception):
    """A step could not be done; the text says why and what to do."""


class Progress:
    """Numbers the steps, times them, and keeps the time spent on downloads apart."""

    def __init__(self, steps: int) -> None:
        self._steps, self._done = steps, 0
        self._start = time.monotonic()
        self.downloads = 0.0

    @contextmanager
    def step(self, title: str, *, downloads: bool = False) -> Iterator[None]:
        self._done += 1
        print(f"[{self._done}/{self._steps}] {title} …", flush=True)
        start = time.monotonic()
        yield
        seconds = time.monotonic() - start
        self.downloads += seconds if downloads else 0
        print(f"      done in {seconds:.1f} s", flush=True)

    def skip(self) -> None:
        self._done += 1

    def summary(self) -> None:
        total = time.monotonic() - self._start
        if self.downloads:
            print(
                f"Packages (pip, npm): {self.downloads:.1f} s. Everything else: {total - self.downloads:.1f} s."
            )


def fingerprint(files: list[Path]) -> str:
    """Hash of the files' contents, the Python they are installed for and the place of the checkout."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {ROOT}".encode())
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_current(step: str, key: str) -> bool:
    stamp = STAMPS / step
    return stamp.exists() and stamp.read_text() == key


def stamp(step: str, key: str) -> None:
    STAMPS.mkdir(exist_ok=True)
    (STAMPS / step).write_text(key)


def run(command: Sequence[str | Path], **more: str) -> None:
    result = subprocess.run(command, cwd=ROOT, env=os.environ | more, check=False)
    if result.returncode != 0:
        raise SetupError(f"{' '.join(str(word) for word in command[:4])} … ended with {result.returncode}")


def make_venv() -> None:
    """Make `.venv`, or make it again when its Python is gone or of another version."""
    if PYTHON.exists():
        probe = [str(PYTHON), "-c", "import sys; print(*sys.version_info[:2])"]
        found = subprocess.run(probe, check=False, capture_output=True, text=True)
        if found.stdout.split() == [str(part) for part in sys.version_info[:2]]:
            return
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        raise SetupError("could not make .venv (on Debian and Ubuntu: apt-get install python3-venv)")


def install_packages(lock: Path) -> None:
    """Install exactly what the lock names, each file checked against its hash; show how far it is."""
    wanted = sum(line[:1].isalnum() for line in lock.read_text().splitlines())
    command: list[str | Path] = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--progress-bar",
        "off",
    ]
    command += ["--no-warn-script-location", "--require-hashes", "-r", lock]
    seen, lines = 0, []
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            lines.append(line)
            if line.startswith(("Collecting", "Requirement already")):
                seen += 1
                if seen % 10 == 0:
                    print(f"      {min(seen, wanted)} of {wanted} packages", flush=True)
            elif line.startswith("Installing collected"):
                print(f"      {wanted} of {wanted} packages; unpacking", flush=True)
    if pip.returncode != 0:
        raise SetupError("pip could not install the locked packages:\n" + "".join(lines[-12:]))


def install_checkout() -> None:
    """Make `.venv/bin/funeng` and let it import the checkout itself; everything it needs is locked above."""
    command: list[str | Path] = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "--no-index",
    ]
    run([*command, "--no-deps", "--no-build-isolation", "-e", str(ROOT)])


def prepare(level: str) -> None:
    progress = Progress(5 if level == "run" else 4)
    make_venv()
    progress.skip()
    packages = fingerprint([LOCKS[level]])
    # the development lock holds everything of the others, so it serves `make run` as well
    complete = is_current("packages-dev", fingerprint([LOCKS["dev"]]))
    if complete or is_current(f"packages-{level}", packages):
        progress.skip()
    else:
        with progress.step("Python packages, locked with hashes", downloads=True):
            install_packages(LOCKS[level])
        stamp(f"packages-{level}", packages)
    checkout = fingerprint([ROOT / "pyproject.toml"])
    if is_current("checkout", checkout) and (VENV / "bin" / "funeng").exists():
        progress.skip()
    else:
        with progress.step("The funeng command"):
            install_checkout()
        stamp("checkout", checkout)
    assets = fingerprint(ASSETS)
    if is_current("assets", assets) and (ROOT / "app/web/static/vendor/LICENSES.txt").exists():
        progress.skip()
    else:
        with progress.step("Browser assets", downloads=True):
            run([PYTHON, ROOT / "scripts" / "assets.py"])
        stamp("assets", assets)
    if level == "run":
        prepare_data(progress)
    progress.summary()


def prepare_data(progress: Progress) -> None:
    """Migrate and load, unless this data folder was left right by exactly this code.

    The stamp lies beside the database, so it goes when the data goes. With a database elsewhere
    (FUNENG_DATABASE_URL) nothing can be known from here, and the command looks for itself.
    """
    data = Path(os.environ.get("FUNENG_DATA_DIR") or ROOT / "var").expanduser()
    mark = data / ".setup"
    sources = [
        path for folder in ("app", "migrations") for path in (ROOT / folder).rglob("*") if path.is_file()
    ]
    key = fingerprint(sorted(path for path in sources if path.suffix not in {".pyc", ".css", ".js", ".svg"}))
    is_ours = not os.environ.get("FUNENG_DATABASE_URL") and (data / "funeng.db").exists()
    if is_ours and mark.exists() and mark.read_text() == key:
        progress.skip()
        return
    with progress.step("Database, reference data, demo data"):
        run([VENV / "bin" / "funeng", "setup"])
    data.mkdir(parents=True, exist_ok=True)
    mark.write_text(key)


def main() -> int:
    level = sys.argv[1] if len(sys.argv) > 1 else "run"
    if level not in LOCKS:
        print(f"usage: setup.py {'|'.join(LOCKS)}", file=sys.stderr)
        return 2
    if sys.version_info < OLDEST:
        print(
            f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed, this is {sys.version.split()[0]}",
            file=sys.stderr,
        )
        return 1
    try:
        prepare(level)
    except SetupError as error:
        print(f"Setup stopped: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nSetup stopped. Starting it again goes on from here.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
