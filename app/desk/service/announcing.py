"""Announcements: written, published, withdrawn; what was published is never lost, it only ends."""

import re
import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.errors import Conflict, EditConflict, Invalid
from app.core.permissions import Actor, Permission, require
from app.desk import queries
from app.desk.models import Announcement, AnnouncementState
from app.desk.schemas import AnnouncementForm

audit.register_name("desk.announcement.saved", "写公告")
audit.register_name("desk.announcement.published", "发布公告")
audit.register_name("desk.announcement.withdrawn", "撤下公告")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or the points of a list."""

    text: str = ""
    points: tuple[str, ...] = ()


def blocks_of(text: str) -> list[Block]:
    """Read the plain text: an empty line begins a paragraph; one whose lines all begin with - is a list."""
    found = []
    for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        lines = [line.strip() for line in part.strip().split("\n")]
        if lines == [""]:
            continue
        if all(line.startswith(("-", "－", "·")) for line in lines):
            found.append(Block(points=tuple(line[1:].strip() for line in lines)))
        else:
            found.append(Block(text=part.strip()))
    return found


def save(
    session: Session, actor: Actor, *, data: AnnouncementForm, announcement_id: uuid.UUID | None = None
) -> Announcement:
    """Write a new announcement as a draft, or change one (a published one changes at once for its readers)."""
    require(actor, Permission.desk_announcement_edit)
    ends_at = data.ends_at
    if ends_at is not None and ends_at <= clock.now():
        raise Invalid({"ends_on": "这一天已经过了，公告不会显示；请往后写，或空着"})
    if announcement_id is None:
        row = Announcement(id=uuid.uuid4(), author_id=actor.user_id, version=0)
        session.add(row)
    else:
        row = queries.get_announcement(session, actor, announcement_id)
        if data.version is not None and data.version != row.version:
            raise EditConflict(
                yours=data.model_dump(mode="json"), theirs={"title": row.title, "text": row.text}
            )
    row.title, row.text, row.audience = data.title, data.text, data.audience
    row.starts_at, row.ends_at, row.pinned = data.starts_at, ends_at, data.pinned
    row.version += 1
    _note(session, actor, "saved", row)
    session.flush()
    return row


def publish(session: Session, actor: Actor, *, announcement_id: uuid.UUID, version: int) -> Announcement:
    """Show the announcement to its audience from its first day on."""
    row = _checked(session, actor, announcement_id, version)
    if row.state is AnnouncementState.published:
        raise Conflict("已经发布了")
    if row.ends_at is not None and row.ends_at <= clock.now():
        raise Conflict("结束的日子已经过了，请先改日期")
    row.state, row.published_at = AnnouncementState.published, clock.now()
    row.version += 1
    _note(session, actor, "published", row)
    session.flush()
    return row


def withdraw(session: Session, actor: Actor, *, announcement_id: uuid.UUID, version: int) -> Announcement:
    """Take the announcement away at once; publishing it again brings it back."""
    row = _checked(session, actor, announcement_id, version)
    if row.state is not AnnouncementState.published:
        raise Conflict("这条公告没有发布")
    row.state = AnnouncementState.withdrawn
    row.version += 1
    _note(session, actor, "withdrawn", row)
    session.flush()
    return row


def _checked(session: Session, actor: Actor, announcement_id: uuid.UUID, version: int) -> Announcement:
    require(actor, Permission.desk_announcement_edit)
    row = queries.get_announcement(session, actor, announcement_id)
    if row.version != version:
        raise EditConflict(yours={"version": version}, theirs={"title": row.title, "text": row.text})
    return row


def _note(session: Session, actor: Actor, verb: str, row: Announcement) -> None:
    audit.record(
        session,
        actor,
        f"desk.announcement.{verb}",
        kind="announcement",
        object_id=row.id,
        data={"version": row.version, "audience": row.audience.value},
    )
