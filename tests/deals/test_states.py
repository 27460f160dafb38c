"""The machine: no illegal path, nobody waits for ever."""

from hypothesis import given
from hypothesis import strategies as st

from app.core import parameters
from app.deals import labels, rules
from app.deals.states import (
    ENDED,
    LIVE,
    REVEALING,
    START,
    TIMERS,
    TRANSITIONS,
    WAITING,
    Action,
    EnquiryState,
    Party,
    actions_for,
    find_step,
    turn_of,
)

PARTIES = st.frozensets(st.sampled_from(Party), max_size=3)


@given(st.lists(st.tuples(st.sampled_from(Action), PARTIES), max_size=30))
def test_any_sequence_of_attempts_stays_on_the_table(attempts: list[tuple[Action, frozenset[Party]]]) -> None:
    state = START
    ended = False
    for action, parties in attempts:
        step = find_step(state, action, parties)
        assert (step is None) == (action not in actions_for(state, parties))
        if step is None:
            continue
        assert not ended, "something happened after the end"
        assert step.by & parties
        state = step.to
        ended = not TRANSITIONS[state]


def test_every_state_is_in_the_table_and_can_be_reached() -> None:
    assert set(TRANSITIONS) == set(EnquiryState)
    reached = {START} | {step.to for steps in TRANSITIONS.values() for step in steps.values()}
    assert reached == set(EnquiryState)


def test_every_waiting_state_has_a_timer_and_a_step_of_staff() -> None:
    for state in WAITING:
        timer = TIMERS[state]
        fired = find_step(state, timer.action, frozenset({Party.system}))
        assert fired is not None
        assert fired.to is not state, "a timer must lead on"
        assert actions_for(state, frozenset({Party.staff})), f"staff cannot help in {state}"
        assert any(item.key == timer.parameter for item in parameters.declared())
    for state in set(EnquiryState) - set(WAITING):
        assert not TRANSITIONS[state]


def test_from_every_waiting_state_the_clock_alone_leads_to_an_end() -> None:
    for start in WAITING:
        state = start
        for _ in range(5):
            if state in ENDED:
                break
            step = find_step(state, TIMERS[state].action, frozenset({Party.system}))
            assert step is not None
            state = step.to
        assert state in ENDED


def test_only_the_side_that_is_asked_answers() -> None:
    for action in (Action.accept, Action.decline):
        assert find_step(START, action, frozenset({Party.asker, Party.sme})) is None
        assert find_step(START, action, frozenset({Party.staff})) is None
        assert find_step(START, action, frozenset({Party.answerer, Party.sme}))
    assert find_step(START, Action.withdraw, frozenset({Party.answerer})) is None
    assert turn_of(START) is Party.answerer


def test_nobody_ends_anything_for_people_without_a_reason() -> None:
    """Only acceptance, the clock's own expiry and being chosen need no reason code."""
    free = {Action.accept, Action.expire, Action.extend, Action.choose, Action.await_reason}
    for steps in TRANSITIONS.values():
        for action, step in steps.items():
            assert step.reason == (action not in free), action


def test_every_code_has_words() -> None:
    assert set(labels.STATE) == set(EnquiryState)
    assert set(labels.ACTION) == set(Action)
    assert set(labels.PARTY) == set(Party)
    for (action, side), choices in labels.CHOICES.items():
        assert labels.OTHER in choices
        assert all(choices.values()), (action, side)
        assert not set(choices) & set(labels.SYSTEM)


def test_contacts_show_in_two_states_only() -> None:
    assert set(REVEALING) == {EnquiryState.accepted, EnquiryState.chosen}
    assert set(LIVE) <= set(WAITING)
    assert TIMERS[EnquiryState.open].parameter == rules.ANSWER
