"""Runs the tests as `make test` does: two workers, then coverage of app and search, processes included.

Arguments are handed to pytest; with any, only that part runs and coverage is not judged.
FUNENG_TEST_WORKERS sets the number of workers, FUNENG_TEST_COVERAGE=off leaves the measuring out.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORKERS = os.environ.get("FUNENG_TEST_WORKERS", "2")
WHOLLY = "*/policy.py,*/policy/*,app/core/money.py,app/core/permissions.py"
"""Who may do what and what things cost: covered to the last branch."""


def call(*words: str) -> int:
    return subprocess.run([sys.executable, "-m", *words], cwd=ROOT, check=False).returncode


def main() -> int:
    chosen = sys.argv[1:]
    tests = ["pytest", "-n", WORKERS, "--dist", "worksteal", *chosen]
    if chosen or os.environ.get("FUNENG_TEST_COVERAGE") == "off":
        return call(*tests)
    call("coverage", "erase")
    status = call("coverage", "run", "-m", *tests)
    call("coverage", "combine", "-q")
    enough = call("coverage", "report")
    wholly = call("coverage", "report", f"--include={WHOLLY}", "--fail-under=100")
    if status == 0 and (enough or wholly):
        print(
            "The tests passed; the coverage above is below what pyproject.toml and scripts/test.py ask for."
        )
    return status or enough or wholly


if __name__ == "__main__":
    sys.exit(main())
