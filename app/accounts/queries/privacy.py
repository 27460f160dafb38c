"""Exports and deletions of one's own data."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from app.accounts.models import (
    Behalf,
    Erasure,
    Membership,
    MembershipState,
    PersonalExport,
    RoleGrant,
    User,
    UserState,
)
from app.core import clock
from app.core.db import Base
from app.core.permissions import Role


def list_exports(session: Session, user_id: uuid.UUID) -> Sequence[PersonalExport]:
    """Return a person's copies that are being made or stand, the newest first; without their content."""
    return session.scalars(
        select(PersonalExport)
        .where(PersonalExport.user_id == user_id)
        .order_by(PersonalExport.requested_at.desc(), PersonalExport.id)
    ).all()


def find_export(
    session: Session, export_id: uuid.UUID, *, with_content: bool = False
) -> PersonalExport | None:
    options = [undefer(PersonalExport.content)] if with_content else []
    return session.get(PersonalExport, export_id, options=options)


def list_ended_exports(session: Session, *, asked_before: datetime) -> Sequence[PersonalExport]:
    """Return copies past their end, and those asked for before a moment that never became ready."""
    ended = (PersonalExport.expires_at <= clock.now()) | (
        PersonalExport.ready_at.is_(None) & (PersonalExport.requested_at < asked_before)
    )
    return session.scalars(select(PersonalExport).where(ended)).all()


def find_open_erasure(session: Session, user_id: uuid.UUID) -> Erasure | None:
    return session.scalar(
        select(Erasure).where(
            Erasure.user_id == user_id, Erasure.cancelled_at.is_(None), Erasure.done_at.is_(None)
        )
    )


def list_due_erasures(session: Session) -> Sequence[Erasure]:
    return session.scalars(
        select(Erasure)
        .where(Erasure.cancelled_at.is_(None), Erasure.done_at.is_(None), Erasure.due_at <= clock.now())
        .order_by(Erasure.due_at)
    ).all()


def lock_erasure(session: Session, erasure_id: uuid.UUID) -> Erasure | None:
    return session.get(Erasure, erasure_id, with_for_update=True, populate_existing=True)


def list_unerased(session: Session, ids: Sequence[uuid.UUID]) -> Sequence[uuid.UUID]:
    """Return which of these people stand here with their names: a backup from before their deletion was restored."""
    return session.scalars(select(User.id).where(User.id.in_(list(ids)), User.erased_at.is_(None))).all()


def list_sole_admin_of(session: Session, user_id: uuid.UUID) -> list[tuple[uuid.UUID, str]]:
    """Return id and name of the verified organisations whose only working admin this person is."""
    organisations = Base.metadata.tables["organisations"]
    others = (
        select(Membership.id)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.organisation_id == organisations.c.id,
            Membership.role == Role.organisation_admin,
            Membership.state == MembershipState.active,
            Membership.user_id != user_id,
            User.state == UserState.active,
        )
        .exists()
    )
    rows = session.execute(
        select(organisations.c.id, organisations.c.name)
        .join(Membership, Membership.organisation_id == organisations.c.id)
        .where(
            Membership.user_id == user_id,
            Membership.role == Role.organisation_admin,
            Membership.state == MembershipState.active,
            organisations.c.state == "verified",
            ~others,
        )
        .order_by(organisations.c.name)
    )
    return [(row.id, row.name) for row in rows]


def count_grants(session: Session, user_id: uuid.UUID) -> int:
    return session.scalar(select(func.count(RoleGrant.id)).where(RoleGrant.user_id == user_id)) or 0


def list_behalves_of(session: Session, user_id: uuid.UUID) -> Sequence[Behalf]:
    """Return when this member of staff acted for organisations."""
    return session.scalars(select(Behalf).where(Behalf.user_id == user_id).order_by(Behalf.started_at)).all()
