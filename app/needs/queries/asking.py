"""Reads of what others do with a need: offers and invitations, questions, votes, views."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.permissions import Actor
from app.needs.models import (
    InterestKind,
    Need,
    NeedInterest,
    NeedQuestion,
    NeedSeen,
    NeedState,
    QuestionState,
)


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


def questions_for(actor: Actor, need: Need) -> Select[NeedQuestion]:
    """Select the questions on a need that the actor may read.

    Everybody who sees the need reads open and answered ones; a hidden one only its asker's organisation and staff.
    """
    query = select(NeedQuestion).where(NeedQuestion.need_id == need.id)
    if actor.is_staff:
        return query
    shown = NeedQuestion.state != QuestionState.hidden
    if actor.organisation_id is not None:
        shown = or_(shown, NeedQuestion.organisation_id == actor.organisation_id)
    return query.where(shown)


def list_questions(session: Session, actor: Actor, need: Need, *, limit: int = 100) -> Sequence[NeedQuestion]:
    """Return the need's questions, the oldest first."""
    query = questions_for(actor, need).order_by(NeedQuestion.asked_at, NeedQuestion.id).limit(limit)
    return session.scalars(query).all()


def get_question(session: Session, actor: Actor, need: Need, question_id: uuid.UUID) -> NeedQuestion:
    """Return one with its row locked, or raise NotFound."""
    found = session.scalars(
        questions_for(actor, need)
        .where(NeedQuestion.id == question_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise NotFound("没有这个提问，或者您看不到它")
    return found


def find_same_question(
    session: Session, *, need_id: uuid.UUID, organisation_id: uuid.UUID, digest: str
) -> NeedQuestion | None:
    """Return what this organisation asked in the same words."""
    return session.scalars(
        select(NeedQuestion).where(
            NeedQuestion.need_id == need_id,
            NeedQuestion.organisation_id == organisation_id,
            NeedQuestion.digest == digest,
        )
    ).first()


def count_open_questions_of(session: Session, *, need_id: uuid.UUID, organisation_id: uuid.UUID) -> int:
    """Return how many unanswered questions the organisation has on the need."""
    query = select(func.count(NeedQuestion.id)).where(
        NeedQuestion.need_id == need_id,
        NeedQuestion.organisation_id == organisation_id,
        NeedQuestion.state == QuestionState.open,
    )
    return session.scalar(query) or 0


def list_asking_ids(session: Session, need_id: uuid.UUID) -> Sequence[uuid.UUID]:
    """Return the organisations that asked on the need and were not hidden, each once, in the order of their ids."""
    query = (
        select(NeedQuestion.organisation_id)
        .where(NeedQuestion.need_id == need_id, NeedQuestion.state != QuestionState.hidden)
        .distinct()
        .order_by(NeedQuestion.organisation_id)
    )
    return session.scalars(query).all()


def list_waiting_questions(
    session: Session, *, before: datetime, limit: int = 200
) -> Sequence[tuple[NeedQuestion, Need]]:
    """Return, with their needs, open questions of published needs asked before `before` and not yet reminded of."""
    query = (
        select(NeedQuestion, Need)
        .join(Need, Need.id == NeedQuestion.need_id)
        .where(
            NeedQuestion.state == QuestionState.open,
            NeedQuestion.asked_at <= before,
            NeedQuestion.reminded_at.is_(None),
            Need.state == NeedState.published,
        )
        .order_by(NeedQuestion.asked_at, NeedQuestion.id)
        .limit(limit)
    )
    return [(question, need) for question, need in session.execute(query)]


def count_open_questions(session: Session, need_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Return how many questions wait for an answer on each of these needs, in one query."""
    query = (
        select(NeedQuestion.need_id, func.count(NeedQuestion.id))
        .where(NeedQuestion.need_id.in_(list(need_ids)), NeedQuestion.state == QuestionState.open)
        .group_by(NeedQuestion.need_id)
    )
    return dict(list(session.execute(query)))
