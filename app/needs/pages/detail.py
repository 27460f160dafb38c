"""What the page of a need shows to whom: the need, its numbers, questions, votes, who wrote it, how it goes on."""

from typing import Any

from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.core import clock
from app.core.permissions import Actor, Permission, can
from app.needs import policy, queries, rule
from app.needs.models import EDITABLE, Need, NeedOutcome, NeedQuestion, NeedState, QuestionState
from app.needs.pages import views
from app.needs.service.asking import QUESTION, closes_at, is_taking
from app.needs.service.ending import EXPIRED, OUTCOME_REASONS, WITHDRAW_REASONS, is_renewable
from app.needs.service.voting import LINES
from app.organisations import queries as organisations

LEAST_SHOWN = 3
OUTCOMES = {"awarded": "给了一家", "cancelled": "不做了", "none_suitable": "没有合适的"}


def detail(session: Session, actor: Actor, need: Need) -> dict[str, Any]:
    """Return the page's context; the same keys for everybody, empty where the actor may not look."""
    rules = rule.load_rules(session)
    own, whole = policy.is_own(actor, need), policy.can_read_whole(actor, need)
    outcome = queries.find_outcome(session, need.id) if need.state is NeedState.closed else None
    ran_out = need.state is NeedState.closed and need.end_code == EXPIRED and outcome is None
    return {
        "session": session,
        "need": need,
        "shown": views.shown(session, actor, need),
        "editable": need.state in EDITABLE,
        "numbers": numbers(session, need, whole=whole),
        "group": queries.find_shown_group(session, actor, need),
        "recording": _recording(session, need) if whole else None,
        "renewable": own and (ran_out or (need.state is NeedState.published and is_renewable(need, rules))),
        "concludable": own and (ran_out or need.state is NeedState.published),
        "ran_out": ran_out,
        "outcome": outcome_view(session, outcome) if outcome is not None and whole else None,
        "withdrawn": WITHDRAW_REASONS.get(need.end_code or "", "") if whole else "",
        **questions(session, actor, need, rules),
        **votes(session, actor, need, whole=whole),
    }


def numbers(session: Session, need: Need, *, whole: bool) -> dict[str, int] | None:
    """Return how often seen, invited, interested: whole for the owner and staff, for others only three offers or more."""
    if need.published_at is None:
        return None
    found = queries.load_numbers(session, [need.id])[need.id]
    if whole:
        return {"seen": found.seen, "invited": found.invited, "interested": found.interested}
    return {"interested": found.interested} if found.interested >= LEAST_SHOWN else None


def _recording(session: Session, need: Need) -> dict[str, Any] | None:
    row = queries.find_recording(session, need.id)
    if row is None:
        return None
    names = people.user_names(session, [row.recorded_by]) if row.recorded_by else {}
    return {
        "by": names.get(row.recorded_by, "中心工作人员") if row.recorded_by else "中心工作人员",
        "at": row.recorded_at,
        "basis": row.basis,
    }


def outcome_view(session: Session, outcome: NeedOutcome) -> dict[str, str]:
    """Return an outcome in words, for its own firm and staff."""
    chosen = outcome.chosen_name
    if outcome.chosen_organisation_id is not None:
        names = organisations.organisation_names(session, [outcome.chosen_organisation_id])
        chosen = names.get(outcome.chosen_organisation_id, "")
    reason = OUTCOME_REASONS[outcome.outcome].get(outcome.reason_code, "")
    return {
        "title": OUTCOMES[outcome.outcome.value],
        "chosen": chosen,
        "off_platform": "（平台外）" if outcome.chosen_name else "",
        "reason": "：".join(part for part in (reason, outcome.reason) if part),
        "at": clock.cn_date(outcome.decided_at),
    }


def questions(session: Session, actor: Actor, need: Need, rules: dict[str, Any]) -> dict[str, Any]:
    """Return the public questions as the actor may read them; who asked is for staff alone."""
    if need.published_at is None:
        return {
            "questions": [],
            "asking": False,
            "taking": False,
            "closes_at": None,
            "question_limit": QUESTION,
        }
    rows = queries.list_questions(session, actor, need)
    askers = (
        organisations.organisation_names(session, [row.organisation_id for row in rows])
        if actor.is_staff and rows
        else {}
    )
    taking = is_taking(need, rules)
    answers = need.state is NeedState.published and can(actor, Permission.needs_question_answer, need)
    hides = can(actor, Permission.needs_question_hide, need)
    return {
        "questions": [
            {
                "id": str(row.id),
                "version": row.version,
                "text": row.text,
                "asked_at": row.asked_at,
                "state": row.state.value,
                "mine": actor.organisation_id is not None and row.organisation_id == actor.organisation_id,
                "asker": askers.get(row.organisation_id, ""),
                "answer": row.answer,
                "answered_at": row.answered_at,
                "answered_by": "中心代答" if row.by_staff else "企业答复",
                "hidden_reason": row.hidden_reason,
                "answerable": answers and row.state is QuestionState.open,
                "hideable": hides and row.state is not QuestionState.hidden,
            }
            for row in sorted(rows, key=_order)
        ],
        "asking": taking and can(actor, Permission.needs_question_ask, need),
        "taking": taking,
        "closes_at": closes_at(need, rules),
        "question_limit": QUESTION,
    }


def _order(row: NeedQuestion) -> tuple[bool, Any]:
    return row.state is not QuestionState.open, row.asked_at


def votes(session: Session, actor: Actor, need: Need, *, whole: bool) -> dict[str, Any]:
    """Return the votes without names for the owner and staff, and the actor's own vote where it may cast one."""
    published = need.state is NeedState.published
    voting = (
        published
        and can(actor, Permission.needs_vote_cast, need)
        and actor.organisation_id is not None
        and queries.has_interest(session, need.id, actor.organisation_id)
    )
    mine = (
        queries.find_own_vote(session, need_id=need.id, organisation_id=actor.organisation_id)
        if voting
        else None
    )
    return {
        "votes": queries.sum_votes(session, need.id) if whole and need.published_at is not None else None,
        "voting": voting,
        "vote": {"clear": "yes" if mine.clear else "no", "lines": mine.lines, "remark": mine.text}
        if mine is not None
        else {},
        "voted": mine is not None,
        "again": mine is not None and mine.improved_at is not None,
        "vote_lines": list(LINES.items()),
    }
