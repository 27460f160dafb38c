"""Dated parameters: the centre's own rules and thresholds, editable by staff, never hidden in code.

A room declares a parameter with its default; a stored row valid on the day overrides it. A composed
default is marked 中心规则 wherever it is shown.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Date, Index, String, UniqueConstraint, Uuid, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core import clock
from app.core.columns import IdMixin, Json, UtcDateTime
from app.core.db import Base


class ParameterRow(IdMixin, Base):
    __tablename__ = "parameters"
    __table_args__ = (UniqueConstraint("key", "valid_from"),)

    key: Mapped[str] = mapped_column(String(80))
    valid_from: Mapped[date] = mapped_column(Date)
    value: Mapped[Any] = mapped_column(Json)
    author_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    note: Mapped[str] = mapped_column(String(400), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class ParameterChange(IdMixin, Base):
    """What was done to a parameter, by whom and why; never changed afterwards. `cancelled` takes a coming value back."""

    __tablename__ = "parameter_changes"
    __table_args__ = (Index(None, "key", "at"),)

    key: Mapped[str] = mapped_column(String(80))
    valid_from: Mapped[date] = mapped_column(Date)
    value: Mapped[Any] = mapped_column(Json)
    before: Mapped[Any] = mapped_column(Json)
    cancelled: Mapped[bool] = mapped_column(Boolean, default=False)
    author_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    note: Mapped[str] = mapped_column(String(400), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


@dataclass(frozen=True, slots=True)
class Declared:
    """A parameter as its room declares it; `low` and `high` bound a number (money in fen)."""

    key: str
    default: Any
    title: str
    unit: str
    note: str
    low: float | None = None
    high: float | None = None


_declared: dict[str, Declared] = {}


def declare(
    key: str,
    default: Any,
    title: str,
    *,
    unit: str = "",
    note: str = "",
    low: float | None = None,
    high: float | None = None,
) -> None:
    """Declare `room.topic.name` with its default, Chinese title, unit and reason.

    A number without bounds gets those of its unit (`reference.rules`).
    """
    _declared[key] = Declared(key, default, title, unit, note, low, high)


SetCheck = Callable[[dict[str, Any]], str | None]


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """Parameters that hold only together, such as weights that sum to 100; staff change them on one page."""

    name: str
    prefix: str
    title: str
    note: str
    check: SetCheck


_sets: dict[str, ParameterSet] = {}


def declare_set(name: str, prefix: str, title: str, *, note: str, check: SetCheck) -> None:
    """Declare that the parameters whose keys begin with `prefix` are changed together and only if `check` agrees."""
    _sets[name] = ParameterSet(name, prefix, title, note, check)


def sets() -> list[ParameterSet]:
    return sorted(_sets.values(), key=lambda item: item.name)


def set_of(key: str) -> ParameterSet | None:
    """Return the set that a parameter belongs to, if any."""
    return next((item for item in _sets.values() if key.startswith(item.prefix)), None)


def declared() -> list[Declared]:
    return sorted(_declared.values(), key=lambda item: item.key)


def value(session: Session, key: str, *, on: date | None = None) -> Any:
    """Return the value valid on the day (today by default), the declared default without a row."""
    found = session.scalar(
        select(ParameterRow)
        .where(ParameterRow.key == key, ParameterRow.valid_from <= (on or clock.today()))
        .order_by(ParameterRow.valid_from.desc())
        .limit(1)
    )
    return _declared[key].default if found is None else found.value


def values(session: Session, prefix: str, *, on: date | None = None) -> dict[str, Any]:
    """Return every parameter whose key begins with `prefix` in one query."""
    found = {key: item.default for key, item in _declared.items() if key.startswith(prefix)}
    rows = session.scalars(
        select(ParameterRow)
        .where(
            ParameterRow.key.startswith(prefix, autoescape=True),
            ParameterRow.valid_from <= (on or clock.today()),
        )
        .order_by(ParameterRow.valid_from)
    )
    for row in rows:
        found[row.key] = row.value
    return found
