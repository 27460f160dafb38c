"""What owners are reminded of: a need near its end, a question without an answer, an end without an outcome."""

import math
import uuid
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.core import clock
from app.needs import queries, rule
from app.needs.models import Need, NeedReminder
from app.needs.service import news
from app.needs.service.asking import closes_at
from app.needs.service.ending import close_expired

FIRST, LAST, OUTCOME = "expiry_first", "expiry_last", "outcome"


def sweep_due(session: Session) -> dict[str, int]:
    """Remind of everything that is due, each once, and end what should have ended; bears repetition."""
    rules = rule.load_rules(session)
    moment = clock.now()
    last = moment + timedelta(days=int(rules[rule.REMIND_LAST]))
    first = moment + timedelta(days=int(rules[rule.REMIND_FIRST]))
    late = moment - timedelta(days=int(rules[rule.OUTCOME_AFTER]))
    ended = sum(close_expired(session, need_id=key) for key in queries.list_overdue(session, before=moment))
    session.flush()
    found = {"ended": ended, "expiring": 0, "questions": 0, "outcomes": 0}
    for kind, after, until in ((LAST, moment, last), (FIRST, last, first)):
        for need in queries.list_expiring(session, kind=kind, after=after, until=until):
            if need.expires_at is None:
                continue
            days = max(1, math.ceil((need.expires_at - moment) / timedelta(days=1)))
            _note(session, need, kind, need.expires_at)
            news.tell_owner(
                session,
                need,
                "needs.need.expiring",
                mark=f"{kind}:{need.expires_at.isoformat()}",
                days=days,
            )
            found["expiring"] += 1
    for need in queries.list_without_outcome(session, kind=OUTCOME, before=late):
        if need.ended_at is None:
            continue
        _note(session, need, OUTCOME, need.ended_at)
        news.tell_owner(session, need, "needs.need.outcome_due", mark=need.ended_at.isoformat())
        found["outcomes"] += 1
    waited = moment - timedelta(days=int(rules[rule.QUESTIONS_REMIND]))
    for question, need in queries.list_waiting_questions(session, before=waited):
        question.reminded_at = moment
        closes = clock.cn_date(closes_at(need, rules))
        news.tell_owner(session, need, "needs.question.waiting", mark=question.id, closes=closes)
        found["questions"] += 1
    return found


def _note(session: Session, need: Need, kind: str, due_at: datetime) -> None:
    session.add(NeedReminder(id=uuid.uuid4(), need_id=need.id, kind=kind, due_at=due_at))
