"""Licences and evidence: which papers are kept for what, and who may open them."""

import uuid

from sqlalchemy.orm import Session

from app.core import audit
from app.core.errors import NotFound
from app.core.permissions import Actor, Permission, Role, require
from app.files import queries as file_queries
from app.files import service as files
from app.files.models import StoredFile
from app.files.service import Received
from app.organisations import queries

LICENCE = "organisations.licence"
QUALIFICATION = "organisations.qualification"
CLAIM = "organisations.claim"
POOL = "organisations.pool"
APPEAL = "organisations.appeal"


def read_by_own_and_reviewers(session: Session, actor: Actor, row: StoredFile) -> bool:
    """The organisation's own people and the centre's reviewers; nobody else, operators neither."""
    del session
    if actor.has(Role.reviewer):
        return True
    return row.organisation_id is not None and actor.organisation_id == row.organisation_id


def read_by_author_and_reviewers(session: Session, actor: Actor, row: StoredFile) -> bool:
    """Who put it there and the centre's reviewers: the other side of a dispute never reads its evidence."""
    del session
    return actor.has(Role.reviewer) or (actor.signed_in and actor.user_id == row.created_by)


def register_readers() -> None:
    for purpose in (LICENCE, QUALIFICATION, POOL, APPEAL):
        files.register_reader(purpose, read_by_own_and_reviewers)
    files.register_reader(CLAIM, read_by_author_and_reviewers)


def add_licence(session: Session, actor: Actor, *, received: Received) -> StoredFile:
    """Keep a new scan of the business licence; the earlier ones stay as history, the newest counts."""
    own = queries.get_own(session, actor)
    require(actor, Permission.organisations_organisation_edit, own)
    row = files.keep(session, actor, received, purpose=LICENCE, object_id=own.id, organisation_id=own.id)
    audit.record(
        session,
        actor,
        "organisations.licence.added",
        kind="organisation",
        object_id=own.id,
        data={"file": str(row.id)},
    )
    return row


def remove_licence(session: Session, actor: Actor, *, file_id: uuid.UUID) -> None:
    """Delete one scan of the licence, with its bytes.

    Raises:
        NotFound: it is not a licence of the actor's organisation, or it is gone already.

    """
    own = queries.get_own(session, actor)
    row = next(
        (item for item in file_queries.list_files(session, LICENCE, own.id) if item.id == file_id), None
    )
    if row is None:
        raise NotFound("没有这个文件，或已经删除")
    require(actor, Permission.organisations_organisation_edit, own)
    files.remove(session, actor, row)
    audit.record(
        session,
        actor,
        "organisations.licence.removed",
        kind="organisation",
        object_id=own.id,
        data={"file": str(row.id)},
    )
