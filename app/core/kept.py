"""Small facts kept for some seconds per database: names and labels that change a few times a year."""

import time
from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.orm import Session

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """Makes a value from a session and keeps it for `seconds`; never for anything that decides visibility."""

    def __init__(self, make: Callable[[Session], Value], *, seconds: float) -> None:
        self._make = make
        self._seconds = seconds
        self._values: WeakKeyDictionary[Engine, tuple[float, Value]] = WeakKeyDictionary()

    def get(self, session: Session) -> Value:
        """Return the kept value of this session's database, made anew when it is too old."""
        engine = session.get_bind().engine
        known = self._values.get(engine)
        if known is not None and time.monotonic() - known[0] < self._seconds:
            return known[1]
        value = self._make(session)
        self._values[engine] = (time.monotonic(), value)
        return value
