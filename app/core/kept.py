"""Small facts kept for some seconds per database: names and labels that change a few times a year."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
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


class Recent(Generic[Value]):
    """The last `size` values by key, per database; a key names the version of what it shows."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = Lock()
        self._values: WeakKeyDictionary[Engine, OrderedDict[Hashable, Value]] = WeakKeyDictionary()

    def get(self, session: Session, key: Hashable) -> Value | None:
        with self._lock:
            known = self._values.setdefault(session.get_bind().engine, OrderedDict())
            value = known.get(key)
            if value is not None:
                known.move_to_end(key)
            return value

    def put(self, session: Session, key: Hashable, value: Value) -> None:
        with self._lock:
            known = self._values.setdefault(session.get_bind().engine, OrderedDict())
            known[key] = value
            while len(known) > self._size:
                known.popitem(last=False)
