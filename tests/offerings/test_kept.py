"""What is kept beside an offering: versions, small changes, terms, people to ask, certificates, pictures."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core import clock, parameters
from app.core.audit import AuditEvent
from app.core.db import Database
from app.core.errors import Conflict, EditConflict, Forbidden, Invalid, NotFound
from app.core.messages import Message
from app.core.permissions import ANONYMOUS, Actor, Role
from app.files import service as files
from app.files.models import FileState
from app.files.service import FileKind, Received
from app.offerings import content, differences, indexing, material, queries, service, xkqz
from app.offerings.jobs.terms import sweep_terms
from app.offerings.models import CaseReference, CheckState, Offering, OfferingMedia, OfferingState
from app.offerings.pages.views import thresholds
from app.offerings.schemas import CheckForm, FirstOfKindForm, ReferenceForm
from tests.factories.accounts import make_user
from tests.factories.files import png
from tests.factories.offerings import (
    Vendor,
    approval,
    case_content,
    make_content,
    make_offering,
    make_vendor,
    refusal,
)

PHONE = "023-6000 0000"


@pytest.fixture
def vendor(session) -> Vendor:
    return make_vendor(session)


@pytest.fixture
def reviewer(session) -> Actor:
    user = make_user(session, Role.reviewer)
    return Actor(user_id=user.id, name=user.name, roles=frozenset({Role.reviewer}))


def list_it(session, vendor: Vendor, reviewer: Actor, **values) -> Offering:
    """Put an offering through the whole way."""
    row = service.create_draft(session, vendor.actor, given=make_content(**values))
    service.submit_offering(session, vendor.actor, offering_id=row.id, version=row.version)
    service.decide_offering(session, reviewer, offering_id=row.id, decision=approval(row))
    session.flush()
    return row


def edit(session, vendor: Vendor, row: Offering, **values) -> Offering:
    return service.update_offering(
        session, vendor.actor, offering_id=row.id, given=make_content(**values), version=row.version
    )


def messages(session, name: str) -> list[Message]:
    return list(session.scalars(select(Message).where(Message.name == name)))


class TestSmallAndMaterial:
    def test_a_mended_word_stands_at_once_and_reviewers_are_told(self, session, vendor, reviewer):
        row = list_it(session, vendor, reviewer)
        edit(session, vendor, row, exit_terms="随时停用，数据导出为表格")
        assert row.pending is None
        assert row.exit_terms == "随时停用，数据导出为表格"
        assert [item.is_minor for item in queries.list_versions(session, row.id)] == [True, False]
        (told,) = messages(session, "offerings.offering.mended")
        assert told.role == "reviewer"
        names = [item.name for item in session.scalars(select(AuditEvent))]
        assert "offerings.offering.mended" in names

    def test_what_was_listed_before_versions_is_kept_with_the_first_change(self, session, vendor):
        row = make_offering(session, vendor)
        edit(session, vendor, row, exit_terms="随时停用，数据导出为表格")
        new, old = queries.list_versions(session, row.id)
        assert (old.number, old.content["exit_terms"]) == (1, "随时停用，数据导出成表格")
        assert (new.number, new.content["exit_terms"]) == (2, "随时停用，数据导出为表格")

    @pytest.mark.parametrize(
        "change",
        [
            {"go_live_days": 3},
            {"title": "示例电流钳设备监测二"},
            {"condition_codes": ["cloud"]},
            {"cases": []},
            {"packages": [{"title": "基本版", "price_mode": "one_off", "price_min_fen": 3_000_001}]},
            {"exit_terms": ""},
            {"exit_terms": "随时停用，3 天内数据导出成表格"},
            {"summary": "设备停了没人知道，二十分钟内提醒班长"},
            {"body": "换成完全不同的一段话，说的是另外一件事情，和原来没有什么关系，长得也不一样。"},
        ],
    )
    def test_what_buyers_rely_on_waits_for_review(self, session, vendor, reviewer, change):
        row = list_it(session, vendor, reviewer)
        before = content.content_of(row)
        edit(session, vendor, row, **change)
        assert row.pending is not None
        assert content.content_of(row) == before
        assert len(queries.list_versions(session, row.id)) == 1

    def test_the_rule_is_the_centres_to_set(self, session, vendor, reviewer):
        row = list_it(session, vendor, reviewer)
        key = f"{material.PREFIX}material"
        session.add(
            parameters.ParameterRow(
                id=uuid.uuid4(),
                key=key,
                valid_from=clock.today(),
                value={**material.FIELDS, "exit_terms": True},
            )
        )
        session.flush()
        edit(session, vendor, row, exit_terms="随时停用，数据导出为表格")
        assert row.pending is not None

    def test_a_small_change_that_leaves_a_gap_is_not_small(self, session, vendor, reviewer):
        row = list_it(session, vendor, reviewer, body="刚好二十个字的说明写在这里不能再少一个字")
        edit(session, vendor, row, body="刚好二十个字的说明写在这里不能再少")
        assert row.pending is not None


class TestDifferences:
    def test_each_thing_is_told_in_words(self):
        old = make_content()
        new = make_content(
            go_live_days=5,
            packages=[
                {"title": "专业版", "price_mode": "yearly", "price_min_fen": 9_000_000},
                {"title": "基本版", "price_mode": "one_off", "price_min_fen": 3_000_000},
            ],
            cases=[case_content(effect_after="10")],
        )
        found = {item.field: item for item in differences.changes(old, new, {"C29": "橡胶"})}
        assert (found["上线天数"].before, found["上线天数"].after) == ("2 天", "5 天")
        assert found["套餐「专业版」"].kind == "新增"
        assert found["套餐「基本版」价格"].before == "3–4.5 万元，一次性"
        assert "电流钳 20 只" in found["套餐「基本版」明细"].before
        assert found["案例「示例区一家 80 人的注塑厂」效果"].parts[1] == [
            (False, "月停机 46→1"),
            (True, "0"),
            (False, "小时"),
        ]
        gone = differences.changes(new, old, {})
        assert any(item.kind == "去掉" and item.field == "套餐「专业版」" for item in gone)
        assert differences.changes(old, old, {}) == []

    def test_a_renamed_package_is_a_change(self):
        new = make_content()
        new.packages[0].title = "入门版"
        (found,) = differences.changes(make_content(), new, {})
        assert (found.kind, found.before, found.after) == ("改动", "基本版", "入门版")


class TestTerms:
    def test_reminded_twice_hidden_and_renewed(self, database: Database):
        with database.writing() as session:
            vendor = make_vendor(session)
            user = make_user(session, Role.reviewer)
            row = list_it(session, vendor, Actor(user_id=user.id, roles=frozenset({Role.reviewer})))
            offering_id, version = row.id, row.version
            updated = row.updated_at
        start = clock.now()

        def on_day(days: float) -> None:
            with clock.frozen(start + timedelta(days=days)):
                sweep_terms(database)
                sweep_terms(database)  # again at once: nothing twice

        def told(name: str) -> list[int]:
            with database.reading() as session:
                return [item.payload.get("days") for item in messages(session, f"offerings.offering.{name}")]

        on_day(300)
        assert told("expiring") == []
        with database.writing() as session, pytest.raises(Conflict):
            service.renew_offering(session, vendor.actor, offering_id=offering_id, version=version)
        on_day(340)
        assert len(told("expiring")) == 1
        on_day(360)
        assert sorted(told("expiring")) == [5, 25]
        with database.reading() as session:
            row = queries.get_offering(session, ANONYMOUS, offering_id)
            assert row.updated_at == updated
        on_day(366)
        assert len(told("expired")) == 1
        with database.reading() as session:
            with pytest.raises(NotFound):
                queries.get_offering(session, ANONYMOUS, offering_id)
            assert queries.list_listed_ids(session) == []
            assert indexing.load(session, [str(offering_id)])[0].is_tombstone
            assert queries.get_offering(session, vendor.actor, offering_id).expired_at is not None
        with database.writing() as session, clock.frozen(start + timedelta(days=370)):
            with pytest.raises(EditConflict):
                service.renew_offering(session, vendor.actor, offering_id=offering_id, version=99)
            service.renew_offering(session, vendor.actor, offering_id=offering_id, version=version)
        with database.reading() as session:
            row = queries.get_offering(session, ANONYMOUS, offering_id)
            assert row.is_current
            assert row.reminded_days is None

    def test_what_was_listed_before_there_were_terms(self, database: Database):
        with database.writing() as session:
            row = make_offering(session, make_vendor(session))
            row.listed_at = clock.now() - timedelta(days=4000)
            offering_id = row.id
        sweep_terms(database)
        with database.reading() as session:
            row = queries.get_offering(session, ANONYMOUS, offering_id)
            left = row.expires_at - clock.now()
            assert timedelta(days=29) < left <= timedelta(days=30)


def reference(row: Offering, place: int = 0, **values) -> ReferenceForm:
    case = content.newest_of(row).cases[place]
    return ReferenceForm.model_validate(
        {
            "case_key": content.case_key(case),
            "contact_name": "示例周厂长",
            "contact_phone": PHONE,
            "consented": True,
            **values,
        }
    )


def finding(row, decision: str = "confirmed", note: str = "电话里说得清楚") -> CheckForm:
    return CheckForm.model_validate({"version": row.version, "decision": decision, "note": note})


class TestReferences:
    def test_a_confirmed_case_counts_as_evidence(self, session, vendor, reviewer):
        cases = [case_content(), case_content(customer="示例第二家厂")]
        row = list_it(session, vendor, reviewer, cases=cases)

        def verdict():
            facts = queries.facts_of(queries.get_offering(session, ANONYMOUS, row.id), vendor.organisation)
            return xkqz.letters(facts, thresholds(session))[3].verdict

        assert verdict() is xkqz.Verdict.unknown
        for place in (0, 1):
            found = service.give_reference(
                session, vendor.actor, offering_id=row.id, given=reference(row, place)
            )
            service.decide_reference(session, reviewer, reference_id=found.id, decision=finding(found))
        assert verdict() is xkqz.Verdict.passed
        assert all(case.confirmed_at for case in row.cases)
        assert len(messages(session, "offerings.reference.confirmed")) == 2
        # the finding belongs to the words: it moves with them and is lost with other words
        edit(session, vendor, row, cases=[cases[1], case_content(customer="示例别的厂")])
        service.submit_offering(session, vendor.actor, offering_id=row.id, version=row.version)
        service.decide_offering(session, reviewer, offering_id=row.id, decision=approval(row, confirmed=[1]))
        assert [case.confirmed for case in row.cases] == [True, False]

    def test_a_denied_case_is_hidden_and_the_vendor_told(self, session, vendor, reviewer):
        row = list_it(session, vendor, reviewer)
        found = service.give_reference(session, vendor.actor, offering_id=row.id, given=reference(row))
        service.decide_reference(
            session, reviewer, reference_id=found.id, decision=finding(found, "denied", "对方说没有用过")
        )
        facts = queries.facts_of(queries.get_offering(session, ANONYMOUS, row.id), vendor.organisation)
        assert facts.cases == ()
        assert row.cases[0].denied_at is not None
        assert len(messages(session, "offerings.reference.denied")) == 1
        with pytest.raises(Conflict):
            service.decide_reference(session, reviewer, reference_id=found.id, decision=finding(found))
        # a later listing does not bring it back
        edit(session, vendor, row, go_live_days=9)
        service.submit_offering(session, vendor.actor, offering_id=row.id, version=row.version)
        service.decide_offering(session, reviewer, offering_id=row.id, decision=approval(row, confirmed=[1]))
        assert row.cases[0].denied_at is not None
        assert row.cases[0].confirmed is False

    def test_unreachable_comes_again_with_another_number(self, session, vendor, reviewer):
        row = list_it(session, vendor, reviewer)
        found = service.give_reference(session, vendor.actor, offering_id=row.id, given=reference(row))
        first = finding(found, "unreachable", "三次没有人接")
        service.decide_reference(session, reviewer, reference_id=found.id, decision=first)
        again = service.give_reference(
            session, vendor.actor, offering_id=row.id, given=reference(row, contact_phone="023-6111 1111")
        )
        assert (again.id, again.state, again.version) == (found.id, CheckState.waiting, 3)
        with pytest.raises(EditConflict):  # from what the reviewer saw before
            service.decide_reference(session, reviewer, reference_id=found.id, decision=first)

    def test_no_personal_data_in_audit_and_messages(self, session, vendor, reviewer):
        row = list_it(session, vendor, reviewer)
        found = service.give_reference(session, vendor.actor, offering_id=row.id, given=reference(row))
        service.decide_reference(session, reviewer, reference_id=found.id, decision=finding(found))
        kept = [str(item.data) for item in session.scalars(select(AuditEvent))]
        kept += [str(item.payload) for item in session.scalars(select(Message))]
        assert not any(PHONE in text or "周厂长" in text for text in kept)

    def test_who_may(self, session, vendor, reviewer):
        row = list_it(session, vendor, reviewer)
        rival = make_vendor(session)
        with pytest.raises(Forbidden):
            service.give_reference(session, rival.actor, offering_id=row.id, given=reference(row))
        with pytest.raises(Invalid):
            service.give_reference(
                session, vendor.actor, offering_id=row.id, given=reference(row, case_key="0" * 64)
            )
        with pytest.raises(ValueError, match="先征得本人同意"):
            reference(row, consented=False)
        found = service.give_reference(session, vendor.actor, offering_id=row.id, given=reference(row))
        with pytest.raises(Forbidden):
            service.decide_reference(session, vendor.actor, reference_id=found.id, decision=finding(found))
        service.drop_reference(session, vendor.actor, offering_id=row.id, case_key=found.case_key)
        session.flush()
        assert session.scalars(select(CaseReference)).all() == []


def paper() -> Received:
    return Received(FileKind.paper, "示例证书.pdf", "application/pdf", b"%PDF-1.4 example", pages=1)


class TestFirstOfKind:
    def test_shown_only_after_staff_confirmed(self, session, vendor, reviewer):
        row = list_it(session, vendor, reviewer, kind="equipment", product_class=None)
        form = FirstOfKindForm.model_validate({"certificate": "示例认定〔2024〕1号", "catalogue_year": 2024})
        with pytest.raises(Invalid):
            service.claim_first_of_kind(session, vendor.actor, offering_id=row.id, given=form, received=None)
        claim = service.claim_first_of_kind(
            session, vendor.actor, offering_id=row.id, given=form, received=paper()
        )
        (found,) = indexing.load(session, [str(row.id)])
        assert "首台(套)" not in found.keywords
        service.decide_first_of_kind(session, reviewer, claim_id=claim.id, decision=finding(claim))
        (found,) = indexing.load(session, [str(row.id)])
        assert "首台(套)" in found.keywords
        assert len(messages(session, "offerings.first_of_kind.confirmed")) == 1
        with pytest.raises(Conflict):
            service.claim_first_of_kind(
                session, vendor.actor, offering_id=row.id, given=form, received=paper()
            )

    def test_equipment_only(self, session, vendor, reviewer):
        row = list_it(session, vendor, reviewer)
        form = FirstOfKindForm.model_validate({"certificate": "示例认定〔2024〕1号", "catalogue_year": 2024})
        with pytest.raises(Conflict):
            service.claim_first_of_kind(
                session, vendor.actor, offering_id=row.id, given=form, received=paper()
            )
        with pytest.raises(ValueError, match="目录年份"):
            FirstOfKindForm.model_validate({"certificate": "示例认定〔2024〕1号", "catalogue_year": 1999})


def picture(name: str = "示例.png") -> Received:
    return Received(FileKind.picture, name, "image/png", png(), width=40, height=30)


class TestMedia:
    def add(self, session, vendor: Vendor, row: Offering, title: str = "示例现场") -> OfferingMedia:
        item = service.add_media(session, vendor.actor, offering_id=row.id, received=picture(), title=title)
        for file in queries.list_own_files(session, "offerings.media", row.id):
            file.state = FileState.clean
        session.flush()
        return item

    def may_read(self, session, actor: Actor, item: OfferingMedia) -> bool:
        try:
            files.read_file(session, actor, item.file_id)
        except NotFound:
            return False
        return True

    def test_strangers_see_what_was_approved_with_a_listing(self, session, vendor, reviewer):
        row = list_it(session, vendor, reviewer)
        rival = make_vendor(session)
        item = self.add(session, vendor, row)
        seen = [
            self.may_read(session, actor, item) for actor in (ANONYMOUS, rival.actor, vendor.actor, reviewer)
        ]
        assert seen == [False, False, True, True]
        service.submit_offering(session, vendor.actor, offering_id=row.id, version=row.version)
        service.decide_offering(session, reviewer, offering_id=row.id, decision=refusal(row))
        assert not self.may_read(session, ANONYMOUS, item)
        service.submit_offering(session, vendor.actor, offering_id=row.id, version=row.version)
        service.decide_offering(session, reviewer, offering_id=row.id, decision=approval(row))
        assert self.may_read(session, ANONYMOUS, item)
        service.withdraw_offering(session, vendor.actor, offering_id=row.id, version=row.version)
        session.flush()
        assert not self.may_read(session, ANONYMOUS, item)

    def test_order_limit_and_removal(self, session, vendor):
        row = make_offering(session, vendor, OfferingState.draft)
        made = [self.add(session, vendor, row, f"示例第 {n} 张") for n in range(8)]
        with pytest.raises(Conflict):
            self.add(session, vendor, row)
        service.change_media(session, vendor.actor, offering_id=row.id, media_id=made[1].id, act="earlier")
        session.flush()
        assert [item.id for item in queries.list_media(session, row.id)][:2] == [made[1].id, made[0].id]
        service.change_media(session, vendor.actor, offering_id=row.id, media_id=made[1].id, act="remove")
        session.flush()
        assert len(queries.list_media(session, row.id)) == 7
        assert not self.may_read(session, vendor.actor, made[1])
        with pytest.raises(NotFound):
            service.change_media(
                session, make_vendor(session).actor, offering_id=row.id, media_id=made[0].id, act="remove"
            )
