"""Reads of how needs end: outcomes, what is due, who wrote a need for its firm."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, exists, select
from sqlalchemy.orm import Session

from app.needs.models import Need, NeedOutcome, NeedRecording, NeedReminder, NeedState


def find_outcome(session: Session, need_id: uuid.UUID) -> NeedOutcome | None:
    return session.scalars(select(NeedOutcome).where(NeedOutcome.need_id == need_id)).first()


def list_outcomes(session: Session, need_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, NeedOutcome]:
    """Return the outcomes of these needs by need, in one query."""
    rows = session.scalars(select(NeedOutcome).where(NeedOutcome.need_id.in_(list(need_ids))))
    return {row.need_id: row for row in rows}


def find_recording(session: Session, need_id: uuid.UUID) -> NeedRecording | None:
    return session.scalars(select(NeedRecording).where(NeedRecording.need_id == need_id)).first()


def list_expiring(
    session: Session, *, kind: str, after: datetime, until: datetime, limit: int = 200
) -> Sequence[Need]:
    """Return published needs that end in this span and whose owner was not yet reminded of the date."""
    return session.scalars(
        _unreminded(kind, Need.expires_at)
        .where(Need.state == NeedState.published, Need.expires_at > after, Need.expires_at <= until)
        .order_by(Need.expires_at, Need.id)
        .limit(limit)
    ).all()


def list_without_outcome(
    session: Session, *, kind: str, before: datetime, limit: int = 200
) -> Sequence[Need]:
    """Return needs that ran out before `before` without a word on what came of them, not yet reminded."""
    return session.scalars(
        _unreminded(kind, Need.ended_at)
        .where(
            Need.state == NeedState.closed,
            Need.ended_at <= before,
            ~exists().where(NeedOutcome.need_id == Need.id),
        )
        .order_by(Need.ended_at, Need.id)
        .limit(limit)
    ).all()


def list_overdue(session: Session, *, before: datetime, limit: int = 200) -> Sequence[uuid.UUID]:
    """Return published needs whose time is over: the ending job did not run, or the row is older than the job."""
    query = select(Need.id).where(Need.state == NeedState.published, Need.expires_at <= before)
    return session.scalars(query.order_by(Need.expires_at).limit(limit)).all()


def _unreminded(kind: str, due: object) -> Select[Need]:
    reminded = exists().where(
        and_(NeedReminder.need_id == Need.id, NeedReminder.kind == kind, NeedReminder.due_at == due)
    )
    return select(Need).where(~reminded)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A need that the centre wrote for its firm."""

    recording: NeedRecording
    need: Need


def list_recorded(session: Session, *, limit: int = 200) -> list[Recorded]:
    """Return what the centre wrote for firms and sent to the gate, the newest first."""
    query = (
        select(NeedRecording, Need)
        .join(Need, Need.id == NeedRecording.need_id)
        .where(Need.submitted_at.is_not(None))
        .order_by(NeedRecording.recorded_at.desc(), Need.id)
        .limit(limit)
    )
    return [Recorded(recording, need) for recording, need in session.execute(query)]
