"""Pictures and brochures of an offering: put there by its vendor, shown once the centre approved them."""

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.errors import Conflict, NotFound
from app.core.permissions import Actor, Permission, require
from app.files import service as files
from app.files.models import StoredFile
from app.files.service import Received
from app.offerings import queries
from app.offerings.models import MediaKind, Offering, OfferingMedia

PURPOSE = "offerings.media"
MOST = {MediaKind.picture: 8, MediaKind.brochure: 2}
EDIT = Permission.offerings_offering_edit

audit.register_name("offerings.media.added", "添加供给图片或资料")
audit.register_name("offerings.media.removed", "删去供给图片或资料")
audit.register_name("offerings.media.moved", "调整供给图片顺序")


def _record(session: Session, actor: Actor, verb: str, item: OfferingMedia) -> None:
    audit.record(
        session,
        actor,
        f"offerings.media.{verb}",
        kind="offering",
        object_id=item.offering_id,
        data={"file": str(item.file_id), "kind": item.kind.value},
    )


def add_media(
    session: Session, actor: Actor, *, offering_id: uuid.UUID, received: Received, title: str
) -> OfferingMedia:
    """Add a picture (eight at most) or a PDF (two); visitors see it after the next approval.

    Raises:
        Conflict: no room, or the offering is being reviewed.

    """
    row = _own(session, actor, offering_id)
    kind = MediaKind.picture if received.kind.value == "picture" else MediaKind.brochure
    known = queries.list_media(session, row.id)
    if sum(item.kind is kind for item in known) >= MOST[kind]:
        word = "图片" if kind is MediaKind.picture else "PDF 资料"
        raise Conflict(f"{word}最多 {MOST[kind]} 份，先删去一份再传")
    kept = files.keep(
        session, actor, received, purpose=PURPOSE, object_id=row.id, organisation_id=row.organisation_id
    )
    item = OfferingMedia(
        id=uuid.uuid4(),
        offering_id=row.id,
        file_id=kept.id,
        kind=kind,
        title=title,
        position=max((item.position for item in known), default=0) + 1,
    )
    session.add(item)
    session.flush()
    _record(session, actor, "added", item)
    return item


def change_media(
    session: Session, actor: Actor, *, offering_id: uuid.UUID, media_id: uuid.UUID, act: str
) -> None:
    """Take a file away at once (`remove`), or put it one place earlier (`earlier`); the first picture is the cover."""
    row = _own(session, actor, offering_id)
    known = list(queries.list_media(session, row.id))
    item = next((one for one in known if one.id == media_id), None)
    if item is None:
        raise NotFound("没有这份图片或资料")
    if act == "remove":
        _record(session, actor, "removed", item)
        for file in queries.list_own_files(session, PURPOSE, row.id):
            if file.id == item.file_id:
                files.remove(session, actor, file)
        session.delete(item)
        return
    before = [one for one in known if one.kind is item.kind and one.position < item.position]
    if before:
        other = before[-1]
        other.position, item.position = item.position, other.position
        _record(session, actor, "moved", item)


def approve_media(session: Session, row: Offering) -> None:
    """Show everything that was there when the centre listed the offering or its change."""
    for item in queries.list_media(session, row.id):
        item.approved_at = item.approved_at or clock.now()


def has_waiting(media: Sequence[OfferingMedia]) -> bool:
    return any(item.approved_at is None for item in media)


def _own(session: Session, actor: Actor, offering_id: uuid.UUID) -> Offering:
    row = queries.get_for_update(session, actor, offering_id)
    require(actor, EDIT, row)
    if row.waits_for_review:
        raise Conflict("正在审核，先撤回再改")
    return row


def _may_read(session: Session, actor: Actor, file: StoredFile) -> bool:
    """Its organisation and staff always; everybody else what was approved of an offering that they may see."""
    if actor.is_staff or (
        actor.organisation_id is not None and file.organisation_id == actor.organisation_id
    ):
        return True
    return queries.find_public_media(session, actor, file.id) is not None


files.register_reader(PURPOSE, _may_read)
