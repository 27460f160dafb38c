"""Vendor pools: admission that can fail, and no way round the drawn states."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import clock, parameters
from app.core.audit import AuditEvent
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.messages import Message
from app.core.parameters import ParameterRow
from app.core.permissions import ANONYMOUS, Role
from app.organisations import pools
from app.organisations.models import (
    Capacity,
    OrganisationState,
    Pool,
    PoolEntry,
    PoolMove,
    PoolState,
    PoolStep,
)
from app.organisations.queries import pools as pool_queries
from app.organisations.service import pooling
from tests.factories.organisations import acting_for, add_member, make_organisation
from tests.organisations.pooling import REASON, Play, application, found

both = pytest.mark.parametrize("backend", ["sqlite", "postgres"])

#: Drawn by hand from the product's words, not read from the code: state → the moves that people can make there.
DRAWN: dict[PoolState, dict[PoolMove, PoolState]] = {
    PoolState.applied: {
        PoolMove.admit: PoolState.admitted,
        PoolMove.refuse: PoolState.refused,
        PoolMove.withdraw: PoolState.withdrawn,
    },
    PoolState.admitted: {PoolMove.warn: PoolState.warned, PoolMove.withdraw: PoolState.withdrawn},
    PoolState.warned: {PoolMove.answer: PoolState.answered},  # removing waits for the day
    PoolState.answered: {
        PoolMove.lift: PoolState.admitted,
        PoolMove.warn: PoolState.warned,
        PoolMove.remove: PoolState.removed,
    },
    PoolState.refused: {PoolMove.appeal: PoolState.refused},
    PoolState.removed: {PoolMove.appeal: PoolState.removed},
    PoolState.withdrawn: {},
}
MOVES = [
    move for move in PoolMove if move not in {PoolMove.apply, PoolMove.reinstate, PoolMove.reject_appeal}
]


def count(session: Session, model: type) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


# each example is rolled back to where the session stood
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.sampled_from(MOVES), max_size=12))
def test_every_sequence_of_moves_stays_within_the_drawing(session: Session, wanted: list[PoolMove]):
    """A move that is not drawn is refused and changes nothing; one that is leaves exactly one dated row."""
    outer = session.begin_nested()
    try:
        play, expected, rows, appealed = Play(session), PoolState.applied, 1, False
        for move in wanted:
            following = DRAWN[expected].get(move)
            if move is PoolMove.appeal and appealed:
                following = None  # one appeal per decision, and no way back from here without it
            if following is None:
                with pytest.raises((Conflict, Invalid)):
                    play.make(move)
            else:
                play.make(move)
                expected, rows = following, rows + 1
                appealed |= move is PoolMove.appeal
            assert play.entry.state is expected
            steps = session.scalars(
                select(PoolStep).where(PoolStep.entry_id == play.entry.id).order_by(PoolStep.position)
            ).all()
            assert [step.position for step in steps] == list(range(rows))
            assert all(step.reason or step.move in {PoolMove.apply, PoolMove.appeal} for step in steps)
    finally:
        outer.rollback()


def test_the_drawing_names_every_state_and_the_code_adds_only_appeals():
    assert set(DRAWN) == set(PoolState) == set(pools.TRANSITIONS)
    for state, moves in DRAWN.items():
        more = set(pools.TRANSITIONS[state]) - set(moves)
        assert more <= {PoolMove.reinstate, PoolMove.reject_appeal, PoolMove.remove}


class TestAdmission:
    @both
    def test_from_application_to_the_public_list(self, session: Session):
        play = Play(session)
        assert pool_queries.list_members(session, Pool.light) == []
        with pytest.raises(NotFound):
            pool_queries.get_entry(session, ANONYMOUS, play.entry.id)
        play.make(PoolMove.admit)
        assert [row.id for row in pool_queries.list_members(session, Pool.light)] == [play.entry.id]
        assert pool_queries.get_entry(session, ANONYMOUS, play.entry.id).admitted_at is not None
        told = session.scalars(select(Message).where(Message.name == "organisations.pool_moved")).one()
        assert told.organisation_id == play.vendor.id
        staff = session.scalars(select(Message).where(Message.name == "organisations.pool_to_decide")).one()
        assert staff.role == Role.reviewer.value
        rows = session.scalars(
            select(AuditEvent).where(AuditEvent.name == "organisations.pool.moved").order_by(AuditEvent.id)
        )
        assert [row.data["move"] for row in rows] == ["apply", "admit"]

    def test_a_figure_below_its_threshold_cannot_be_found_met(self, session: Session):
        play = Play(session)
        play.entry.criteria[0].figure = play.entry.criteria[0].required - 1
        with pytest.raises(Invalid) as caught:
            play.make(PoolMove.admit)
        assert set(caught.value.fields) == {"findings-references-met"}
        play.entry.criteria[0].figure = play.entry.criteria[0].required
        play.make(PoolMove.admit)

    def test_nobody_is_admitted_with_one_unmet_nor_refused_with_none(self, session: Session):
        play = Play(session)
        for data in (found(play.entry, admit=True, months="才用了两个月"), found(play.entry, admit=False)):
            with pytest.raises(Invalid) as caught:
                pooling.decide(session, play.reviewer, entry_id=play.entry.id, data=data)
            assert "form" in caught.value.fields
        short = found(play.entry, admit=False, months="？")
        with pytest.raises(Invalid) as caught:
            pooling.decide(session, play.reviewer, entry_id=play.entry.id, data=short)
        assert set(caught.value.fields) == {"findings-months-finding"}

    def test_an_application_keeps_the_thresholds_of_its_day(self, session: Session):
        first = Play(session)
        key = pools.REFERENCES.key(Pool.light)
        session.add(ParameterRow(key=key, valid_from=clock.today(), value=50))
        session.flush()
        assert parameters.value(session, key) == 50
        second = Play(session)
        assert [play.entry.criteria[0].required for play in (first, second)] == [5, 50]
        first.make(PoolMove.admit)
        with pytest.raises(Invalid):
            second.make(PoolMove.admit)

    def test_who_may_apply(self, session: Session):
        for capacities, state, words in (
            ((Capacity.vendor,), OrganisationState.unverified, "核验通过后"),
            ((Capacity.enterprise, Capacity.finance), OrganisationState.verified, "收服务商"),
        ):
            row = make_organisation(session, *capacities, state=state)
            actor = acting_for(add_member(session, row), row)
            with pytest.raises(Conflict, match=words):
                pooling.apply(session, actor, data=application(), received={})
        play = Play(session)
        member = acting_for(add_member(session, play.vendor, role=Role.member), play.vendor, Role.member)
        with pytest.raises(Forbidden):
            pooling.apply(session, member, data=application(Pool.chain), received={})
        with pytest.raises(Conflict, match="已经申请过"):
            pooling.apply(session, play.admin, data=application(), received={})
        other = pooling.apply(session, play.admin, data=application(Pool.integrator), received={})
        assert other.state is PoolState.applied

    def test_a_left_out_condition_is_named(self, session: Session):
        play = Play(session)
        data = application(Pool.chain)
        del data.criteria["gains"]
        with pytest.raises(Invalid) as caught:
            pooling.apply(session, play.admin, data=data, received={})
        assert set(caught.value.fields) == {"criteria-gains-figure"}

    def test_applying_again_waits(self, session: Session):
        play = Play(session)
        play.make(PoolMove.refuse)
        with pytest.raises(Conflict, match="要隔 90 天"):
            pooling.apply(session, play.admin, data=application(), received={})
        with clock.frozen(clock.now() + timedelta(days=90)):
            again = pooling.apply(session, play.admin, data=application(), received={})
        assert again.state is PoolState.applied
        assert count(session, PoolEntry) == 2

    def test_what_was_seen_is_what_is_decided(self, session: Session):
        play = Play(session)
        stale = found(play.entry)
        play.make(PoolMove.withdraw)
        with pytest.raises(Conflict, match="请刷新"):
            pooling.decide(session, play.reviewer, entry_id=play.entry.id, data=stale)


class TestMending:
    def test_a_vendor_is_not_removed_before_the_day_without_its_answer(self, session: Session):
        play = Play(session)
        play.make(PoolMove.admit)
        play.make(PoolMove.warn)
        assert play.entry.deadline == clock.today() + timedelta(days=30)
        with pytest.raises(Conflict, match="到期前"):
            play.make(PoolMove.remove)
        with clock.frozen(clock.now() + timedelta(days=31)):
            play.make(PoolMove.remove)
        assert play.entry.state is PoolState.removed
        assert pool_queries.list_members(session) == []

    def test_a_warning_leaves_the_place_and_lifting_ends_it(self, session: Session):
        play = Play(session)
        for move in (PoolMove.admit, PoolMove.warn, PoolMove.answer, PoolMove.lift):
            play.make(move)
            assert len(pool_queries.list_members(session)) == 1
        assert play.entry.deadline is None

    def test_a_suspended_vendor_is_in_no_public_list(self, session: Session):
        play = Play(session)
        play.make(PoolMove.admit)
        play.vendor.state = OrganisationState.suspended
        session.flush()
        assert pool_queries.list_members(session) == []
        with pytest.raises(NotFound):
            pool_queries.get_entry(session, ANONYMOUS, play.entry.id)


class TestAppeals:
    @both
    def test_another_reviewer_decides_and_reinstates(self, session: Session):
        play = Play(session)
        play.make(PoolMove.refuse)
        play.make(PoolMove.appeal)
        first, play.second = play.second, play.reviewer
        with pytest.raises(Forbidden, match="另一位审核员"):
            play.make(PoolMove.reinstate)
        assert play.entry.state is PoolState.refused
        play.second = first
        play.make(PoolMove.reinstate)
        assert play.entry.state is PoolState.admitted
        assert play.entry.steps[-1].reason == REASON
        with pytest.raises(Conflict, match="已经有人办过"):
            play.make(PoolMove.reject_appeal)

    def test_one_appeal_per_decision_and_within_the_days(self, session: Session):
        play = Play(session)
        play.make(PoolMove.refuse)
        with clock.frozen(clock.now() + timedelta(days=16)), pytest.raises(Conflict, match="15 天内"):
            play.make(PoolMove.appeal)
        play.make(PoolMove.appeal)
        play.make(PoolMove.reject_appeal)
        assert play.entry.state is PoolState.refused
        with pytest.raises(Conflict, match="只能申诉一次"):
            play.make(PoolMove.appeal)

    def test_a_removal_has_an_appeal_of_its_own(self, session: Session):
        play = Play(session)
        for move in (
            PoolMove.refuse,
            PoolMove.appeal,
            PoolMove.reinstate,
            PoolMove.warn,
            PoolMove.answer,
            PoolMove.remove,
            PoolMove.appeal,
            PoolMove.reinstate,
        ):
            play.make(move)
        assert play.entry.state is PoolState.admitted

    def test_no_new_application_beside_an_open_appeal_and_none_after_a_new_one(self, session: Session):
        play = Play(session)
        play.make(PoolMove.refuse)
        play.make(PoolMove.appeal)
        with clock.frozen(clock.now() + timedelta(days=200)), pytest.raises(Conflict, match="申诉还没有结果"):
            pooling.apply(session, play.admin, data=application(), received={})

    def test_another_vendor_meets_404(self, session: Session):
        play, other = Play(session), Play(session)
        play.make(PoolMove.refuse)
        play.admin = other.admin
        with pytest.raises(NotFound):
            play.make(PoolMove.appeal)
        with pytest.raises(NotFound):
            play.make(PoolMove.withdraw)
