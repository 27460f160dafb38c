"""The package data reach the tables once, again without a change, and never over the staff's edits."""

import uuid
from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from app.core.audit import AuditEvent
from app.core.db import Base
from app.core.errors import Conflict, EditConflict, Forbidden, Invalid, NotFound
from app.core.pagination import PageRequest
from app.core.permissions import Actor, Role
from app.reference import queries, service
from app.reference.data import datasets, pinyin_text, uscc_categories
from app.reference.models import DictionaryKind
from app.reference.provenance import confidence_text, is_uncertain
from app.reference.schemas import DictionaryWordIn

STAFF = Actor(user_id=uuid.uuid4(), name="示例运营员", roles=frozenset({Role.operator}))
OWNER = Actor(user_id=uuid.uuid4(), name="示例厂长", roles=frozenset({Role.member}))


@pytest.fixture(scope="module")
def engine():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(
        engine, tables=[item.model.__table__ for item in datasets()] + [AuditEvent.__table__]
    )
    with Session(engine) as session:
        service.load_reference(session)
        session.commit()
    return engine


@pytest.fixture
def session(engine) -> Iterator[Session]:
    with Session(engine, autoflush=False) as session:
        yield session
        session.rollback()


def count(session: Session, model: type) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_every_table_has_its_rows(session: Session):
    assert {item.model.__tablename__: count(session, item.model) for item in datasets()} == {
        "districts": 42,
        "district_changes": 10,
        "industries": 818,
        "clusters": 39,
        "scenarios": 16,
        "pain_points": 96,
        "dictionary_words": len(datasets()[6].rows),
        "questionnaires": 1,
        "energy_levels": 414,
        "elimination_rules": 13,
    }


def test_every_row_says_where_it_comes_from():
    for item in datasets():
        for row in item.rows:
            assert row["source"].strip(), row
            assert row["confidence"].strip(), row
            assert "同上" not in row["source"], row


def test_keys_are_unique():
    for item in datasets():
        keys = [tuple(row[name] for name in item.key) for row in item.rows]
        assert len(set(keys)) == len(keys), item.model


def test_a_second_load_changes_nothing(session: Session):
    report = service.load_reference(session)
    assert (report.inserted, report.updated, report.kept) == (0, 0, 0)
    assert report.unchanged == sum(len(item.rows) for item in datasets())
    assert not session.new
    assert not session.dirty
    assert count(session, AuditEvent) == 1


def test_a_changed_row_is_brought_up_to_date(session: Session):
    row = queries.get_scenario(session, "S08")
    row.name, row.digest = "旧名", "old"
    session.flush()
    point = queries.get_pain_point(session, "S08-1")
    point.name, point.digest = "旧名", "old"
    session.flush()
    report = service.load_reference(session)
    assert report.updated == 2
    assert row.name == "设备管理"
    assert (point.name, point.version) == ("设备停机无人知晓", 2)
    assert str(report).startswith("新增 0，更新 2，")


def test_staffs_edit_survives_a_load(session: Session):
    word = queries.find_dictionary_word(session, kind=DictionaryKind.synonym, term="设备管理")
    assert word is not None
    edited = service.save_word(
        session,
        STAFF,
        word_id=word.id,
        data=DictionaryWordIn(
            kind=DictionaryKind.synonym,
            term="设备管理",
            synonyms="TPM，管设备",
            is_active=True,
            version=word.version,
        ),
    )
    word.digest = "the package row has changed meanwhile"
    session.flush()
    report = service.load_reference(session)
    assert (report.kept, report.updated) == (1, 0)
    assert edited.synonyms == ["TPM", "管设备"]
    assert edited.author == "示例运营员"
    assert edited.version == 2


def test_what_staff_add_stays(session: Session):
    service.save_word(session, STAFF, data=DictionaryWordIn(kind=DictionaryKind.word, term="示例新词"))
    service.load_reference(session)
    assert queries.find_dictionary_word(session, kind=DictionaryKind.word, term="示例新词") is not None


def test_only_staff_change_the_dictionary(session: Session):
    with pytest.raises(Forbidden):
        service.save_word(session, OWNER, data=DictionaryWordIn(kind=DictionaryKind.word, term="试试"))


def test_dictionary_refusals(session: Session):
    with pytest.raises(Invalid):
        service.save_word(session, STAFF, data=DictionaryWordIn(kind=DictionaryKind.synonym, term="空组"))
    with pytest.raises(Invalid):
        service.save_word(
            session, STAFF, data=DictionaryWordIn(kind=DictionaryKind.synonym, term="甲", synonyms=["甲"])
        )
    with pytest.raises(Conflict):
        service.save_word(session, STAFF, data=DictionaryWordIn(kind=DictionaryKind.word, term="小快轻准"))
    word = queries.find_dictionary_word(session, kind=DictionaryKind.word, term="小快轻准")
    assert word is not None
    with pytest.raises(EditConflict):
        service.save_word(
            session,
            STAFF,
            word_id=word.id,
            data=DictionaryWordIn(kind=DictionaryKind.word, term="小快轻准", version=99),
        )
    with pytest.raises(ValueError, match="60"):
        DictionaryWordIn(kind=DictionaryKind.synonym, term="甲", synonyms=["长" * 61])


def test_districts_before_and_after_the_change(session: Session):
    before = {row.slug for row in queries.list_districts(session, on=date(2025, 11, 5))}
    after = {row.slug for row in queries.list_districts(session, on=date(2025, 11, 6))}
    assert before - after == {"jiangbei", "yubei", "liangjiang-gongnengqu"}
    assert after - before == {"liangjiang"}
    administrative = [
        row for row in queries.list_districts(session, on=date(2026, 11, 23)) if row.kind != "功能区"
    ]
    assert len(administrative) == 37
    assert [row.kind for row in administrative].count("县") == 8
    assert [row.kind for row in administrative].count("自治县") == 4
    assert [row.kind for row in administrative].count("市辖区") == 25


def test_the_new_district_has_no_invented_code(session: Session):
    assert queries.get_district(session, "liangjiang").code is None
    assert queries.find_district_by_code(session, "500105", on=date(2026, 1, 1)) is None
    found = queries.find_district_by_code(session, "500105", on=date(2024, 1, 1))
    assert found is not None
    assert found.slug == "jiangbei"


def test_history_finds_the_successors(session: Session):
    yubei = {row.new_slug: row.is_whole for row in queries.list_successors(session, "yubei")}
    assert yubei == {"liangjiang": False, "beibei": False}
    (jiangbei,) = queries.list_successors(session, "jiangbei")
    assert (jiangbei.new_slug, jiangbei.is_whole, jiangbei.effective_on) == (
        "liangjiang",
        True,
        date(2025, 11, 6),
    )


def test_districts_by_name_code_and_pinyin(session: Session):
    day = date(2026, 11, 23)
    for text, slug in (
        ("北碚", "beibei"),
        ("500109", "beibei"),
        ("beib", "beibei"),
        ("lj", "liangjiang"),
        ("石柱", "shizhu"),
    ):
        assert slug in [row.slug for row in queries.list_districts(session, on=day, text=text)], text
    assert not queries.list_districts(session, on=day, text="100%_")


def test_old_names_are_still_readable(session: Session):
    assert queries.district_names(session)["jiangbei"] == "江北区"
    assert queries.find_district(session, "nowhere") is None
    with pytest.raises(NotFound):
        queries.get_district(session, "nowhere")


def test_the_edition_is_2017(session: Session):
    assert queries.get_industry(session, "C1311").name == "稻谷加工"
    with pytest.raises(NotFound):
        queries.get_industry(session, "C1310")


def test_every_parent_is_the_code_without_its_last_figure(session: Session):
    for row in queries.list_industries(session):
        path = queries.industry_path(row.code)
        assert path[-1] == row.code
        assert row.parent_code == (path[-2] if len(path) > 1 else None)


def test_industries_by_code_name_and_pinyin(session: Session):
    assert queries.find_industry(session, "c36")[0].code == "C36"
    assert queries.find_industry(session, "汽车制造业")[0].code == "C36"
    assert "C1311" in [row.code for row in queries.find_industry(session, "dgjg")]
    assert len(queries.find_industry(session, "")) == 31
    assert len(queries.find_industry(session, "制造", limit=500)) == queries.MAX_ROWS
    assert not queries.find_industry(session, "没有这个行业")


def test_what_a_form_without_script_sends(session: Session):
    found = queries.find_industry_named(session, " c1311 ")
    assert found is not None
    assert found.code == "C1311"
    named = queries.find_industry_named(session, "汽车制造业")
    assert named is not None
    assert named.code == "C36"
    assert queries.find_industry_named(session, "汽车") is None
    district = queries.find_district_named(session, "北碚区")
    assert district is not None
    assert district.slug == "beibei"
    assert queries.find_district_named(session, "江北区", on=date(2026, 1, 1)) is None


def test_ancestors_widest_first(session: Session):
    assert [row.code for row in queries.ancestors(session, "C1311")] == ["C13", "C131", "C1311"]
    assert queries.industry_names(session, ["C13"]) == {"C13": "农副食品加工业"}
    assert len(queries.industry_names(session)) == 818


def test_scenarios_stand_in_four_groups(session: Session):
    groups = queries.scenario_groups(session)
    assert [(name, len(rows)) for name, rows in groups] == [
        ("产品生命周期数字化", 4),
        ("生产执行数字化", 6),
        ("供应链数字化", 2),
        ("管理决策数字化", 4),
    ]
    assert sum(row.is_required for _, rows in groups for row in rows) == 10
    assert all(row.plain and all(row.levels) for _, rows in groups for row in rows)
    with pytest.raises(NotFound):
        queries.get_scenario(session, "S17")


def test_six_pain_points_each(session: Session):
    for scenario in queries.list_scenarios(session):
        assert len(queries.list_pain_points(session, scenario=scenario.code)) == 6
    point = queries.get_pain_point(session, "S08-1")
    point.is_active = False
    session.flush()
    assert len(queries.list_pain_points(session)) == 95
    assert len(queries.list_pain_points(session, include_retired=True)) == 96
    with pytest.raises(NotFound):
        queries.get_pain_point(session, "S99-1")


def test_clusters(session: Session):
    tiers = [row.tier for row in queries.list_clusters(session)]
    assert [tiers.count(tier) for tier in ("3A", "3B", "6", "18-未来", "18-高成长", "未来产业2024")] == [
        3,
        3,
        6,
        6,
        12,
        9,
    ]


def test_the_questionnaire_adds_up_to_100(session: Session):
    body = queries.get_questionnaire(session, "sme-maturity-2024").body
    assert len(body["questions"]) == 15
    assert sum(question["max_score"] for question in body["questions"]) == 100
    for question in body["questions"]:
        scores = [option["score"] for option in question["options"]]
        best = sum(scores) if question["type"] == "multi" else max(scores)
        assert best == pytest.approx(question["max_score"]), question["title"]
    scenarios = {row.code: row for row in queries.list_scenarios(session)}
    for item in body["scenarios"]:
        assert scenarios[item["code"]].name == item["name"]
        assert scenarios[item["code"]].is_required is item["constrained"]
    with pytest.raises(NotFound):
        queries.get_questionnaire(session, "none")


def test_energy_levels_keep_their_figures_and_direction(session: Session):
    motors = queries.list_energy_levels(session, product="三相异步电动机")
    row = next(row for row in motors if row.condition == "额定功率=15kW;极数=4")
    assert row.at_least is True
    assert (str(row.advanced), str(row.saving), str(row.access)) == ("95.1", "93.9", "92.1")
    listed = queries.list_energy_levels(session, product="热泵热水机")
    assert listed[0].advanced is None  # the standard is named, its figures were not transcribed


def test_elimination_rules(session: Session):
    assert len(queries.list_elimination_rules(session)) == 13


def test_the_lexicon_follows_the_dictionary(session: Session):
    first = queries.build_lexicon(session)
    assert queries.build_lexicon(session) == first
    assert "小快轻准" in first.words
    assert any("设备管理" in group and "TPM" in group for group in first.synonyms)
    service.save_word(
        session, STAFF, data=DictionaryWordIn(kind=DictionaryKind.word, term="示例词", is_active=True)
    )
    second = queries.build_lexicon(session)
    assert second.version != first.version
    assert "示例词" in second.words
    word = queries.find_dictionary_word(session, kind=DictionaryKind.word, term="示例词")
    assert word is not None
    service.save_word(
        session,
        STAFF,
        word_id=word.id,
        data=DictionaryWordIn(kind=DictionaryKind.word, term="示例词"),
    )
    assert queries.build_lexicon(session) == first


def test_the_dictionary_is_rich_enough(session: Session):
    assert len(queries.list_dictionary(session, kind=DictionaryKind.synonym)) >= 150
    found = queries.search_dictionary(session, text="aps", kind=None, request=PageRequest.of())
    assert [row.term for row in found.items] == ["排产"]
    words = queries.search_dictionary(
        session, text="", kind=DictionaryKind.word, request=PageRequest.of(2, 50)
    )
    assert (len(words.items), words.page) == (50, 2)
    with pytest.raises(NotFound):
        queries.get_dictionary_word(session, uuid.uuid4())


def test_words_for_readers():
    assert (
        confidence_text("verified in a source (号); not found (比例)")
        == "已在来源中核到（号）；未查到（比例）"
    )
    assert is_uncertain("from knowledge")
    assert not is_uncertain("verified in a source")
    assert pinyin_text("北碚") == "beibei bb"
    assert uscc_categories()["92"] == "个体工商户"
