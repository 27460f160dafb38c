"""Reads of what is kept beside offerings: versions, terms, people to ask, certificates, files, imports."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, selectinload

from app.core import clock
from app.core.errors import NotFound
from app.core.permissions import Actor
from app.offerings.models import Offering, OfferingState, OfferingVersion
from app.offerings.queries.offering import GONE, get_offering


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
