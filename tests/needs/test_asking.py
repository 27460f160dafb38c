"""Public questions: who asks, who reads what, one answer for all, the closing time; who never learns who asked."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.core import clock
from app.core.errors import Conflict, EditConflict, Forbidden, Invalid, NotFound
from app.core.messages import Message
from app.core.permissions import Actor, Role
from app.needs import queries, service
from app.needs.models import Confidentiality, Need, NeedQuestion, NeedState, QuestionState
from tests.factories.accounts import make_user, sign_in
from tests.factories.needs import make_other_owner, make_published
from tests.factories.offerings import Vendor, make_vendor
from tests.services.client import Client

TEXT = "冲床控制柜里有没有 24 伏电源？"


@pytest.fixture
def vendor(session: Session) -> Vendor:
    return make_vendor(session)


@pytest.fixture
def need(session: Session, owner: Actor) -> Need:
    return make_published(session, owner)


def ask(session: Session, vendor: Vendor, need: Need, text: str = TEXT) -> NeedQuestion:
    return service.ask_question(session, vendor.actor, need_id=need.id, text=text)


def answer(session: Session, actor: Actor, question: NeedQuestion, text: str = "有，两路。") -> NeedQuestion:
    return service.answer_question(
        session,
        actor,
        need_id=question.need_id,
        question_id=question.id,
        version=question.version,
        text=text,
    )


def told(session: Session, name: str) -> list[Any]:
    rows = session.scalars(select(Message).where(Message.name == name)).all()
    return sorted(str(row.organisation_id) for row in rows)


def test_one_asks_the_owner_answers_everybody_reads(
    session: Session, owner: Actor, vendor: Vendor, need: Need
):
    question = ask(session, vendor, need)
    assert told(session, "needs.question.asked") == [str(owner.organisation_id)]
    other, rival = make_vendor(session), make_vendor(session)
    ask(session, other, need, "车间有没有无线网？")
    service.record_interest(
        session, need_id=need.id, organisation_id=rival.organisation.id, kind="interested"
    )
    answer(session, owner, question)
    followers = sorted(str(item.organisation.id) for item in (vendor, other, rival))
    assert told(session, "needs.question.answered") == followers
    shown = queries.list_questions(session, Actor(), need)
    assert [(row.text, row.answer) for row in shown] == [(TEXT, "有，两路。"), ("车间有没有无线网？", "")]


def test_an_answer_is_given_once(session: Session, owner: Actor, staff: Actor, vendor: Vendor, need: Need):
    question = ask(session, vendor, need)
    with pytest.raises(EditConflict):
        service.answer_question(
            session, owner, need_id=need.id, question_id=question.id, version=7, text="有，两路。"
        )
    with pytest.raises(Invalid):
        answer(session, owner, question, "")
    answer(session, staff, question)
    assert question.by_staff
    with pytest.raises(Conflict):
        answer(session, owner, question, "改一下")


def test_the_same_words_are_the_same_question(session: Session, vendor: Vendor, need: Need):
    first = ask(session, vendor, need)
    again = ask(session, vendor, need, "冲床控制柜里有没有24伏电源")
    assert again.id == first.id


def test_three_open_questions_are_enough(session: Session, owner: Actor, vendor: Vendor, need: Need):
    rows = [ask(session, vendor, need, f"第 {number} 个要问的问题") for number in range(3)]
    with pytest.raises(Conflict, match="等一等"):
        ask(session, vendor, need, "第四个要问的问题")
    answer(session, owner, rows[0])
    assert ask(session, vendor, need, "第四个要问的问题").state is QuestionState.open


def test_questions_close_before_the_need_ends(session: Session, owner: Actor, vendor: Vendor, need: Need):
    question = ask(session, vendor, need)
    assert need.expires_at is not None
    with clock.frozen(need.expires_at - timedelta(days=5, minutes=1)):
        ask(session, vendor, need, "还来得及问的问题")
    with clock.frozen(need.expires_at - timedelta(days=5)):
        with pytest.raises(Conflict, match="截止"):
            ask(session, vendor, need, "太晚了的问题")
        assert answer(session, owner, question).state is QuestionState.answered


def test_only_verified_vendors_ask_and_nobody_on_their_own(
    session: Session, owner: Actor, staff: Actor, need: Need
):
    enterprise = make_other_owner(session)
    for actor in (owner, staff, enterprise):
        with pytest.raises(Forbidden):
            service.ask_question(session, actor, need_id=need.id, text=TEXT)


def test_who_cannot_see_the_need_cannot_ask(session: Session, owner: Actor, vendor: Vendor):
    need = make_published(session, owner, Confidentiality.staff_only)
    with pytest.raises(NotFound):
        ask(session, vendor, need)


def test_names_and_numbers_are_hidden(session: Session, owner: Actor, vendor: Vendor, need: Need):
    name = vendor.organisation.name
    question = ask(session, vendor, need, f"{name}问：能不能打 13812345678 细说？")
    assert name not in question.text
    assert "13812345678" not in question.text
    assert "我方" in question.text
    answer(session, owner, question, f"{owner.organisation_name or ''}微信 abcdef123")
    assert "abcdef123" not in question.answer


def test_staff_hide_with_a_reason_that_the_asker_reads(
    session: Session, owner: Actor, staff: Actor, vendor: Vendor, need: Need
):
    question = ask(session, vendor, need)
    with pytest.raises(Forbidden):
        service.hide_question(
            session, owner, need_id=need.id, question_id=question.id, version=1, reason="不想答"
        )
    service.hide_question(
        session, staff, need_id=need.id, question_id=question.id, version=question.version, reason="是广告"
    )
    assert told(session, "needs.question.hidden") == [str(vendor.organisation.id)]
    readers = {"visitor": Actor(), "asker": vendor.actor, "owner": owner, "staff": staff}
    seen = {name for name, actor in readers.items() if queries.list_questions(session, actor, need)}
    assert seen == {"asker", "staff"}


class TestOnThePage:
    pytestmark = pytest.mark.parametrize("backend", ["sqlite", "postgres"])

    def test_nobody_learns_who_asked(self, client: Client):
        session = client.session
        asker, rival = make_vendor(session), make_vendor(session)
        owner = make_other_owner(session)
        need = make_published(session, owner)
        number, name = need.case_number, asker.organisation.name
        sign_in(client, asker.user)
        url = f"/needs/{number}"
        sent = client.submit(url, {"text": TEXT}, action=f"{url}/questions")
        assert sent.headers["location"] == f"{url}#questions"
        mine = client.get(url)
        assert "您问的" in mine.text
        reviewer = make_user(session, Role.reviewer)
        readers = {rival.user.id: False, owner.user_id: False, reviewer.id: True}
        for user_id, knows in readers.items():
            sign_in(client, people.get_user(client.session, user_id))
            page = client.get(url)
            assert TEXT in page.text
            assert (name in page.text) == knows
            assert (str(asker.organisation.id) in page.text) is False
        client.cookies.clear()
        assert name not in client.get(url).text

    def test_a_refused_answer_keeps_what_was_typed(self, client: Client):
        session = client.session
        owner = make_other_owner(session)
        need = make_published(session, owner)
        question = ask(session, make_vendor(session), need)
        url, key = f"/needs/{need.case_number}", question.id
        session.flush()
        sign_in(client, people.get_user(session, owner.user_id))  # type: ignore[arg-type]  # owners are people
        action = f"{url}/questions/{key}/answer"
        refused = client.submit(url, {"answer": "嗯"}, action=action)
        assert refused.status_code == 422
        assert "请写答复" in refused.text
        assert "\n嗯</textarea>" in refused.text
        done = client.submit(url, {"answer": "有两路 24 伏"}, action=action)
        assert done.status_code == 303
        assert "有两路 24 伏" in client.get(url).text

    def test_a_double_click_asks_once(self, client: Client):
        session = client.session
        vendor = make_vendor(session)
        need = make_published(session, make_other_owner(session))
        url, key = f"/needs/{need.case_number}", need.id
        sign_in(client, vendor.user)
        for _ in range(2):
            assert client.submit(url, {"text": TEXT}, action=f"{url}/questions").status_code == 303
        rows = client.session.scalars(select(NeedQuestion).where(NeedQuestion.need_id == key)).all()
        assert len(rows) == 1


def test_an_ended_need_takes_no_questions(
    session: Session, owner: Actor, staff: Actor, vendor: Vendor, need: Need
):
    service.withdraw_need(session, owner, need_id=need.id, version=need.version, code="changed")
    assert need.state is NeedState.withdrawn
    with pytest.raises(NotFound):
        ask(session, vendor, need)
