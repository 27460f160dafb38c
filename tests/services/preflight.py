"""Checks, and when root installs, everything the tests need: `python -m tests.services.preflight`.

Run before any test, so that a missing part is one clear line and not two hundred failures.
"""

import shutil
import sys
import time
from collections.abc import Callable

from tests.services import chromium, elastic, postgres
from tests.services.system import NotReadyError, install


def _setpriv() -> str:
    if shutil.which("setpriv") is None:
        install("util-linux", reason="setpriv, which starts the test servers")
    return str(shutil.which("setpriv"))


PARTS: dict[str, Callable[[], object]] = {
    "setpriv": _setpriv,
    "PostgreSQL": postgres.ensure,
    "Chromium and a Chinese font": chromium.ensure,
    "Java for Elasticsearch": elastic.java_home,
    "Elasticsearch": elastic.ensure,
}


def main() -> int:
    missing = []
    for name, ensure in PARTS.items():
        start = time.monotonic()
        try:
            found = ensure()
        except NotReadyError as error:
            missing.append(str(error))
            print(f"✗ {name}: {error}", flush=True)
        else:
            print(f"✓ {name}: {found} ({time.monotonic() - start:.1f} s)", flush=True)
    if missing:
        print("The tests were not started: something they need is missing (see ✗ above).", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
