"""Reads of who understands a need: votes, their sums for the owner, the staff's queue of unclear needs."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.needs.models import Need, NeedState, NeedVote

_STANDING = (NeedVote.clear.is_(False), NeedVote.improved_at.is_(None), NeedVote.handled_at.is_(None))


@dataclass(frozen=True, slots=True)
class Remark:
    """What one voter did not understand, without its name."""

    lines: tuple[str, ...]
    text: str
    improved: bool


@dataclass(frozen=True, slots=True)
class VoteSums:
    """How many understand a need, how many do not (as it stands), and by gate line what they miss."""

    clear: int = 0
    unclear: int = 0
    improved: int = 0
    lines: dict[str, int] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()


def find_vote(session: Session, *, need_id: uuid.UUID, organisation_id: uuid.UUID) -> NeedVote | None:
    """Return the organisation's vote, its row locked."""
    return session.scalars(
        select(NeedVote)
        .where(NeedVote.need_id == need_id, NeedVote.organisation_id == organisation_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()


def find_own_vote(
    session: Session, *, need_id: uuid.UUID, organisation_id: uuid.UUID | None
) -> NeedVote | None:
    """Return the organisation's vote, for its own eyes."""
    if organisation_id is None:
        return None
    return session.scalars(
        select(NeedVote).where(NeedVote.need_id == need_id, NeedVote.organisation_id == organisation_id)
    ).first()


def sum_votes(session: Session, need_id: uuid.UUID) -> VoteSums:
    """Return the votes without any name, remarks in an order that tells nothing of who voted when."""
    rows = session.scalars(select(NeedVote).where(NeedVote.need_id == need_id)).all()
    standing = [row for row in rows if not row.clear and row.improved_at is None]
    lines = Counter(line for row in standing for line in row.lines)
    remarks = [
        Remark(tuple(row.lines), row.text, row.improved_at is not None) for row in rows if not row.clear
    ]
    return VoteSums(
        clear=sum(row.clear for row in rows),
        unclear=len(standing),
        improved=sum(not row.clear and row.improved_at is not None for row in rows),
        lines=dict(lines),
        remarks=tuple(sorted(remarks, key=lambda item: (item.improved, item.lines, item.text))),
    )


def list_unclear_votes(session: Session, need_id: uuid.UUID) -> Sequence[NeedVote]:
    """Return, locked, the standing votes of who does not understand."""
    return session.scalars(
        select(NeedVote)
        .where(NeedVote.need_id == need_id, *_STANDING)
        .order_by(NeedVote.id)
        .with_for_update()
    ).all()


@dataclass(frozen=True, slots=True)
class Unclear:
    """A published need that several do not understand."""

    need: Need
    votes: int
    since: datetime


def _counted(least: int) -> Select[uuid.UUID, int, datetime]:
    return (
        select(NeedVote.need_id, func.count(NeedVote.id), func.min(NeedVote.voted_at))
        .join(Need, Need.id == NeedVote.need_id)
        .where(Need.state == NeedState.published, *_STANDING)
        .group_by(NeedVote.need_id)
        .having(func.count(NeedVote.id) >= least)
    )


def list_unclear(session: Session, *, least: int, limit: int = 100) -> list[Unclear]:
    """Return the needs that at least so many do not understand, the longest waiting first, in two queries."""
    oldest = func.min(NeedVote.voted_at)
    found = session.execute(_counted(least).order_by(oldest, NeedVote.need_id).limit(limit)).all()
    ids = [need_id for need_id, _votes, _since in found]
    needs = {need.id: need for need in session.scalars(select(Need).where(Need.id.in_(ids)))}
    return [Unclear(needs[need_id], votes, since) for need_id, votes, since in found]


def summarise_unclear(session: Session, *, least: int) -> tuple[int, datetime | None]:
    """Return how many such needs there are and since when the oldest waits, in one query."""
    counted = _counted(least).subquery()
    columns = list(counted.c)
    count, since = session.execute(select(func.count(), func.min(columns[2])).select_from(counted)).one()
    return count, since
