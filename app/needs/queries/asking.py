"""Reads of what others do with a need: offers and invitations, questions, votes, views."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.needs.models import InterestKind, NeedInterest, NeedSeen


@dataclass(frozen=True, slots=True)
class Numbers:
    """How often a need was opened by others, and how many organisations were invited or offered."""

    seen: int = 0
    invited: int = 0
    interested: int = 0


def load_numbers(session: Session, need_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Numbers]:
    """Return the live numbers of these needs in two queries; every id has an entry."""
    ids = list(need_ids)
    seen = dict(
        list(session.execute(select(NeedSeen.need_id, NeedSeen.seen).where(NeedSeen.need_id.in_(ids))))
    )
    counted: dict[tuple[uuid.UUID, InterestKind], int] = {}
    query = (
        select(NeedInterest.need_id, NeedInterest.kind, func.count(NeedInterest.id))
        .where(NeedInterest.need_id.in_(ids))
        .group_by(NeedInterest.need_id, NeedInterest.kind)
    )
    for need_id, kind, count in session.execute(query):
        counted[need_id, kind] = count
    return {
        need_id: Numbers(
            seen=seen.get(need_id, 0),
            invited=counted.get((need_id, InterestKind.invited), 0),
            interested=counted.get((need_id, InterestKind.interested), 0),
        )
        for need_id in ids
    }


def list_interested_ids(session: Session, need_id: uuid.UUID) -> Sequence[uuid.UUID]:
    """Return the organisations that were invited or offered, each once, in the order of their ids."""
    query = (
        select(NeedInterest.organisation_id)
        .where(NeedInterest.need_id == need_id)
        .distinct()
        .order_by(NeedInterest.organisation_id)
    )
    return session.scalars(query).all()


def has_interest(session: Session, need_id: uuid.UUID, organisation_id: uuid.UUID) -> bool:
    """Return whether the organisation was invited to the need or offered on it."""
    query = (
        select(NeedInterest.id)
        .where(NeedInterest.need_id == need_id, NeedInterest.organisation_id == organisation_id)
        .limit(1)
    )
    return session.scalar(query) is not None
