"""Small honest files, and rows of kept ones."""

import io
import uuid
from typing import Any

from PIL import Image
from pypdf import PdfWriter
from pypdf.actions import JavaScript
from sqlalchemy.orm import Session

from app.core.permissions import Actor
from app.files import service
from app.files.models import FileState, StoredFile


class FakeUpload:
    """What a form brings: a name and an open stream."""

    def __init__(self, filename: str, data: bytes) -> None:
        self.filename: str | None = filename
        self.file: Any = io.BytesIO(data)


def png(width: int = 40, height: int = 30, *, mode: str = "RGB", **more: Any) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height), "teal" if mode == "RGB" else None).save(out, "PNG", **more)
    return out.getvalue()


def jpeg(width: int = 40, height: int = 30, **more: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "JPEG", **more)
    return out.getvalue()


def pdf(pages: int = 1, **more: Any) -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(200, 200)
    if "password" in more:
        writer.encrypt(more["password"])
    if "script" in more:
        writer.add_open_action(JavaScript(more["script"]))
    if "attachment" in more:
        writer.add_attachment("a.txt", more["attachment"])
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def make_file(
    session: Session,
    actor: Actor,
    *,
    purpose: str,
    object_id: object,
    organisation_id: uuid.UUID | None = None,
    state: FileState = FileState.clean,
    name: str = "示例.png",
) -> StoredFile:
    """Keep a small picture as if `actor` had uploaded it and the scanner had answered."""
    received = service.Received(service.FileKind.picture, name, "image/png", png(), width=40, height=30)
    row = service.keep(
        session, actor, received, purpose=purpose, object_id=object_id, organisation_id=organisation_id
    )
    row.state = state
    session.flush()
    return row
