"""Runs the tests as `make test` does: two workers, one line per failure, coverage of what the tests import.

Arguments are handed to pytest; with any, only that part runs, and coverage is not judged.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORKERS = os.environ.get("FUNENG_TEST_WORKERS", "2")


def main() -> int:
    chosen = sys.argv[1:]
    command = [sys.executable, "-m", "pytest", "-n", WORKERS, "--dist", "worksteal"]
    return subprocess.run([*command, *chosen], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
