"""Commands on offerings: what they refuse, what they leave behind, who wins a race."""

import threading
import uuid
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from app.core.audit import AuditEvent
from app.core.db import Database
from app.core.errors import Conflict, EditConflict, Forbidden, Invalid, NotFound
from app.core.jobs import JobContext
from app.core.messages import Message
from app.core.outbox import OutboxRow
from app.core.permissions import ANONYMOUS, Actor, Role
from app.offerings import content, indexing, policy, queries, service
from app.offerings import panels as _panels  # noqa: F401  registers the room's panels
from app.offerings.jobs import reindex_organisation
from app.offerings.models import Component, Offering, OfferingState, Package, ReviewDecision
from app.offerings.schemas import OfferingContent, ReportForm, ResolveForm
from app.organisations.models import Capacity, OrganisationState
from app.web import panels
from search.schema import problem_of
from tests.conftest import make_settings
from tests.factories.accounts import make_user
from tests.factories.offerings import (
    Vendor,
    approval,
    case_content,
    make_content,
    make_offering,
    make_vendor,
    refusal,
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


def audit_names(session: Session, row: Offering) -> list[str]:
    session.flush()
    found = session.scalars(
        select(AuditEvent.name).where(AuditEvent.object_id == str(row.id)).order_by(AuditEvent.id)
    )
    return [name.rsplit(".", 1)[1] for name in found]


@both
class TestLife:
    def test_draft_submit_return_mend_list_withdraw(self, session, vendor, reviewer):
        row = service.create_draft(session, vendor.actor, given=make_content())
        row = service.submit_offering(session, vendor.actor, offering_id=row.id, version=1)
        assert row.state is OfferingState.submitted
        with pytest.raises(Conflict):
            service.update_offering(
                session, vendor.actor, offering_id=row.id, given=make_content(), version=2
            )
        row = service.decide_offering(
            session, reviewer, offering_id=row.id, decision=refusal(row, reason="请写明是否含税")
        )
        assert (row.state, row.decision_reason) == (OfferingState.returned, "价格口径不清。请写明是否含税")
        row = service.update_offering(
            session,
            vendor.actor,
            offering_id=row.id,
            given=make_content(title="示例改好了"),
            version=row.version,
        )
        row = service.submit_offering(session, vendor.actor, offering_id=row.id, version=row.version)
        row = service.decide_offering(
            session, reviewer, offering_id=row.id, decision=approval(row, confirmed=[1])
        )
        assert row.state is OfferingState.listed
        assert row.listed_at is not None
        assert row.cases[0].confirmed
        row = service.withdraw_offering(session, vendor.actor, offering_id=row.id, version=row.version)
        assert row.state is OfferingState.withdrawn
        assert audit_names(session, row) == [
            "created",
            "submitted",
            "returned",
            "edited",
            "submitted",
            "listed",
            "withdrawn",
        ]
        told = session.scalars(select(Message).where(Message.organisation_id == vendor.organisation.id)).all()
        assert sorted(message.name.rsplit(".", 1)[1] for message in told) == ["listed", "returned"]
        history = queries.get_with_reviews(session, vendor.actor, row.id).reviews
        assert {review.decision for review in history} >= {ReviewDecision.listed, ReviewDecision.returned}

    def test_a_change_of_a_listed_offering(self, session, vendor, reviewer):
        row = make_offering(session, vendor)
        given = make_content(title="示例新名字", cases=[case_content(effect_after="8")])
        row = service.update_offering(session, vendor.actor, offering_id=row.id, given=given, version=1)
        assert (row.title, row.state) == ("示例电流钳设备监测", OfferingState.listed)
        assert content.newest_of(row) == given
        row = service.submit_offering(session, vendor.actor, offering_id=row.id, version=row.version)
        returned = service.decide_offering(session, reviewer, offering_id=row.id, decision=refusal(row))
        assert (returned.state, returned.title) == (OfferingState.listed, "示例电流钳设备监测")
        assert returned.pending is not None
        row = service.submit_offering(session, vendor.actor, offering_id=row.id, version=row.version)
        row = service.decide_offering(session, reviewer, offering_id=row.id, decision=approval(row))
        assert (row.title, row.pending, row.cases[0].effect_after) == ("示例新名字", None, "8")
        assert not row.waits_for_review

    def test_recall_and_discard(self, session, vendor, reviewer):
        row = make_offering(session, vendor)
        row = service.update_offering(
            session, vendor.actor, offering_id=row.id, given=make_content(title="示例改动"), version=1
        )
        row = service.submit_offering(session, vendor.actor, offering_id=row.id, version=row.version)
        row = service.recall_submission(session, vendor.actor, offering_id=row.id, version=row.version)
        with pytest.raises(Conflict):
            service.decide_offering(session, reviewer, offering_id=row.id, decision=approval(row))
        row = service.discard_change(session, vendor.actor, offering_id=row.id, version=row.version)
        assert row.pending is None
        with pytest.raises(Conflict):
            service.submit_offering(session, vendor.actor, offering_id=row.id, version=row.version)

    def test_saving_the_listed_text_again_leaves_no_change(self, session, vendor):
        row = make_offering(session, vendor)
        row = service.update_offering(
            session, vendor.actor, offering_id=row.id, given=make_content(), version=1
        )
        assert row.pending is None

    def test_rows_shrink_and_grow(self, session, vendor):
        row = make_offering(session, vendor, OfferingState.draft)
        first = row.packages[0].id
        wide = make_content().model_dump()
        wide["packages"] = [*wide["packages"], {**wide["packages"][0], "title": "完整版", "components": []}]
        row = service.update_offering(
            session, vendor.actor, offering_id=row.id, given=OfferingContent.model_validate(wide), version=1
        )
        session.flush()
        assert [(item.position, item.title) for item in row.packages] == [(1, "基本版"), (2, "完整版")]
        assert row.packages[0].id == first
        row = service.update_offering(
            session, vendor.actor, offering_id=row.id, given=make_content(packages=[], cases=[]), version=2
        )
        session.flush()
        mine = select(func.count(Package.id)).where(Package.offering_id == row.id)
        assert session.scalar(mine) == 0
        assert session.scalar(select(func.count(Component.id)).where(Component.package_id == first)) == 0


class TestRefusals:
    def test_what_is_missing_is_named_field_by_field(self, session, vendor):
        bare = OfferingContent.model_validate({"kind": "service", "title": "示例上门检测"})
        row = service.create_draft(session, vendor.actor, given=bare)
        with pytest.raises(Invalid) as refused:
            service.submit_offering(session, vendor.actor, offering_id=row.id, version=1)
        assert set(refused.value.fields) == {
            "summary",
            "body",
            "service_class",
            "scenario_codes",
            "pain_point_codes",
            "go_live_days",
            "condition_codes",
            "packages",
        }

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"packages": [{"title": "甲", "price_mode": "project"}]}, "packages-0-price_min"),
            ({"packages": [{"title": "", "price_min_fen": 1}]}, "packages-0-title"),
            (
                {"packages": [{"title": "甲", "price_mode": "per_unit", "price_min_fen": 1}]},
                "packages-0-price_unit",
            ),
            (
                {"packages": [{"title": "甲", "price_mode": "other", "price_min_fen": 1}]},
                "packages-0-price_label",
            ),
            (
                {
                    "packages": [
                        {"title": "甲", "price_min_fen": 5, "components": [{"title": "乙", "amount_fen": 9}]}
                    ]
                },
                "packages-0-price_min",
            ),
            (
                {
                    "packages": [
                        {"title": "甲", "price_min_fen": 5, "components": [{"title": "", "amount_fen": 5}]}
                    ]
                },
                "packages-0-components-0-title",
            ),
            ({"pain_point_codes": ["S01-1"]}, "scenario_codes"),
            ({"product_class": None}, "product_class"),
            ({"cases": [case_content(customer="某某股份有限公司")]}, "cases-0-customer"),
            ({"cases": [case_content(effect_after="")]}, "cases-0-effect_before"),
            ({"cases": [case_content(customer="")]}, "cases-0-customer"),
        ],
    )
    def test_one_gap(self, session, vendor, change, field):
        row = service.create_draft(session, vendor.actor, given=make_content(**change))
        with pytest.raises(Invalid) as refused:
            service.submit_offering(session, vendor.actor, offering_id=row.id, version=1)
        assert list(refused.value.fields) == [field]

    def test_an_unverified_vendor_writes_but_does_not_submit(self, session):
        vendor = make_vendor(session, state=OrganisationState.unverified)
        row = service.create_draft(session, vendor.actor, given=make_content())
        with pytest.raises(Invalid) as refused:
            service.submit_offering(session, vendor.actor, offering_id=row.id, version=1)
        assert list(refused.value.fields) == ["organisation"]

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"scenario_codes": ["S99"]}, "scenario_codes"),
            ({"pain_point_codes": ["S08-99"]}, "pain_point_codes"),
            ({"industry_codes": ["C99"]}, "industry_codes"),
            ({"condition_codes": ["magic"]}, "condition_codes"),
            ({"cases": [case_content(scenario_code="S77")]}, "cases-0-scenario_code"),
            ({"cases": [case_content(industry_code="C00")]}, "cases-0-industry_code"),
        ],
    )
    def test_unknown_codes(self, session, vendor, change, field):
        with pytest.raises(Invalid) as refused:
            service.create_draft(session, vendor.actor, given=make_content(**change))
        assert list(refused.value.fields) == [field]

    def test_a_decision_needs_its_grounds(self, session, vendor, reviewer):
        row = make_offering(session, vendor, OfferingState.submitted)
        for decision, field in (
            (approval(row, checks=["claims"]), "checks"),
            (refusal(row, reason_codes=[]), "reason_codes"),
            (refusal(row, reason_codes=["other"]), "reason"),
        ):
            with pytest.raises(Invalid) as refused:
                service.decide_offering(session, reviewer, offering_id=row.id, decision=decision)
            assert list(refused.value.fields) == [field]
        assert row.state is OfferingState.submitted

    def test_a_case_without_evidence_is_not_confirmed(self, session, vendor, reviewer):
        row = make_offering(session, vendor, OfferingState.submitted, cases=[case_content(evidence="")])
        row = service.decide_offering(
            session, reviewer, offering_id=row.id, decision=approval(row, confirmed=[1])
        )
        assert not row.cases[0].confirmed

    def test_a_decision_on_a_changed_offering(self, session, vendor, reviewer):
        row = make_offering(session, vendor, OfferingState.submitted)
        seen = approval(row)
        service.recall_submission(session, vendor.actor, offering_id=row.id, version=1)
        with pytest.raises(EditConflict):
            service.decide_offering(session, reviewer, offering_id=row.id, decision=seen)

    def test_a_late_edit_names_what_differs(self, session, vendor):
        row = make_offering(session, vendor, OfferingState.draft)
        service.update_offering(
            session, vendor.actor, offering_id=row.id, given=make_content(go_live_days=9), version=1
        )
        with pytest.raises(EditConflict) as late:
            service.update_offering(
                session, vendor.actor, offering_id=row.id, given=make_content(), version=1
            )
        assert late.value.theirs == {"version": 2, "changes": [["上线天数", "9 天", "2 天"]]}

    def test_reports(self, session, vendor, reviewer):
        row = make_offering(session, vendor)
        buyer = make_vendor(session, Capacity.enterprise).actor
        with pytest.raises(Forbidden):
            service.report_offering(
                session, vendor.actor, offering_id=row.id, report=ReportForm(reason="illegal", text="")
            )
        with pytest.raises(Invalid):
            service.report_offering(
                session, buyer, offering_id=row.id, report=ReportForm(reason="other", text="")
            )
        report = service.report_offering(
            session,
            buyer,
            offering_id=row.id,
            report=ReportForm(reason="other", text="加微信 shili_88 给返点"),
        )
        assert "shili_88" not in report.text
        session.flush()
        with pytest.raises(Invalid):
            wrong = ResolveForm(upheld=False, take_down=True, resolution="查过了，没有问题")
            service.resolve_report(session, reviewer, report_id=report.id, decision=wrong)
        done = ResolveForm(upheld=False, resolution="查过了，没有问题")
        service.resolve_report(session, reviewer, report_id=report.id, decision=done)
        assert row.state is OfferingState.listed
        with pytest.raises(Conflict):
            service.resolve_report(session, reviewer, report_id=report.id, decision=done)
        draft = make_offering(session, vendor, OfferingState.draft)
        with pytest.raises(NotFound):
            service.report_offering(session, buyer, offering_id=draft.id, report=ReportForm(reason="illegal"))

    def test_only_demo_rows_skip_the_review(self, session, vendor):
        row = make_offering(session, vendor, OfferingState.draft)
        with pytest.raises(Conflict):
            service.list_directly(session, row)
        demo = make_offering(session, vendor, OfferingState.draft, origin="demo")
        service.list_directly(session, demo)
        assert demo.state is OfferingState.listed


@both
def test_who_sees_what(session, vendor, reviewer):
    rows = {state: make_offering(session, vendor, state) for state in OfferingState}
    stranger = make_vendor(session).actor
    public = {OfferingState.listed}
    for actor, seen in (
        (ANONYMOUS, public),
        (stranger, public),
        (vendor.actor, set(OfferingState)),
        (reviewer, set(OfferingState)),
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
        session.flush()
        mine = [panel for panel in panels.registered() if panel.template.startswith("offerings/")]
        assert {panel.place for panel in mine} == {"desk.summary", "workspace.main"}
        for panel in mine:
            actor = reviewer if panel.place == "desk.summary" else vendor.actor
            statements: list[str] = []

            def note(state, statements=statements):
                statements.append(str(state.statement))

            event.listen(session, "do_orm_execute", note)
            data = panel.build(session, actor)
            event.remove(session, "do_orm_execute", note)
            assert data is not None
            assert len(statements) == panel.queries

    def test_ids_are_paged(self, session, vendor):
        made = sorted(str(make_offering(session, vendor).id) for _ in range(3))
        first = indexing.list_ids(session, None, 2)
        rest = indexing.list_ids(session, first[-1], 100)
        assert [key for key in [*first, *rest] if key in made] == made


@pytest.mark.committed
class TestCommitted:
    def test_of_two_editors_one_wins(self, database: Database):
        with database.writing() as session:
            vendor = make_vendor(session)
            offering_id = make_offering(session, vendor, OfferingState.draft).id
        outcomes: list[Any] = []
        start = threading.Barrier(4)

        def edit(number: int) -> None:
            start.wait()
            try:
                with database.writing() as session:
                    service.update_offering(
                        session,
                        vendor.actor,
                        offering_id=offering_id,
                        given=make_content(title=f"示例第{number}人"),
                        version=1,
                    )
                outcomes.append(number)
            except EditConflict:
                outcomes.append(None)

        threads = [threading.Thread(target=edit, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        winners = [number for number in outcomes if number is not None]
        assert len(winners) == 1
        assert len(outcomes) == 4
        with database.reading() as session:
            row = session.get(Offering, offering_id)
            assert (row.version, row.title) == (2, f"示例第{winners[0]}人")

    def test_without_the_row_lock_edits_get_lost(
        self, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        """The control of the race: with the lock off, on PostgreSQL, everybody believes to have won."""
        database = Database(make_settings(tmp_path, postgres_url))
        with database.writing() as session:
            vendor = make_vendor(session)
            offering_id = make_offering(session, vendor, OfferingState.draft).id
        all_read, winners = threading.Barrier(3), []

        def read_without_lock(session: Session, actor: Actor, key: uuid.UUID) -> Offering:
            row = queries.get_offering(session, actor, key)
            all_read.wait(timeout=20)
            return row

        monkeypatch.setattr(queries, "get_for_update", read_without_lock)

        def edit(number: int) -> None:
            with database.writing() as session:
                given = make_content(title=f"示例第{number}人")
                service.update_offering(
                    session, vendor.actor, offering_id=offering_id, given=given, version=1
                )
            winners.append(number)

        threads = [threading.Thread(target=edit, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        database.dispose()
        assert len(winners) == 3

    def test_a_renamed_organisation_dirties_its_offerings(self, database: Database):
        with database.writing() as session:
            vendor = make_vendor(session)
            rows = [make_offering(session, vendor) for _ in range(3)]
            ids, versions = [row.id for row in rows], [row.doc_version for row in rows]
        told = reindex_organisation(JobContext(database), organisation_id=str(vendor.organisation.id))
        assert told == {"marked": 3}
        with database.reading() as session:
            again = [session.get(Offering, key) for key in ids]
            assert [row.doc_version for row in again] == [version + 1 for version in versions]
            assert [row.version for row in again] == [1, 1, 1]
            marked = select(func.count()).where(OutboxRow.reason == "organisation")
            assert session.scalar(marked) == 3
