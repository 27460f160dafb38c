"""The staff's dictionary pages: found, added, changed, refused; closed to everybody else."""

import pytest

from app.accounts import service as accounts
from app.core.permissions import SYSTEM, Role
from app.core.security import hash_password
from app.reference import queries
from app.reference.models import DictionaryKind, DictionaryWord
from tests.services.client import Client

PASSWORD = "a long phrase only for this test"


def sign_in(client: Client, *, role: Role | None) -> None:
    user = accounts.register_user(
        client.session,
        SYSTEM,
        name="示例人员",
        login="someone@demo.example",
        password_hash=hash_password(PASSWORD),
    )
    if role is not None:
        accounts.grant_role(client.session, SYSTEM, user_id=user.id, role=role)
    answer = client.submit("/sign-in", {"login": "someone@demo.example", "password": PASSWORD})
    assert answer.status_code == 303


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
    answer = staff.submit("/staff/dictionary/new", {"term": "设备管理", "synonyms": "甲"})
    assert answer.status_code == 422
    assert "词典里已有" in answer.text
    answer = staff.submit("/staff/dictionary/new", {"term": "空组", "synonyms": ""})
    assert answer.status_code == 422
    assert "请至少填一个同义词" in answer.text
    assert "空组" in answer.text


def test_an_unknown_word_is_not_found(staff: Client):
    assert staff.get("/staff/dictionary/00000000-0000-4000-8000-000000000000").status_code == 404
