"""Commands on offerings: what they refuse, what they leave behind."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.audit import AuditEvent
from app.core.errors import Conflict, EditConflict, Forbidden, Invalid, NotFound
from app.core.messages import Message
from app.core.permissions import Actor, Role
from app.offerings import content, queries, service
from app.offerings import panels as _panels  # noqa: F401  registers the room's panels
from app.offerings.models import Component, Offering, OfferingState, Package, ReviewDecision
from app.offerings.schemas import OfferingContent, ReportForm, ResolveForm
from app.organisations.models import Capacity, OrganisationState
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
        with pytest.raises(NotFound):
            service.decide_offering(session, reviewer, offering_id=row.id, decision=seen)
        service.submit_offering(session, vendor.actor, offering_id=row.id, version=2)
        with pytest.raises(EditConflict):
            service.decide_offering(session, reviewer, offering_id=row.id, decision=seen)

    def test_steps_out_of_turn(self, session, vendor):
        row = make_offering(session, vendor, OfferingState.draft)
        turn = {"offering_id": row.id, "version": 1}
        for step in (service.recall_submission, service.discard_change):
            with pytest.raises(Conflict):
                step(session, vendor.actor, **turn)
        service.submit_offering(session, vendor.actor, **turn)
        with pytest.raises(Conflict):
            service.submit_offering(session, vendor.actor, offering_id=row.id, version=2)
        service.withdraw_offering(session, vendor.actor, offering_id=row.id, version=2)
        with pytest.raises(Conflict):
            service.withdraw_offering(session, vendor.actor, offering_id=row.id, version=3)
        service.submit_offering(session, vendor.actor, offering_id=row.id, version=3)
        assert row.state is OfferingState.submitted

    def test_withdrawing_keeps_the_change_that_waited(self, session, vendor):
        row = make_offering(session, vendor)
        turn = {"offering_id": row.id}
        given = make_content(title="示例没审完的改动")
        service.update_offering(session, vendor.actor, **turn, given=given, version=1)
        row = service.withdraw_offering(session, vendor.actor, **turn, version=2)
        assert (row.title, row.pending) == ("示例没审完的改动", None)

    def test_who_may_not_create(self, session, vendor, monkeypatch):
        buyer = make_vendor(session, Capacity.enterprise).actor
        with pytest.raises(Forbidden):
            service.create_draft(session, buyer, given=make_content())
        monkeypatch.setattr("app.offerings.service.draft.MAX_OWN", 1)
        service.create_draft(session, vendor.actor, given=make_content())
        with pytest.raises(Conflict):
            service.create_draft(session, vendor.actor, given=make_content())

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
