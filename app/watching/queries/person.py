"""What one person watches and keeps, for the copy of their data."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.watching.models import Glance, LockedList, Mark, SavedSearch


def list_searches_of(session: Session, user_id: uuid.UUID) -> Sequence[SavedSearch]:
    return session.scalars(
        select(SavedSearch).where(SavedSearch.user_id == user_id).order_by(SavedSearch.created_at)
    ).all()


def list_locked_of(session: Session, user_id: uuid.UUID) -> Sequence[LockedList]:
    return session.scalars(
        select(LockedList).where(LockedList.user_id == user_id).order_by(LockedList.locked_at)
    ).all()


def list_marks_of(session: Session, user_id: uuid.UUID) -> Sequence[Mark]:
    return session.scalars(select(Mark).where(Mark.user_id == user_id).order_by(Mark.created_at)).all()


def list_glances_of(session: Session, user_id: uuid.UUID) -> Sequence[Glance]:
    return session.scalars(select(Glance).where(Glance.user_id == user_id).order_by(Glance.seen_at)).all()
