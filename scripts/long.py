"""Runs the full figures of the promises, step by step: `make test-long`.

A step that passed on this commit is not run again, so the run can be stopped and continued. Each finished
step leaves a dated page in docs/evidence with the machine, the commit and everything it printed.

    scripts/long.py              the steps that are still to do
    scripts/long.py NAME …       these steps, done or not
    scripts/long.py --list       what there is and what is done
"""

import datetime as dt
import hashlib
import os
import platform
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STEPS = ROOT / "tests" / "long.toml"
EVIDENCE = ROOT / "docs" / "evidence"
DONE = ROOT / "var" / "long"


@dataclass(frozen=True)
class Step:
    """One entry of tests/long.toml: what it shows, its command, and how long it may take."""

    name: str
    shows: str
    command: list[str]
    minutes: int


def load() -> list[Step]:
    entries = tomllib.loads(STEPS.read_text())["step"]
    return [Step(entry["name"], entry["shows"], entry["command"], entry["minutes"]) for entry in entries]


def git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def state() -> str:
    """The commit, and a hash of what differs from it: a step counts as done for exactly this text."""
    changes = git("diff", "HEAD", "--", ":!docs") + git(
        "ls-files", "--others", "--exclude-standard", ":!docs"
    )
    commit = git("rev-parse", "--short=12", "HEAD").strip()
    return f"{commit}-{hashlib.sha256(changes.encode()).hexdigest()[:8]}" if changes else commit


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def run(step: Step, tree: str) -> bool:
    print(f"== {step.name}: {step.shows} (at most {step.minutes} min)", flush=True)
    command = [sys.executable if word == "python" else word for word in step.command]
    environment = os.environ | {"FUNENG_TEST_SCALE": "full"}
    start, lines = time.monotonic(), []
    with subprocess.Popen(
        ["timeout", "--signal=INT", "--kill-after=60", f"{step.minutes}m", *command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    passed = process.returncode == 0
    seconds = time.monotonic() - start
    write(step, tree, passed=passed, seconds=seconds, output="".join(lines))
    return passed


def write(step: Step, tree: str, *, passed: bool, seconds: float, output: str) -> None:
    """Leave the page in docs/evidence, without this machine's paths, and remember that it is done."""
    now = dt.datetime.now(dt.UTC)
    EVIDENCE.mkdir(parents=True, exist_ok=True)
    page = EVIDENCE / f"{now:%Y-%m-%d}-{step.name}.txt"
    head = [
        f"{step.name}: {step.shows}",
        f"{now:%Y-%m-%d %H:%M} UTC, commit {tree}, {machine()}",
        f"{'passed' if passed else 'FAILED'} in {seconds:.0f} s: {' '.join(step.command)}",
    ]
    page.write_text("\n".join(head) + "\n\n" + output.replace(str(ROOT), ".").replace(str(Path.home()), "~"))
    if passed:
        (DONE / tree).mkdir(parents=True, exist_ok=True)
        (DONE / tree / step.name).touch()


def main() -> int:
    steps, tree = load(), state()
    chosen = sys.argv[1:]
    done = {step.name for step in steps if (DONE / tree / step.name).exists()}
    if chosen == ["--list"]:
        for step in steps:
            print(f"{'done' if step.name in done else '    '}  {step.name}: {step.shows}")
        return 0
    unknown = set(chosen) - {step.name for step in steps}
    if unknown:
        print(f"no such step: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    wanted = [step for step in steps if (step.name in chosen if chosen else step.name not in done)]
    try:
        failed = [step.name for step in wanted if not run(step, tree)]
    except KeyboardInterrupt:
        print("\nStopped. Starting it again goes on with the step that was running.", file=sys.stderr)
        return 130
    print(f"{len(wanted)} run, {len(steps) - len(wanted)} done before, failed: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
