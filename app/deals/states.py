"""The life of an enquiry as one table: who may do what in which state, where it leads, and which timer fires. Pure.

One machine serves both directions (ADR 0020): forward, a firm asks a vendor about an offering; reverse, a vendor offers
on a need. `asker` sent it, `answerer` answers it, whichever of the two is the firm or the vendor.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class EnquiryState(StrEnum):
    open = "open"
    accepted = "accepted"
    closing = "closing"  # the need ended; its owner still owes this vendor a reason
    chosen = "chosen"
    declined = "declined"
    withdrawn = "withdrawn"
    expired = "expired"
    not_chosen = "not_chosen"
    closed = "closed"


class Party(StrEnum):
    """In which part somebody acts; one person may have several (asker and sme)."""

    asker = "asker"
    answerer = "answerer"
    sme = "sme"
    vendor = "vendor"
    staff = "staff"
    system = "system"


class Action(StrEnum):
    send = "send"
    accept = "accept"
    decline = "decline"
    withdraw = "withdraw"
    close = "close"
    explain = "explain"
    end = "end"
    extend = "extend"
    expire = "expire"
    lapse = "lapse"
    default_reason = "default_reason"
    choose = "choose"
    await_reason = "await_reason"
    settle = "settle"


@dataclass(frozen=True, slots=True)
class Step:
    """A permitted action: by whom, into which state, and whether a reason code must be given."""

    by: frozenset[Party]
    to: EnquiryState
    reason: bool = False


@dataclass(frozen=True, slots=True)
class Timer:
    """What the clock does when nobody acts: the action, and the parameter that says after how many days."""

    action: Action
    parameter: str


_S, _A, _P = EnquiryState, Action, Party


def _step(to: EnquiryState, *by: Party, reason: bool = False) -> Step:
    return Step(frozenset(by), to, reason)


TRANSITIONS: Mapping[EnquiryState, Mapping[Action, Step]] = {
    _S.open: {
        _A.accept: _step(_S.accepted, _P.answerer),
        _A.decline: _step(_S.declined, _P.answerer, reason=True),
        _A.withdraw: _step(_S.withdrawn, _P.asker, reason=True),
        _A.expire: _step(_S.expired, _P.system),
        _A.end: _step(_S.closed, _P.staff, reason=True),
        _A.extend: _step(_S.open, _P.staff),
        _A.choose: _step(_S.chosen, _P.system),
        _A.await_reason: _step(_S.closing, _P.system),
        _A.settle: _step(_S.not_chosen, _P.system, reason=True),
    },
    _S.accepted: {
        _A.close: _step(_S.closed, _P.asker, _P.answerer, reason=True),
        _A.lapse: _step(_S.closed, _P.system, reason=True),
        _A.end: _step(_S.closed, _P.staff, reason=True),
        _A.extend: _step(_S.accepted, _P.staff),
        _A.choose: _step(_S.chosen, _P.system),
        _A.await_reason: _step(_S.closing, _P.system),
        _A.settle: _step(_S.not_chosen, _P.system, reason=True),
    },
    _S.closing: {
        _A.explain: _step(_S.not_chosen, _P.sme, _P.staff, reason=True),
        _A.default_reason: _step(_S.not_chosen, _P.system, reason=True),
    },
    _S.chosen: {},
    _S.declined: {},
    _S.withdrawn: {},
    _S.expired: {},
    _S.not_chosen: {},
    _S.closed: {},
}
START = EnquiryState.open
#: Somebody is waited for: each has a timer here and a step that staff may take in `TRANSITIONS`.
TIMERS: Mapping[EnquiryState, Timer] = {
    _S.open: Timer(_A.expire, "deals.enquiry.answer_days"),
    _S.accepted: Timer(_A.lapse, "deals.enquiry.idle_days"),
    _S.closing: Timer(_A.default_reason, "deals.enquiry.reason_days"),
}
WAITING = tuple(TIMERS)
#: A second enquiry between the same two about the same thing has to wait for the end of these.
LIVE = (_S.open, _S.accepted)
WRITABLE = (_S.open, _S.accepted, _S.closing, _S.chosen)
#: The only states in which contact details may be shown, and only with both sides' consent.
REVEALING = (_S.accepted, _S.chosen)
#: The states in which a vendor reads the fields of a need that he could not see by himself.
OPENED = REVEALING
ENDED = tuple(state for state in _S if state not in TIMERS)


def find_step(state: EnquiryState, action: Action, parties: frozenset[Party]) -> Step | None:
    """Return where the action leads, or None when nobody of these parties may take it in this state."""
    step = TRANSITIONS[state].get(action)
    return step if step is not None and step.by & parties else None


def actions_for(state: EnquiryState, parties: frozenset[Party]) -> frozenset[Action]:
    """Return what somebody in these parts may do now."""
    return frozenset(action for action, step in TRANSITIONS[state].items() if step.by & parties)


def turn_of(state: EnquiryState) -> Party | None:
    """Return who is waited for; None when nobody is (ended), or both talk (accepted, chosen)."""
    return {_S.open: Party.answerer, _S.closing: Party.sme}.get(state)
