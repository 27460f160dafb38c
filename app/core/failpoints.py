"""Named points where a test kills this process with -9, to prove that nothing acknowledged is lost.

`FUNENG_FAILPOINT=name` or `name:3` (the third time); without it a point costs one comparison.
Production refuses to start with one set.
"""

import os
import signal

_name, _, _count = os.environ.get("FUNENG_FAILPOINT", "").partition(":")
_left = int(_count) if _count.isdigit() else 1

POINTS = (
    "edge.before_commit",
    "edge.after_commit",
    "drainer.after_lease",
    "drainer.after_write",
    "rebuild.before_publish",
    "rebuild.after_publish",
    "letters.after_send",
)


def armed() -> str:
    """Return the name of the armed point, empty when none is."""
    return _name


def reach(name: str) -> None:
    """Die here if this point is armed and its count is used up."""
    global _left  # noqa: PLW0603  one counter per process
    if name != _name:
        return
    _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
