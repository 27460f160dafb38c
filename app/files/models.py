"""The table of uploaded files; their bytes lie under `data_dir/uploads`."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.columns import IdMixin, UtcDateTime, enum_column
from app.core.db import Base


class FileKind(StrEnum):
    picture = "picture"
    paper = "paper"
    sheet = "sheet"


class FileState(StrEnum):
    """`quarantined` waits for the scanner; `infected` and `removed` have no bytes any more."""

    quarantined = "quarantined"
    clean = "clean"
    infected = "infected"
    removed = "removed"


STATE_LABELS: dict[FileState, str] = {
    FileState.quarantined: "正在查毒",
    FileState.clean: "可以打开",
    FileState.infected: "查出病毒，已删除",
    FileState.removed: "已删除",
}


class StoredFile(IdMixin, Base):
    """One uploaded file. `purpose` and `object_id` say what it belongs to, `store_key` names its bytes."""

    __tablename__ = "stored_files"
    __table_args__ = (
        Index(None, "purpose", "object_id", "created_at"),
        Index(None, "organisation_id", "created_at"),
        Index(None, "state", "created_at"),
        CheckConstraint("size > 0", name="size"),
    )

    purpose: Mapped[str] = mapped_column(String(60))
    object_id: Mapped[str] = mapped_column(String(64))
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    kind: Mapped[FileKind] = mapped_column(enum_column(FileKind))
    name: Mapped[str] = mapped_column(String(120))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    width: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[int | None] = mapped_column(Integer)
    pages: Mapped[int | None] = mapped_column(Integer)
    state: Mapped[FileState] = mapped_column(enum_column(FileState), default=FileState.quarantined)
    scan_note: Mapped[str] = mapped_column(String(200), default="")
    scanned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    purged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    store_key: Mapped[str] = mapped_column(String(64), unique=True)
    created_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    @property
    def is_open(self) -> bool:
        """Whether somebody with the right may open it now."""
        return self.state is FileState.clean

    @property
    def is_picture(self) -> bool:
        return self.kind is FileKind.picture

    @property
    def state_label(self) -> str:
        return STATE_LABELS[self.state]

    @property
    def size_label(self) -> str:
        return (
            f"{self.size / 1_000_000:.1f} MB" if self.size >= 1_000_000 else f"{max(1, self.size // 1000)} kB"
        )
