"""The staff's dictionary pages: found, added, changed, refused; closed to everybody else."""

import pytest
from sqlalchemy import select

from app.core.audit import AuditEvent
from app.core.permissions import Role
from app.core.sheets import read_rows
from app.reference import queries
from app.reference import service as reference
from app.reference.models import DictionaryKind, DictionaryWord
from tests.factories.accounts import make_user
from tests.factories.accounts import sign_in as enter
from tests.services.client import Client, find_forms


def sign_in(client: Client, *, role: Role | None) -> None:
    enter(client, make_user(client.session, *([role] if role else []), name="示例人员"))


@pytest.fixture
def staff(client: Client) -> Client:
    sign_in(client, role=Role.operator)
    return client


def word_of(client: Client, term: str) -> DictionaryWord:
    found = queries.find_dictionary_word(client.session, kind=DictionaryKind.synonym, term=term)
    assert found is not None
    return found


def test_a_visitor_is_sent_to_sign_in(client: Client):
    assert client.get("/staff/dictionary").status_code in {303, 401}


def test_others_are_refused(client: Client):
    sign_in(client, role=None)
    assert client.get("/staff/dictionary").status_code == 403
    assert client.get("/staff/dictionary/new").status_code == 403


def test_words_are_found_by_their_synonyms(staff: Client):
    shown = staff.get("/staff/dictionary", params={"q": "APS"})
    assert "排产" in shown.text
    assert "设备点检" not in shown.text
    assert "词典里没有这个词" in staff.get("/staff/dictionary", params={"q": "没有这个词"}).text
    assert staff.get("/staff/dictionary", params={"kind": "word", "page": 2}).status_code == 200


def test_a_group_is_added(staff: Client):
    data = {"term": "示例词", "synonyms": "样词、例词", "is_active": "1"}
    answer = staff.submit("/staff/dictionary/new", data)
    assert answer.status_code == 303
    word = word_of(staff, "示例词")
    assert (word.synonyms, word.author, word.version) == (["样词", "例词"], "示例人员", 1)
    assert "示例词" in staff.get("/staff/dictionary").text  # the latest edit stands first


def test_a_group_is_changed_and_retired(staff: Client):
    page = f"/staff/dictionary/{word_of(staff, '设备管理').id}"
    answer = staff.submit(page, {"synonyms": "TPM，管设备"})
    assert answer.status_code == 303
    word = word_of(staff, "设备管理")
    assert word.synonyms == ["TPM", "管设备"]
    assert word.is_active
    shown = staff.get(page)
    assert "TPM、管设备" in shown.text
    fields = {"kind": "synonym", "term": "设备管理", "synonyms": "TPM", "version": str(word.version)}
    token = staff.submit(page, {"synonyms": "TPM"})  # raises the version: the other editor is now too late
    assert token.status_code == 303
    late = staff.submit(page, fields)
    assert late.status_code == 409


def test_a_refused_form_keeps_what_was_typed(staff: Client):
    answer = staff.submit("/staff/dictionary/new", {"term": "设备管理", "synonyms": "甲乙"})
    assert answer.status_code == 422
    assert "词典里已有" in answer.text
    answer = staff.submit("/staff/dictionary/new", {"term": "空组", "synonyms": ""})
    assert answer.status_code == 422
    assert "请至少填一个同义词" in answer.text
    assert "空组" in answer.text


def test_an_unknown_word_is_not_found(staff: Client):
    assert staff.get("/staff/dictionary/00000000-0000-4000-8000-000000000000").status_code == 404


def test_a_deleted_word_acts_no_more_and_comes_back(staff: Client):
    word = word_of(staff, "设备管理")
    page, synonyms = f"/staff/dictionary/{word.id}", word.synonyms
    before = queries.build_lexicon(staff.session)
    answer = staff.submit(page, action=f"{page}/delete")
    assert answer.headers["location"] == f"/staff/dictionary?deleted={word.id}"
    after = queries.build_lexicon(staff.session)
    assert ("设备管理", *synonyms) in before.synonyms
    assert ("设备管理", *synonyms) not in after.synonyms
    shown = staff.get(answer.headers["location"]).text
    assert "已删除“设备管理”" in shown
    reference.load_reference(staff.session)  # the package brings nothing back
    assert word_of(staff, "设备管理").deleted_at is not None
    undone = staff.submit(answer.headers["location"], action=f"{page}/restore")
    assert undone.status_code == 303
    assert queries.build_lexicon(staff.session).version == before.version
    names = [
        row.name
        for row in staff.session.scalars(select(AuditEvent).where(AuditEvent.object_id == str(word.id)))
    ]
    assert names == ["reference.word.deleted", "reference.word.restored"]


def test_a_deleted_word_that_is_added_again_comes_back_with_the_new_contents(staff: Client):
    staff.submit("/staff/dictionary/new", {"term": "示例词", "synonyms": "样词", "is_active": "1"})
    first = word_of(staff, "示例词")
    staff.submit(f"/staff/dictionary/{first.id}", action=f"/staff/dictionary/{first.id}/delete")
    staff.submit("/staff/dictionary/new", {"term": "示例词", "synonyms": "例词", "is_active": "1"})
    again = word_of(staff, "示例词")
    assert (again.id, again.synonyms, again.deleted_at) == (first.id, ["例词"], None)


def test_groups_that_would_join_are_told_before(staff: Client):
    other = word_of(staff, "设备管理").synonyms[0]
    fields = {"term": "示例词", "synonyms": other, "is_active": "1"}
    refused = staff.submit("/staff/dictionary/new", fields)
    assert refused.status_code == 422
    assert f"“{other}”已在“设备管理”里" in refused.text
    assert 'name="confirmed"' in refused.text
    assert staff.submit("/staff/dictionary/new", {**fields, "confirmed": "1"}).status_code == 303


def test_a_single_character_is_refused(staff: Client):
    refused = staff.submit("/staff/dictionary/new", {"term": "设", "synonyms": "设备", "is_active": "1"})
    assert refused.status_code == 422
    assert "只有一个字" in refused.text


def test_a_sentence_is_tried_before_saving(staff: Client):
    fields = {
        "term": "冲床联机",
        "synonyms": "冲床上网",
        "is_active": "1",
        "sample": "想让冲床上网，先联一台",
    }
    page = staff.get("/staff/dictionary/new").text
    form = next(form for form in find_forms(page) if form.action == "/staff/dictionary/new")
    tried = staff.post("/staff/dictionary/try", data={**form.fields, **fields})
    assert tried.status_code == 200
    assert tried.text.count("冲床上网 → 冲床联机") == 1  # not as it is read now
    assert queries.find_dictionary_word(staff.session, kind=DictionaryKind.synonym, term="冲床联机") is None
    assert "冲床上网" in tried.text  # what was typed stays
    word = {**form.fields, "kind": "word", "term": "夜班冲床", "is_active": "1", "sample": "夜班冲床停了"}
    cut = staff.post("/staff/dictionary/try", data=word).text
    assert cut.count('<span class="tag">夜班冲床</span>') == 1
    assert staff.post("/staff/dictionary/try", data={**word, "sample": ""}).status_code == 422


def test_the_dictionary_is_taken_away(staff: Client):
    rows = read_rows(staff.get("/staff/dictionary/export.xlsx", params={"q": "设备管理"}).content)
    assert any(row[0] == "设备管理" for row in rows)
