"""Watched objects and glances, and the faces of the objects as a person may see them now."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.permissions import Actor
from app.needs.models import Need
from app.offerings.models import Offering
from app.organisations import queries as organisations
from app.organisations.models import Organisation
from app.policies.models import Policy
from app.watching.models import Glance, GlanceChoice, Kind, Mark

_TABLES: dict[Kind, tuple[Any, Any, Any]] = {
    Kind.offering: (Offering.id, Offering.doc_version, Offering.version),
    Kind.need: (Need.id, Need.doc_version, Need.version),
    Kind.policy: (Policy.id, Policy.doc_version, Policy.version),
    Kind.organisation: (Organisation.id, Organisation.updated_at, Organisation.version),
}
"""For each kind the id, what rises with every change, and what rises with an edit of the row itself."""


def list_marks(session: Session, actor: Actor) -> Sequence[Mark]:
    """Return what the person watches, the latest change first."""
    return session.scalars(
        select(Mark)
        .where(Mark.user_id == actor.user_id)
        .order_by(Mark.changed_at.desc().nulls_last(), Mark.created_at.desc(), Mark.id)
    ).all()


def count_marks(session: Session, actor: Actor) -> int:
    return session.scalar(select(func.count()).select_from(Mark).where(Mark.user_id == actor.user_id)) or 0


def find_mark(session: Session, user_id: uuid.UUID, kind: Kind, object_id: uuid.UUID) -> Mark | None:
    return session.scalars(
        select(Mark).where(Mark.user_id == user_id, Mark.kind == kind, Mark.object_id == object_id)
    ).first()


def get_mark(session: Session, actor: Actor, mark_id: uuid.UUID) -> Mark:
    found = session.scalars(select(Mark).where(Mark.user_id == actor.user_id, Mark.id == mark_id)).first()
    if found is None:
        raise NotFound("您没有关注这一项")
    return found


def list_changed(session: Session, *, limit: int) -> Sequence[Mark]:
    """Return marks whose object has another version than the one looked at (or is gone), a query per kind."""
    found: list[Mark] = []
    for kind, (key, stamp, _version) in _TABLES.items():
        found.extend(
            session.scalars(
                select(Mark)
                .outerjoin(key.class_, key == Mark.object_id)
                .where(
                    Mark.kind == kind,
                    func.coalesce(cast(stamp, String), "") != Mark.stamp,
                )
                .order_by(Mark.id)
                .limit(limit)
            )
        )
    return found[:limit]


def lock_mark(session: Session, mark_id: uuid.UUID, stamp: str) -> Mark | None:
    """Return the mark locked if nobody else has looked at the change meanwhile."""
    return session.scalars(
        select(Mark).where(Mark.id == mark_id, Mark.stamp == stamp).with_for_update(skip_locked=True)
    ).first()


def stamps(session: Session, kind: Kind, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, tuple[str, int]]:
    """Return the present stamp of objects, as `list_changed` compares it, and their version."""
    key, stamp, version = _TABLES[kind]
    rows = session.execute(select(key, cast(stamp, String), version).where(key.in_(list(ids))))
    return {object_id: (text, number) for object_id, text, number in rows}


def visible_organisations(
    session: Session, actor: Actor, ids: Iterable[uuid.UUID]
) -> dict[uuid.UUID, Organisation]:
    rows = session.scalars(organisations.visible_to(actor).where(Organisation.id.in_(list(ids))))
    return {row.id: row for row in rows}


def case_numbers(session: Session, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Return the case numbers of needs; a need is called by its number wherever its title may be confidential."""
    rows = session.execute(select(Need.id, Need.case_number).where(Need.id.in_(list(ids))))
    return {key: number or "" for key, number in rows}


def list_glances(session: Session, user_id: uuid.UUID | None) -> Sequence[Glance]:
    return session.scalars(
        select(Glance).where(Glance.user_id == user_id).order_by(Glance.seen_at.desc(), Glance.object_id)
    ).all()


def find_glances(session: Session, user_ids: Iterable[uuid.UUID]) -> Sequence[Glance]:
    return session.scalars(
        select(Glance).where(Glance.user_id.in_(list(user_ids))).order_by(Glance.seen_at.desc())
    ).all()


def find_choice(session: Session, user_id: uuid.UUID | None) -> GlanceChoice | None:
    return session.get(GlanceChoice, user_id) if user_id is not None else None


def who_want_none(session: Session, user_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    return set(session.scalars(select(GlanceChoice.user_id).where(GlanceChoice.user_id.in_(list(user_ids)))))


def latest_change(session: Session, actor: Actor) -> datetime | None:
    return session.scalar(select(func.max(Mark.changed_at)).where(Mark.user_id == actor.user_id))
