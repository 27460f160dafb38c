"""Policies load once, read well, and never state a figure that no source gives."""

import uuid
from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from app.core.audit import AuditEvent
from app.core.db import Base
from app.core.errors import Forbidden, NotFound
from app.core.outbox import OutboxRow
from app.core.permissions import ANONYMOUS, Actor, Role
from app.policies import indexing, queries, reading, service
from app.policies.models import Policy, PolicyLevel
from search.schema import problem_of

STAFF = Actor(user_id=uuid.uuid4(), name="示例运营员", roles=frozenset({Role.operator}))
OWNER = Actor(user_id=uuid.uuid4(), name="示例厂长", roles=frozenset({Role.member}))


@pytest.fixture(scope="module")
def engine():
    engine = create_engine("sqlite://")
    tables = [Policy.__table__, AuditEvent.__table__, OutboxRow.__table__]
    Base.metadata.create_all(engine, tables=tables)
    with Session(engine) as session:
        service.load_policies(session)
        session.commit()
    return engine


@pytest.fixture
def session(engine) -> Iterator[Session]:
    with Session(engine, autoflush=False) as session:
        yield session
        session.rollback()


def outbox_rows(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(OutboxRow)) or 0


def test_loading_twice_changes_nothing(session: Session):
    assert outbox_rows(session) == 23  # one row each, from the first load
    report = service.load_policies(session)
    assert (report.unchanged, report.changed) == (23, 0)
    assert not session.dirty
    assert outbox_rows(session) == 23


def test_ids_stay_the_same_on_every_machine():
    assert [row["id"] for row in service.package_rows()] == [row["id"] for row in service.package_rows()]
    assert str(service.package_rows()[0]["id"]) == "5f6b4a80-d4e6-5ef7-b450-08b59a038981"


def test_newest_first_and_by_level(session: Session):
    rows = queries.list_policies(session, ANONYMOUS)
    dates = [row.issued_on for row in rows if row.issued_on is not None]
    assert dates == sorted(dates, reverse=True)
    assert rows[-1].issued_on is None
    levels = {level: len(queries.list_policies(session, ANONYMOUS, level=level)) for level in PolicyLevel}
    assert sum(levels.values()) == 23
    assert levels[PolicyLevel.district] == 1


def sections_of(session: Session, slug: str) -> dict[str, list[tuple[str, str, bool]]]:
    row = queries.get_policy(session, ANONYMOUS, slug)
    return {
        section.title: [(line.label, line.text, line.known) for line in section.lines]
        for section in reading.sections(row.kind, row.facts)
    }


@pytest.mark.parametrize("slug", ["cq-jgzxd-2023", "cq-yqjgd", "cq-czjr-2025"])
def test_unknown_ratios_are_left_to_the_notice(session: Session, slug: str):
    assert sections_of(session, slug)["能得到什么"] == [("比例和额度", reading.BY_NOTICE, False)]


def test_known_ratios_are_shown_and_their_unknown_companions_are_not(session: Session):
    benefits = sections_of(session, "cq-jgzxd-20")["能得到什么"]
    assert ("比例", "企业实际项目贷款利率的50%", True) in benefits
    assert ("每年不超过贷款的", "2%", True) in benefits
    assert ("每个项目每年最高", "1,000 万元", True) in benefits
    for name in ("融资租赁贴息", "担保补助", "保费补贴"):
        assert (name, reading.BY_NOTICE, False) in benefits


def test_what_is_usual_elsewhere_is_no_figure_of_ours(session: Session):
    lines = {label: text for label, text, _ in sections_of(session, "cn-sdcs")["能得到什么"]}
    assert lines["企业补贴"] == f"企业改造补贴比例由各城市定；{reading.BY_NOTICE}"


def test_texts_are_punctuated_for_readers():
    assert (
        reading.clean("申请人,限1,000万元(另注者除外);截止12:30")
        == "申请人，限1,000万元（另注者除外）；截止12:30"
    )


def test_an_old_ratio_says_that_the_new_one_is_not_known(session: Session):
    (line,) = sections_of(session, "cn-stt")["能得到什么"]
    assert line[1].endswith(reading.BY_NOTICE)


def test_items_with_amounts(session: Session):
    items = sections_of(session, "cq-jg-9")["包括哪些"]
    assert "2,000/1,000/500/300/150/100 万元" in items[0][1]
    assert items[1][1].endswith("最高 500 万元")
    assert "能得到什么" not in sections_of(session, "cq-jg-9")


def test_nothing_of_the_reviewers_shorthand_is_shown(session: Session):
    for row in queries.list_policies(session, ANONYMOUS):
        text = " ".join(
            [
                reading.plain_text(row.kind, row.facts),
                reading.clean(row.doc_no or ""),
                reading.source_text(row.source),
            ]
        )
        assert "记忆" not in text, row.slug
        assert "None" not in text, row.slug
        assert "{" not in text, row.slug
        assert "不得编造" not in text, row.slug


def test_every_fact_of_the_data_is_read(session: Session):
    """A field that no section shows would be lost silently; what is left out on purpose is listed."""
    left_out = {"also_note"}
    for row in queries.list_policies(session, ANONYMOUS):
        for name, value in row.facts.items():
            if value is None or name in left_out:
                continue
            fewer = {other: kept for other, kept in row.facts.items() if other != name}
            assert reading.plain_text(row.kind, fewer) != reading.plain_text(row.kind, row.facts), (
                row.slug,
                name,
            )


def test_pilot_district(session: Session):
    ((label, text, _),) = sections_of(session, "cn-sdcs")["重庆的试点"]
    assert label == "涪陵区"
    assert "第3批" in text


def test_dates():
    assert reading.date_text("2024-07-02") == "2024年7月2日"
    assert reading.date_text("2023-08") == "2023年8月"
    assert reading.date_text(None) == "来源未载明日期"
    assert reading.first_day("2023-08") == date(2023, 8, 1)
    assert reading.first_day(None) is None


def test_a_withdrawn_policy_is_gone_for_readers_but_not_for_staff(session: Session):
    before = outbox_rows(session)
    row = service.set_listed(session, STAFF, slug="cq-2024-15", listed=False)
    session.flush()
    assert outbox_rows(session) == before + 1
    assert indexing.to_document(row).is_tombstone
    with pytest.raises(NotFound):
        queries.get_policy(session, ANONYMOUS, "cq-2024-15")
    assert queries.get_policy(session, STAFF, "cq-2024-15") is row
    assert queries.list_visible_by_ids(session, ANONYMOUS, [row.id]) == []
    row.digest = "the package row has changed meanwhile"
    assert service.load_policies(session).kept == 1
    service.set_listed(session, STAFF, slug="cq-2024-15", listed=True)
    service.set_listed(session, STAFF, slug="cq-2024-15", listed=True)
    session.flush()
    assert not indexing.to_document(row).is_tombstone


def test_only_staff_withdraw(session: Session):
    with pytest.raises(Forbidden):
        service.set_listed(session, OWNER, slug="cq-2024-15", listed=False)


def test_documents_fit_the_index(session: Session):
    first = indexing.SOURCE.ids(session, None, 20)
    rest = indexing.SOURCE.ids(session, first[-1], 20)
    assert (len(first), len(rest)) == (20, 3)
    documents = indexing.SOURCE.load(session, first + rest)
    assert len({document.id for document in documents}) == 23
    assert indexing.SOURCE.load(session, [str(uuid.uuid4())]) == []
    for document in documents:
        assert problem_of(document) == ""
        assert "public" in document.audience
        assert document.body


def test_summaries_say_something(session: Session):
    for row in queries.list_policies(session, ANONYMOUS):
        if row.facts.keys() - {"also_note"}:
            assert reading.summary(row.kind, row.facts), row.slug
    assert reading.summary("税收", {}) == ""
