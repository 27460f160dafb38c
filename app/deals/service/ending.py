"""How enquiries end without the two sides: their timers, and the end of the need. Nobody is left without a reason."""

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from app.core import clock, messages
from app.core.errors import Conflict, Invalid
from app.core.permissions import SYSTEM, Actor, Permission, require
from app.deals import policy, queries, rules
from app.deals.models import Enquiry
from app.deals.service import common, news
from app.deals.states import TIMERS, Action, EnquiryState, Party
from app.needs import queries as needs

#: Outcomes after which the owner still owes every vendor a reason of its own; the others say why by themselves.
EXPLAINED = ("awarded", "none_suitable")
SETTLED: dict[str, str] = {
    "cancelled": "cancelled",
    "withdrawn": "need_withdrawn",
    "expired": "need_expired",
}
_SYSTEM_PARTY = frozenset({Party.system})


def end_of_need(session: Session, *, need_id: uuid.UUID, outcome: str, chosen: Sequence[uuid.UUID]) -> int:
    """End every live enquiry of a need that ended; returns how many. Bears repetition.

    The chosen vendors' are chosen; the others' wait for the owner's reason, or get the outcome as theirs.
    """
    ended = 0
    waiting = 0
    for enquiry in queries.list_unended_of_need(session, need_id):
        enquiry.outcome = outcome
        title = common.offering_title(session, enquiry)
        if enquiry.vendor_id in chosen:
            _by_system(session, enquiry, Action.choose)
            news.tell(session, enquiry, "deals.enquiry.chosen", enquiry.vendor_id, offering=title)
        elif outcome in EXPLAINED:
            _by_system(session, enquiry, Action.await_reason)
            waiting += 1
        else:
            _by_system(session, enquiry, Action.settle, code=SETTLED.get(outcome, "cancelled"))
            news.tell(session, enquiry, "deals.enquiry.not_chosen", enquiry.vendor_id, offering=title)
        ended += 1
    if waiting:
        need = needs.list_by_ids(session, [need_id])[0]
        messages.post(
            session,
            "deals.reasons.wanted",
            organisation_id=need.organisation_id,
            payload={
                "need_id": str(need.id),
                "case_number": need.case_number,
                "days": rules.number(session, rules.REASON),
            },
            dedupe_key=f"deals.reasons.wanted:{need.id}:{need.version}",
        )
    session.flush()
    return ended


def _by_system(session: Session, enquiry: Enquiry, action: Action, *, code: str | None = None) -> None:
    common.take(session, SYSTEM, enquiry, action, parties=_SYSTEM_PARTY, side=Party.system, code=code)


def explain_enquiries(
    session: Session,
    actor: Actor,
    *,
    need_id: uuid.UUID,
    reasons: Mapping[uuid.UUID, tuple[str, str]],
    bulk: str = "",
    bulk_note: str = "",
) -> int:
    """Give every vendor that still waits a reason: its own `(code, note)`, else the bulk one; returns how many.

    Raises:
        Invalid: one would be left without, or a code is none of the list.
        Conflict: nobody waits any more.

    """
    need = needs.get_need(session, actor, need_id)
    side = Party.sme if need.organisation_id == actor.organisation_id else Party.staff
    ids = [row.id for row in queries.list_closing_of_need(session, actor, need_id)]
    if not ids:
        raise Conflict("没有服务商在等理由了")
    problems: dict[str, str] = {}
    given: dict[uuid.UUID, tuple[str, str]] = {}
    for key in ids:
        own_code, own_note = reasons.get(key, ("", ""))
        code, note = (own_code, own_note) if own_code else (bulk, bulk_note)
        prefix = f"reasons-{key.hex}" if own_code or not bulk else "bulk"
        try:
            common.check_code(Action.explain, side, code)
            given[key] = (code, common.clean_note(note, code))
        except Invalid as error:
            problems |= {f"{prefix}-{name}": text for name, text in error.fields.items()}
    if problems:
        raise Invalid(problems)
    for key, (code, note) in sorted(given.items()):
        enquiry = queries.get_for_change(session, actor, key)
        if enquiry.state is EnquiryState.closing:  # else its timer was quicker
            explain_one(session, actor, enquiry, side=side, code=code, note=note)
    return len(given)


def explain_one(
    session: Session, actor: Actor, enquiry: Enquiry, *, side: Party, code: str, note: str
) -> None:
    """Give one vendor its reason, on a locked enquiry; the firm itself, or staff for it."""
    wanted = Permission.deals_enquiry_oversee if side is Party.staff else Permission.deals_enquiry_write
    require(actor, wanted, enquiry)
    parties = policy.parties_of(actor, enquiry)
    common.take(session, actor, enquiry, Action.explain, parties=parties, side=side, code=code, note=note)
    title = common.offering_title(session, enquiry)
    news.tell(session, enquiry, "deals.enquiry.not_chosen", enquiry.vendor_id, offering=title)


def fire_timer(session: Session, *, enquiry_id: uuid.UUID) -> bool:
    """Do what the clock does with an enquiry whose time is over; returns whether it did. Bears repetition."""
    enquiry = queries.find_locked(session, enquiry_id)
    if enquiry is None or enquiry.due_at is None or enquiry.due_at > clock.now():
        return False
    action = TIMERS[enquiry.state].action
    title = common.offering_title(session, enquiry)
    both = (enquiry.sme_id, enquiry.vendor_id)
    if action is Action.expire:
        _by_system(session, enquiry, action)
        news.tell(session, enquiry, "deals.enquiry.expired", *both, offering=title)
    elif action is Action.lapse:
        _by_system(session, enquiry, action, code="idle")
        news.tell(session, enquiry, "deals.enquiry.lapsed", *both, offering=title)
    else:
        code = enquiry.outcome if enquiry.outcome in EXPLAINED else "cancelled"
        _by_system(session, enquiry, action, code=code)
        news.tell(session, enquiry, "deals.enquiry.not_chosen", enquiry.vendor_id, offering=title)
    session.flush()
    return True


def remind(session: Session, *, enquiry_id: uuid.UUID) -> bool:
    """Remind the side that has not answered, once; returns whether it did."""
    enquiry = queries.find_locked(session, enquiry_id)
    if enquiry is None or enquiry.state is not EnquiryState.open:
        return False
    if enquiry.remind_at is None or enquiry.remind_at > clock.now():
        return False
    enquiry.remind_at = None
    title = common.offering_title(session, enquiry)
    news.tell(session, enquiry, "deals.enquiry.due", news.answerer_id(enquiry), offering=title)
    session.flush()
    return True
