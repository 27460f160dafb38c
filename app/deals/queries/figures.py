"""How an organisation answers: the figures, and the rows behind them. Never a number without its rows."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.core import clock
from app.deals.models import Direction, Enquiry, EnquiryMessage
from app.deals.states import EnquiryState

YEAR = timedelta(days=365)
ENOUGH = 3


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """How fast a vendor answered what firms asked within a year. `median_days` is None below `ENOUGH` answers.

    `silent` counts requests that ran out without an answer; they are no answer and no part of the median.
    """

    answered: int
    silent: int
    median_days: float | None

    @property
    def enough(self) -> bool:
        return self.answered >= ENOUGH


def _asked(organisation_id: uuid.UUID) -> Select[Enquiry]:
    return select(Enquiry).where(
        Enquiry.vendor_id == organisation_id,
        Enquiry.direction == Direction.forward,
        Enquiry.created_at > clock.now() - YEAR,
        or_(Enquiry.answered_at.is_not(None), Enquiry.state == EnquiryState.expired),
    )


def answer_facts(session: Session, organisation_id: uuid.UUID) -> AnswerFacts:
    """Return the figures in one query."""
    days: list[float] = []
    silent = 0
    for row in session.scalars(_asked(organisation_id)):
        if row.answered_at is None:
            silent += 1
        else:
            days.append((row.answered_at - row.created_at).total_seconds() / 86_400)
    return AnswerFacts(len(days), silent, median(days) if len(days) >= ENOUGH else None)


def list_answers(session: Session, organisation_id: uuid.UUID, *, limit: int = 200) -> Sequence[Enquiry]:
    """Return the rows behind `answer_facts`, the newest first; for the organisation itself and staff."""
    return session.scalars(
        _asked(organisation_id).order_by(Enquiry.created_at.desc(), Enquiry.id).limit(limit)
    ).all()


def list_messages_of_person(session: Session, user_id: uuid.UUID) -> Sequence[EnquiryMessage]:
    """Return what somebody wrote in threads, for the copy of one's own data."""
    return session.scalars(
        select(EnquiryMessage).where(EnquiryMessage.user_id == user_id).order_by(EnquiryMessage.at)
    ).all()
