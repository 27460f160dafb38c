"""What one person wrote, for the copy of their data."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.needs.models import Need, NeedQuestion, NeedVote


def list_created_by(session: Session, user_id: uuid.UUID) -> Sequence[Need]:
    """Return the needs that a person wrote down, oldest first."""
    return session.scalars(
        select(Need).where(Need.created_by == user_id).order_by(Need.created_at, Need.id)
    ).all()


def list_questions_by(session: Session, user_id: uuid.UUID) -> Sequence[NeedQuestion]:
    """Return the public questions that this person asked, the oldest first."""
    query = select(NeedQuestion).where(NeedQuestion.asked_by == user_id)
    return session.scalars(query.order_by(NeedQuestion.asked_at, NeedQuestion.id)).all()


def list_votes_by(session: Session, user_id: uuid.UUID) -> Sequence[NeedVote]:
    """Return what this person last said of needs for their organisation, the oldest first."""
    query = select(NeedVote).where(NeedVote.voted_by == user_id)
    return session.scalars(query.order_by(NeedVote.voted_at, NeedVote.id)).all()
