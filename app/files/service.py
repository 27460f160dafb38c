"""Receiving, keeping, scanning and removing files."""

import hashlib
import os
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

from sqlalchemy.orm import Session

from app.core import apart, audit, clock, sheets
from app.core.apart import Refused
from app.core.db import settings_of
from app.core.errors import Invalid, NotFound, RateLimited
from app.core.permissions import Actor
from app.files import contents, queries
from app.files.models import FileKind, FileState, StoredFile

PICTURES = frozenset({FileKind.picture})
PAPERS = frozenset({FileKind.paper, FileKind.picture})
SHEETS = frozenset({FileKind.sheet})
MAX_BYTES = 10_000_000
TAKES: dict[FileKind, str] = {
    FileKind.picture: "JPG 或 PNG 图片",
    FileKind.paper: "PDF",
    FileKind.sheet: "Excel 表格（.xlsx）",
}

audit.register_name("files.file.kept", "上传文件")
audit.register_name("files.file.removed", "删除文件")
audit.register_name("files.file.infected", "文件查出病毒")


class Upload(Protocol):
    """What a form brings: a name and an open stream (Starlette's UploadFile)."""

    @property
    def filename(self) -> str | None: ...

    @property
    def file(self) -> BinaryIO: ...


@dataclass(frozen=True, slots=True)
class Received:
    """A file that was opened and found honest, not kept yet; pictures are already written afresh."""

    kind: FileKind
    name: str
    media_type: str
    data: bytes
    width: int | None = None
    height: int | None = None
    pages: int | None = None


Reader = Callable[[Session, Actor, StoredFile], bool]
_readers: dict[str, Reader] = {}


def register_reader(purpose: str, reader: Reader) -> None:
    """Say who may open files of `room.purpose`: `reader(session, actor, file)`."""
    known = _readers.setdefault(purpose, reader)
    if (known.__module__, known.__qualname__) != (reader.__module__, reader.__qualname__):
        raise RuntimeError(f"two readers for files of {purpose}")


def receive(upload: Upload | None, *, allow: frozenset[FileKind], field: str = "file") -> Received:
    """Return the upload, checked to its end; call it before anything is written.

    Raises:
        Invalid: nothing chosen, too large, another kind, damaged, with a password, macros or scripts.

    """
    takes = "、".join(TAKES[kind] for kind in sorted(allow))
    if upload is None or not upload.filename:
        raise Invalid({field: f"请选一个文件：{takes}，最多 10 MB"})
    data = upload.file.read(MAX_BYTES + 1)
    if not data:
        raise Invalid({field: "这个文件是空的；请检查后再选一次"})
    if len(data) > MAX_BYTES:
        raise Invalid({field: "文件超过 10 MB；请压缩或拆开再传"})
    kind = contents.sniff(data)
    if kind is None or kind not in allow:
        raise Invalid({field: f"这里收 {takes}；这个文件的内容不是"})
    suffix = Path(upload.filename).suffix.lower()
    if suffix not in contents.SUFFIXES[kind]:
        raise Invalid({field: f"文件名的结尾（{suffix[:10] or '没有'}）和内容不符；请另存为 {takes} 再传"})
    try:
        return _open(kind, data, contents.clean_name(upload.filename, suffix))
    except Refused as error:
        raise Invalid({field: str(error)}) from error


def _open(kind: FileKind, data: bytes, name: str) -> Received:
    if kind is FileKind.sheet:
        sheets.check_archive(data)
        return Received(kind, name, sheets.MEDIA_TYPE, data)
    facts, fresh = apart.run_apart(f"app.files.contents:{kind.value}", data, seconds=15)
    return Received(
        kind,
        name,
        facts["media_type"],
        fresh or data,
        width=facts.get("width"),
        height=facts.get("height"),
        pages=facts.get("pages"),
    )


def keep(
    session: Session,
    actor: Actor,
    received: Received,
    *,
    purpose: str,
    object_id: object,
    organisation_id: uuid.UUID | None,
) -> StoredFile:
    """Keep a received file in quarantine; its bytes are on disk before the caller's commit.

    Raises:
        RateLimited: the organisation uploaded 200 MB today.

    """
    if purpose not in _readers:
        raise RuntimeError(f"nobody says who may read files of {purpose}")
    settings = settings_of(session)
    if organisation_id is not None:
        used = queries.sum_since(session, organisation_id, clock.now() - timedelta(days=1))
        if used + len(received.data) > settings.files.organisation_day_bytes:
            raise RateLimited("贵单位一天里上传的文件太多了，请明天再传", retry_after=3600)
    row = StoredFile(
        id=uuid.uuid4(),
        purpose=purpose,
        object_id=str(object_id),
        organisation_id=organisation_id,
        kind=received.kind,
        name=received.name,
        media_type=received.media_type,
        size=len(received.data),
        sha256=hashlib.sha256(received.data).hexdigest(),
        width=received.width,
        height=received.height,
        pages=received.pages,
        store_key=secrets.token_hex(32),
        created_by=actor.user_id,
    )
    _write(path_of(settings.uploads_dir, row.store_key), received.data)
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor,
        "files.file.kept",
        kind="file",
        object_id=row.id,
        data={"purpose": purpose, "size": row.size},
    )
    return row


def path_of(folder: Path, key: str) -> Path:
    return folder / key[:2] / key


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def read_file(session: Session, actor: Actor, file_id: uuid.UUID) -> tuple[StoredFile, bytes]:
    """Return a file and its bytes to somebody who may open it; the room that keeps it is asked each time.

    Raises:
        NotFound: there is none, it is not theirs to see, or it is not out of quarantine.

    """
    row = queries.find_file(session, file_id)
    if row is None or not row.is_open or not _readers[row.purpose](session, actor, row):
        raise NotFound("没有这个文件，或者您看不到它")
    return row, bytes_of(session, row)


def bytes_of(session: Session, row: StoredFile) -> bytes:
    """Return a file's bytes for our own use (an import job); permission is the caller's matter."""
    try:
        return path_of(settings_of(session).uploads_dir, row.store_key).read_bytes()
    except FileNotFoundError:
        raise NotFound("这个文件已经不在了；请联系中心") from None


def remove(session: Session, actor: Actor, row: StoredFile) -> None:
    """Take a file away; its bytes are deleted by the worker soon after."""
    if row.state is FileState.removed:
        return
    row.state = FileState.removed
    audit.record(
        session, actor, "files.file.removed", kind="file", object_id=row.id, data={"purpose": row.purpose}
    )
