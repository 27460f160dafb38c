"""Who finds which offering: visibility, rights, the document in the index, facts for matching."""

import uuid

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from app.core.outbox import OutboxRow
from app.core.permissions import ANONYMOUS, Actor, Role
from app.offerings import indexing, policy, queries
from app.offerings import panels as _panels  # noqa: F401  registers the room's panels
from app.offerings.models import Offering, OfferingState
from app.organisations.models import OrganisationState
from app.web import panels
from search.schema import problem_of
from tests.factories.accounts import make_user
from tests.factories.offerings import (
    Vendor,
    make_offering,
    make_vendor,
)

both = pytest.mark.parametrize("backend", ["sqlite", "postgres"])


@pytest.fixture
def vendor(session: Session) -> Vendor:
    return make_vendor(session)


@pytest.fixture
def reviewer(session: Session) -> Actor:
    user = make_user(session, Role.reviewer)
    return Actor(user_id=user.id, name=user.name, roles=frozenset({Role.reviewer}))


def outbox_count(session: Session, row: Offering) -> int:
    session.flush()
    return session.scalar(select(func.count()).where(OutboxRow.object_id == str(row.id))) or 0


@both
def test_who_sees_what(session, vendor, reviewer):
    rows = {state: make_offering(session, vendor, state) for state in OfferingState}
    stranger = make_vendor(session).actor
    public = {OfferingState.listed}
    for actor, seen in (
        (ANONYMOUS, public),
        (stranger, public),
        (vendor.actor, set(OfferingState)),
        (reviewer, {OfferingState.submitted, OfferingState.listed, OfferingState.returned}),
        (Actor(user_id=uuid.uuid4(), roles=frozenset({Role.auditor})), public),
    ):
        found = queries.list_visible_by_ids(session, actor, [row.id for row in rows.values()])
        assert {row.state for row in found} == seen
    vendor.organisation.state = OrganisationState.suspended
    session.flush()
    listed = rows[OfferingState.listed]
    assert queries.list_visible_by_ids(session, ANONYMOUS, [listed.id]) == []
    assert queries.load_for_matching(session, [listed.id]) == []
    assert listed.id not in queries.list_listed_ids(session)
    assert indexing.load(session, [str(listed.id)])[0].is_tombstone


def test_policy_tells_own_from_foreign():
    own, foreign = uuid.uuid4(), uuid.uuid4()
    member = Actor(
        user_id=own, organisation_id=own, capacities=frozenset({"vendor"}), roles=frozenset({Role.member})
    )
    buyer = Actor(
        user_id=own, organisation_id=own, capacities=frozenset({"enterprise"}), roles=frozenset({Role.member})
    )
    reviewer = Actor(user_id=own, organisation_id=own, roles=frozenset({Role.reviewer}))
    mine, theirs = Offering(organisation_id=own), Offering(organisation_id=foreign)

    class Report:
        reporter_id = own

    answers = [
        (policy.can_create, member, None, True),
        (policy.can_create, buyer, None, False),
        (policy.can_create, ANONYMOUS, None, False),
        (policy.can_edit, member, mine, True),
        (policy.can_edit, member, theirs, False),
        (policy.can_edit, reviewer, mine, False),
        (policy.can_submit, member, mine, True),
        (policy.can_submit, member, theirs, False),
        (policy.can_review, reviewer, None, True),
        (policy.can_review, reviewer, theirs, True),
        (policy.can_review, reviewer, mine, False),
        (policy.can_review, member, mine, False),
        (policy.can_report, ANONYMOUS, theirs, False),
        (policy.can_report, member, None, True),
        (policy.can_report, member, theirs, True),
        (policy.can_report, member, mine, False),
        (policy.can_resolve_report, reviewer, None, True),
        (policy.can_resolve_report, reviewer, Report(), False),
        (policy.can_resolve_report, member, None, False),
    ]
    for rule, actor, obj, expected in answers:
        assert rule(actor, obj) is expected, (rule.__name__, actor.roles, obj)


class TestIndex:
    def test_the_document_holds_what_the_page_shows(self, session, vendor):
        row = make_offering(session, vendor, industry_codes=["C291"])
        (found,) = indexing.load(session, [str(row.id)])
        assert problem_of(found) == ""
        assert found.facets["industry"] == ("C29", "C291")
        assert found.facets["kind"] == ("solution",)
        assert found.facets["district"] == (vendor.organisation.district_slug,)
        assert found.numbers == {"price_from_fen": 3_000_000, "price_to_fen": 4_500_000, "go_live_days": 2}
        assert found.organisation == vendor.organisation.name
        assert vendor.organisation.contact_mobile not in repr(found)
        assert found.doc_version == row.doc_version

    @pytest.mark.parametrize("state", [state for state in OfferingState if state is not OfferingState.listed])
    def test_what_is_not_listed_is_a_tombstone(self, session, vendor, state):
        row = make_offering(session, vendor, state)
        assert indexing.load(session, [str(row.id)])[0].is_tombstone

    def test_one_figure_is_a_fixed_price(self, session, vendor):
        packages = [{"title": "一口价", "price_mode": "project", "price_min_fen": 1_500_000}]
        row = make_offering(session, vendor, packages=packages)
        facts = queries.facts_of(row, None)
        assert (facts.price_from_fen, facts.price_to_fen) == (1_500_000, 1_500_000)
        assert facts.price_text == "1.5 万元，每项目"

    def test_a_price_that_cannot_be_compared_is_no_number(self, session, vendor):
        packages = [{"title": "按台", "price_mode": "per_unit", "price_unit": "台", "price_min_fen": 60_000}]
        row = make_offering(session, vendor, packages=packages)
        (found,) = indexing.load(session, [str(row.id)])
        assert set(found.numbers) == {"go_live_days"}

    def test_every_change_reaches_the_outbox_and_raises_the_version(self, session, vendor):
        row = make_offering(session, vendor)
        before, waiting = row.doc_version, outbox_count(session, row)
        row.packages[0].components[0].amount_fen = 2_100_000
        assert outbox_count(session, row) == waiting + 1
        row.cases[0].evidence = "示例新凭据"
        assert outbox_count(session, row) == waiting + 2
        assert (row.doc_version, row.version) == (before + 2, 1)

    def test_loading_for_matching_keeps_the_order_and_leaves_the_rest_out(self, session, vendor):
        first, second = make_offering(session, vendor), make_offering(session, vendor, title="示例第二项")
        draft = make_offering(session, vendor, OfferingState.draft)
        session.expire_all()
        found = queries.load_for_matching(session, [second.id, draft.id, uuid.uuid4(), first.id])
        assert [facts.id for facts in found] == [second.id, first.id]
        assert found[0].packages[0].components[0].amount_fen == 2_000_000
        assert found[0].price_from_fen == 3_000_000

    def test_panels_keep_their_promised_queries(self, session, vendor, reviewer):
        make_offering(session, vendor, OfferingState.submitted)
        make_offering(session, vendor)
        session.flush()
        mine = [panel for panel in panels.registered() if panel.template.startswith("offerings/")]
        assert {panel.place for panel in mine} == {"workspace.main", "organisation.detail.main"}
        for panel in mine:
            actor = vendor.actor
            statements: list[str] = []

            def note(state, statements=statements):
                statements.append(str(state.statement))

            event.listen(session, "do_orm_execute", note)
            data = panel.build(session, actor, organisation=vendor.organisation)
            event.remove(session, "do_orm_execute", note)
            assert data is not None
            assert len(statements) == panel.queries

    def test_ids_are_paged(self, session, vendor):
        made = sorted(str(make_offering(session, vendor).id) for _ in range(3))
        first = indexing.list_ids(session, None, 2)
        rest = indexing.list_ids(session, first[-1], 100)
        assert [key for key in [*first, *rest] if key in made] == made
