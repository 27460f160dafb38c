"""Opens strangers' files in a process apart: a parser that hangs, swells or crashes takes nothing with it.

`python -m app.core.apart package.module:function` reads the file from stdin and writes one line of JSON, then
bytes. The function is one of `ALLOWED` only and answers `(facts, bytes)` or raises `Refused` with the reason in Chinese.
"""

import json
import os
import resource
import subprocess
import sys
from importlib import import_module
from typing import Any

SECONDS, MEMORY = 30, 1_500_000_000
ALLOWED = frozenset(
    {
        "app.files.contents:picture",
        "app.files.contents:paper",
        "app.core.sheets:parse",
    }
)
STOPPED = "这个文件打开得太久或太大，没有收下；请换一个小一些的"
BROKEN = "这个文件打不开，可能已损坏；请在电脑上打开另存一次再传"


class Refused(Exception):
    """What a person reads about a file that is not taken."""


def run_apart(
    name: str, data: bytes, *, options: dict[str, Any] | None = None, seconds: int = SECONDS
) -> tuple[Any, bytes]:
    """Return `(facts, bytes)` of `name(data, **options)` run in a child process.

    Raises:
        Refused: the file breaks a rule, cannot be read, or took more than `seconds` or `MEMORY` bytes.

    """
    if name not in ALLOWED:
        raise ValueError(f"{name} may not run apart")
    try:
        done = subprocess.run(  # noqa: S603  our own interpreter and one of the names above
            [sys.executable, "-m", "app.core.apart", name, json.dumps(options or {}), str(seconds)],
            input=data,
            capture_output=True,
            timeout=seconds + 5,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Refused(STOPPED) from None
    head, newline, body = done.stdout.partition(b"\n")
    if done.returncode != 0 or not newline:
        raise Refused(STOPPED)
    answer = json.loads(head)
    if "refused" in answer:
        raise Refused(answer["refused"])
    return answer["facts"], body


def main(name: str, options: str, seconds: str) -> None:
    """Run one function on stdin within limits of processor time and memory."""
    limit = int(seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    data = sys.stdin.buffer.read()
    module, _, function = name.partition(":")
    if name not in ALLOWED:
        raise ValueError(name)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a parser prints must not stand in the answer
    body = b""
    try:
        facts, body = getattr(import_module(module), function)(data, **json.loads(options))
        answer: dict[str, Any] = {"facts": facts}
    except Refused as error:
        answer = {"refused": str(error)}
    except MemoryError:
        answer = {"refused": STOPPED}
    except Exception:  # noqa: BLE001  any way a parser fails means: not a good file
        answer = {"refused": BROKEN}
    with out:
        out.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n" + body)


if __name__ == "__main__":
    # the class that the functions raise is the one of the module's real name, not of __main__
    import_module("app.core.apart").main(*sys.argv[1:4])
