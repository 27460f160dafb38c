"""Rows that come with the package: loaded repeatably, and never over what staff have edited."""

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, String, Text, Uuid, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.columns import UtcDateTime


class LoadedMixin:
    """What every loaded row carries.

    `digest` is that of the package row at its last load: equal means nothing to do. `edited_by` is set when
    staff change a row by hand; from then on loading leaves the row's contents alone.
    """

    source: Mapped[str] = mapped_column(Text)
    confidence: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(32))
    position: Mapped[int] = mapped_column(Integer, default=0)
    edited_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Rows of one table: `key` names the columns that identify a row across loads."""

    model: type[Any]
    key: tuple[str, ...]
    rows: list[dict[str, Any]]


@dataclass(slots=True)
class LoadReport:
    """How many rows were inserted, updated, left as they were, or kept because staff had edited them."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    kept: int = 0
    tables: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        kept = f"，保留人工修改 {self.kept}" if self.kept else ""
        return f"新增 {self.inserted}，更新 {self.updated}，未变 {self.unchanged}{kept}"

    @property
    def changed(self) -> int:
        return self.inserted + self.updated

    def add(self, other: "LoadReport") -> None:
        self.inserted += other.inserted
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.kept += other.kept
        self.tables |= other.tables


def digest(row: dict[str, Any]) -> str:
    """Return a fingerprint of a row's contents."""
    raw = json.dumps(row, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.blake2b(raw.encode(), digest_size=16).hexdigest()


def sync(session: Session, dataset: Dataset) -> LoadReport:
    """Insert missing rows and update those whose package contents changed; nothing is ever deleted.

    A row that staff edited (`edited_by`) keeps its contents and is counted as kept.
    """
    report = LoadReport(tables={dataset.model.__tablename__: len(dataset.rows)})
    known = {_identity(row, dataset.key): row for row in session.scalars(select(dataset.model))}
    for position, values in enumerate(dataset.rows):
        mark = digest({**values, "position": position})
        row = known.get(tuple(values[name] for name in dataset.key))
        if row is None:
            session.add(dataset.model(**values, position=position, digest=mark))
            report.inserted += 1
        elif row.digest == mark:
            report.unchanged += 1
        elif row.edited_by is not None:
            report.kept += 1
        else:
            _update(row, values, position, mark)
            report.updated += 1
    session.flush()
    return report


def _identity(row: Any, key: Sequence[str]) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in key)


def _update(row: Any, values: dict[str, Any], position: int, mark: str) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.position, row.digest = position, mark
    if hasattr(row, "version"):
        row.version += 1
