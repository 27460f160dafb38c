"""Reads of what is kept beside offerings: versions, terms, people to ask, certificates, files, imports."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, selectinload

from app.core import clock
from app.core.errors import NotFound
from app.core.permissions import Actor
from app.files import queries as files
from app.files.models import StoredFile
from app.offerings.models import (
    CaseReference,
    CheckState,
    FirstOfKind,
    Offering,
    OfferingImport,
    OfferingMedia,
    OfferingState,
    OfferingVersion,
)
from app.offerings.queries.offering import GONE, get_offering, visible_to, with_children


def last_version(session: Session, offering_id: uuid.UUID) -> int:
    """Return the number of the newest kept version, 0 without one."""
    query = select(func.max(OfferingVersion.number)).where(OfferingVersion.offering_id == offering_id)
    return session.scalar(query) or 0


def list_versions(session: Session, offering_id: uuid.UUID, *, limit: int = 50) -> Sequence[OfferingVersion]:
    """Return the kept versions, newest first."""
    return session.scalars(
        select(OfferingVersion)
        .where(OfferingVersion.offering_id == offering_id)
        .order_by(OfferingVersion.number.desc())
        .limit(limit)
    ).all()


def get_own_or_staff(session: Session, actor: Actor, offering_id: uuid.UUID) -> Offering:
    """Return an offering with its parts to its organisation's people and the centre; NotFound to others."""
    row = get_offering(session, actor, offering_id)
    if not actor.is_staff and (actor.organisation_id is None or row.organisation_id != actor.organisation_id):
        raise NotFound(GONE)
    return row


def list_term_ids(
    session: Session, *, first_before: datetime, last_before: datetime, last_days: int, limit: int
) -> Sequence[uuid.UUID]:
    """Return listings whose term asks for a step: none set yet, run out, or a first or second reminder due."""
    return session.scalars(
        select(Offering.id)
        .where(
            Offering.state == OfferingState.listed,
            Offering.expired_at.is_(None),
            or_(
                Offering.expires_at.is_(None),
                Offering.expires_at <= clock.now(),
                and_(Offering.expires_at <= first_before, Offering.reminded_days.is_(None)),
                and_(Offering.expires_at <= last_before, Offering.reminded_days > last_days),
            ),
        )
        .order_by(Offering.expires_at, Offering.id)
        .limit(limit)
    ).all()


def lock_by_ids(session: Session, ids: Sequence[uuid.UUID]) -> Sequence[Offering]:
    """Return these rows locked, in id order, without their parts."""
    return session.scalars(
        select(Offering).where(Offering.id.in_(list(ids))).order_by(Offering.id).with_for_update()
    ).all()


def list_expiring(session: Session, *, before: datetime, limit: int = 200) -> Sequence[Offering]:
    """Return listings that end before a moment or have ended, the earliest end first, with packages."""
    return session.scalars(
        select(Offering)
        .where(Offering.state == OfferingState.listed, Offering.expires_at <= before)
        .options(selectinload(Offering.packages))
        .order_by(Offering.expires_at, Offering.id)
        .limit(limit)
    ).all()


def count_expiring(session: Session, *, before: datetime) -> int:
    query = select(func.count(Offering.id)).where(
        Offering.state == OfferingState.listed, Offering.expires_at <= before
    )
    return session.scalar(query) or 0


def list_references(session: Session, offering_id: uuid.UUID) -> dict[str, CaseReference]:
    """Return the people to ask about an offering's cases, by the fingerprint of the case."""
    query = select(CaseReference).where(CaseReference.offering_id == offering_id)
    return {row.case_key: row for row in session.scalars(query)}


def find_reference(session: Session, offering_id: uuid.UUID, case_key: str) -> CaseReference | None:
    return session.scalar(
        select(CaseReference).where(
            CaseReference.offering_id == offering_id, CaseReference.case_key == case_key
        )
    )


def get_reference(session: Session, reference_id: uuid.UUID) -> CaseReference:
    """Return one, locked."""
    found = session.scalar(select(CaseReference).where(CaseReference.id == reference_id).with_for_update())
    if found is None:
        raise NotFound("没有这一件，或者机构已经撤回")
    return found


def find_first_of_kind(session: Session, offering_id: uuid.UUID) -> FirstOfKind | None:
    return session.scalar(select(FirstOfKind).where(FirstOfKind.offering_id == offering_id))


def list_first_of_kind(session: Session, offering_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Return those of the offerings whose certificate of 首台(套) staff confirmed."""
    query = select(FirstOfKind.offering_id).where(
        FirstOfKind.offering_id.in_(list(offering_ids)), FirstOfKind.state == CheckState.confirmed
    )
    return set(session.scalars(query))


def get_first_of_kind(session: Session, claim_id: uuid.UUID) -> FirstOfKind:
    """Return one, locked."""
    found = session.scalar(select(FirstOfKind).where(FirstOfKind.id == claim_id).with_for_update())
    if found is None:
        raise NotFound("没有这一件")
    return found


OPEN_CASES = CaseReference.state.in_((CheckState.waiting, CheckState.unreachable))
OPEN_CLAIMS = FirstOfKind.state == CheckState.waiting


def list_open_references(session: Session, *, limit: int = 50) -> Sequence[CaseReference]:
    """Return the people whom staff still have to ask, with their offerings, oldest first."""
    return session.scalars(
        select(CaseReference)
        .where(OPEN_CASES)
        .options(selectinload(CaseReference.offering).selectinload(Offering.cases))
        .order_by(CaseReference.created_at, CaseReference.id)
        .limit(limit)
    ).all()


def list_open_claims(session: Session, *, limit: int = 50) -> Sequence[FirstOfKind]:
    """Return the claims of 首台(套) that wait, with their offerings, oldest first."""
    return session.scalars(
        select(FirstOfKind)
        .where(OPEN_CLAIMS)
        .options(selectinload(FirstOfKind.offering))
        .order_by(FirstOfKind.created_at, FirstOfKind.id)
        .limit(limit)
    ).all()


def count_open_checks(session: Session) -> int:
    """Return how many people to ask and claims to check wait, in one query."""
    cases = select(func.count(CaseReference.id)).where(CaseReference.state == CheckState.waiting)
    claims = select(func.count(FirstOfKind.id)).where(OPEN_CLAIMS)
    return session.scalar(select(cases.scalar_subquery() + claims.scalar_subquery())) or 0


def list_media(session: Session, offering_id: uuid.UUID) -> Sequence[OfferingMedia]:
    """Return an offering's pictures and brochures in their order."""
    return session.scalars(
        select(OfferingMedia)
        .where(OfferingMedia.offering_id == offering_id)
        .order_by(OfferingMedia.position, OfferingMedia.id)
    ).all()


def find_public_media(session: Session, actor: Actor, file_id: uuid.UUID) -> OfferingMedia | None:
    """Return an approved picture or brochure of an offering that the actor may see."""
    seen = visible_to(actor).with_only_columns(Offering.id)
    return session.scalar(
        select(OfferingMedia).where(
            OfferingMedia.file_id == file_id,
            OfferingMedia.approved_at.is_not(None),
            OfferingMedia.offering_id.in_(seen),
        )
    )


def list_own_files(session: Session, purpose: str, object_id: object) -> Sequence[StoredFile]:
    """Return the stored files of one object of this room."""
    return files.list_files(session, purpose, object_id)


def has_file(session: Session, purpose: str, object_id: object) -> bool:
    return bool(list_own_files(session, purpose, object_id))


def list_own_whole(
    session: Session, actor: Actor, *, state: OfferingState | None, limit: int = 300
) -> Sequence[Offering]:
    """Return the organisation's offerings with all their parts, last changed first, for an export."""
    query = visible_to(actor).where(
        Offering.organisation_id == actor.organisation_id, Offering.organisation_id.is_not(None)
    )
    if state is not None:
        query = query.where(Offering.state == state)
    return session.scalars(
        with_children(query).order_by(Offering.updated_at.desc(), Offering.id).limit(limit)
    ).all()


def find_import(session: Session, import_id: uuid.UUID) -> OfferingImport | None:
    return session.get(OfferingImport, import_id)


def get_own_import(session: Session, actor: Actor, import_id: uuid.UUID) -> OfferingImport:
    """Return an import of the actor's organisation, or raise NotFound."""
    found = session.scalar(
        select(OfferingImport).where(
            OfferingImport.id == import_id,
            OfferingImport.organisation_id == actor.organisation_id,
            OfferingImport.organisation_id.is_not(None),
        )
    )
    if found is None:
        raise NotFound("没有这次导入")
    return found


def lock_import(session: Session, import_id: uuid.UUID) -> OfferingImport | None:
    return session.scalar(select(OfferingImport).where(OfferingImport.id == import_id).with_for_update())


def find_import_of(session: Session, organisation_id: uuid.UUID, sha256: str) -> OfferingImport | None:
    """Return the organisation's latest import of exactly this file."""
    return session.scalar(
        select(OfferingImport)
        .where(OfferingImport.organisation_id == organisation_id, OfferingImport.sha256 == sha256)
        .order_by(OfferingImport.created_at.desc())
        .limit(1)
    )


def list_imports(session: Session, actor: Actor, *, limit: int = 10) -> Sequence[OfferingImport]:
    """Return the latest imports of the actor's organisation."""
    return session.scalars(
        select(OfferingImport)
        .where(
            OfferingImport.organisation_id == actor.organisation_id,
            OfferingImport.organisation_id.is_not(None),
        )
        .order_by(OfferingImport.created_at.desc(), OfferingImport.id)
        .limit(limit)
    ).all()
