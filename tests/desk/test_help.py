"""Asking for help on any page, the answer's way back, and who reads what."""

import re

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import outgoing, personal
from app.core.messages import Message
from app.core.permissions import ANONYMOUS, Role
from app.desk.models import HelpRequest, HelpState
from app.desk.service import helping
from tests.factories.accounts import make_user, sign_in
from tests.services.client import Client, find_forms

pytestmark = pytest.mark.parametrize("backend", ["sqlite", "postgres"])
TEXT = "点了发布没有反应，页面一直在转"


def ask(client: Client, **more: str) -> str:
    """Ask as a visitor and return the address of the request."""
    answer = client.submit("/help?from=/needs/new%3Fa%3D1", {"text": TEXT, **more}, action="/help")
    assert answer.status_code == 303, answer.text
    place: str = answer.headers["location"]
    return place


def only(session: Session) -> HelpRequest:
    return session.scalars(select(HelpRequest)).one()


class TestAsking:
    def test_a_visitor_gets_a_number_and_an_address(self, client: Client) -> None:
        place = ask(client)
        row = only(client.session)
        assert row.path == "/needs/new"  # not what stood behind its question mark
        page = client.get(place)
        assert TEXT in page.text
        assert row.number in page.text
        assert client.get(place.split("?")[0]).status_code == 404
        assert client.get(place[:-1] + ("0" if place[-1] != "0" else "1")).status_code == 404

    def test_every_page_leads_to_the_form(self, client: Client) -> None:
        for page in ("/", "/sign-in", "/search", "/policies", "/no-such-page"):
            assert 'href="/help?from=' in client.get(page).text

    def test_the_dialog_gets_the_form_alone(self, client: Client) -> None:
        page = client.get("/help?from=/search", headers={"HX-Request": "true"})
        assert "<html" not in page.text
        assert 'name="path" value="/search"' in page.text
        fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        sent = client.post("/help", data={**fields, "text": TEXT}, headers={"HX-Request": "true"})
        assert sent.status_code == 200
        assert only(client.session).number in sent.text
        assert "<html" not in sent.text

    def test_twice_the_same_form_is_one_request(self, client: Client) -> None:
        page = client.get("/help").text
        fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
        first = client.post("/help", data={**fields, "text": TEXT})
        second = client.post("/help", data={**fields, "text": TEXT})
        assert first.headers["location"] == second.headers["location"]
        only(client.session)

    def test_a_program_leaves_nothing_behind(self, client: Client) -> None:
        answer = client.submit("/help", {"text": TEXT, "website": "https://spam.example"}, action="/help")
        assert answer.status_code == 303
        assert client.session.scalar(select(func.count(HelpRequest.id))) == 0

    def test_too_many_are_refused(self, client: Client) -> None:
        client.app.state.runtime.throttle.factor = 1
        answers = [client.submit("/help", {"text": TEXT}, action="/help").status_code for _ in range(6)]
        assert answers[-1] == 429

    @pytest.mark.parametrize(
        ("fields", "reason"),
        [({"text": "嗯"}, "至少 4 个字"), ({"text": TEXT, "contact": "微信同号"}, "请填手机号或邮箱")],
    )
    def test_a_refused_form_says_why_and_keeps_what_was_typed(
        self, client: Client, fields: dict[str, str], reason: str
    ) -> None:
        answer = client.submit("/help", fields, action="/help")
        assert answer.status_code == 422
        assert reason in answer.text
        assert fields["text"] in answer.text

    def test_a_foreign_page_is_not_attached(self, client: Client) -> None:
        assert 'name="path" value=""' in client.get("/help?from=//evil.example/x").text


class TestAnswering:
    def test_the_answer_reaches_who_is_signed_in_by_message(self, client: Client) -> None:
        person = make_user(client.session, name="示例赵甲")
        sign_in(client, person)
        user_id = person.id
        ask(client)
        number = only(client.session).number
        sign_in(client, make_user(client.session, Role.operator))
        page = client.get("/desk/help").text
        assert TEXT in page
        assert "示例赵甲" in page
        answer = client.submit(
            "/desk/help", {"text": "已经修好，请再试一次"}, action=f"/desk/help/{number}/answer"
        )
        assert answer.headers["location"] == "/desk/help"
        told = client.session.scalars(select(Message).where(Message.user_id == user_id)).one()
        assert (told.name, told.payload) == ("desk.help.answered", {"number": number})
        sign_in(client, make_user(client.session))
        assert client.get(f"/help/{number}").status_code == 404

    @pytest.mark.parametrize(
        ("contact", "channel"), [("someone@shop.example", "mail"), ("13800000000", "sms"), ("", None)]
    )
    def test_the_answer_goes_to_the_contact_that_was_left(
        self, client: Client, contact: str, channel: str | None
    ) -> None:
        place = ask(client, contact=contact)
        number = only(client.session).number
        sign_in(client, make_user(client.session, Role.reviewer))
        client.submit(
            f"/desk/help/{number}",
            {"text": "请打电话来说", "close": "1"},
            action=f"/desk/help/{number}/answer",
        )
        letters = outgoing.list_latest(client.session, to=contact) if contact else []
        assert [letter.channel.value for letter in letters] == ([channel] if channel else [])
        if letters:
            body = outgoing.body_of(client.app.state.runtime.settings, letters[0])
            assert body is not None
            assert place in body.text
        client.cookies.clear()
        page = client.get(place).text
        assert "请打电话来说" in page
        assert "已办结" in page

    def test_a_further_word_brings_the_request_back(self, client: Client) -> None:
        place = ask(client)
        session = client.session
        number = only(session).number
        sign_in(client, make_user(session, Role.reviewer))
        client.submit(f"/desk/help/{number}", {"text": "好了"}, action=f"/desk/help/{number}/answer")
        assert only(session).state is HelpState.answered
        client.cookies.clear()
        added = client.submit(place, {"text": "还是不行"}, action=f"/help/{number}/notes")
        assert added.headers["location"] == place
        assert only(session).state is HelpState.open
        assert "还是不行" in client.get(place).text

    def test_two_who_answer_at_once(self, client: Client) -> None:
        ask(client)
        number = only(client.session).number
        sign_in(client, make_user(client.session, Role.reviewer))
        forms = find_forms(client.get(f"/desk/help/{number}").text)
        fields = next(form.fields for form in forms if form.action.endswith("/answer"))
        first = client.post(f"/desk/help/{number}/answer", data={**fields, "text": "第一个答复"})
        second = client.post(f"/desk/help/{number}/answer", data={**fields, "text": "第二个答复"})
        assert first.status_code == 303
        assert second.status_code == 409
        assert "第一个答复" in second.text
        assert "第二个答复" in second.text

    def test_closing_without_an_answer_and_the_list(self, client: Client) -> None:
        ask(client, contact="someone@shop.example")
        number = only(client.session).number
        sign_in(client, make_user(client.session, Role.operator))
        done = client.submit(f"/desk/help/{number}", action=f"/desk/help/{number}/close")
        assert done.status_code == 303
        listed = client.get("/desk/help/all", params={"state": "closed"}).text
        assert number in listed
        assert "someone@shop.example" not in listed
        assert client.get("/desk/help/all", params={"state": "open"}).text.count(number) == 0
        sheet = client.get("/desk/help/export.xlsx")
        assert sheet.content[:2] == b"PK"
        assert "没有等着答复的求助" in client.get("/desk/help").text

    def test_ready_answers_are_a_parameter(self, client: Client) -> None:
        names = [name for name, _text in helping.templates(client.session)]
        assert names == ["已处理", "请补充", "请打电话"]


def test_a_person_takes_their_requests_along_and_leaves_none(client: Client) -> None:
    person = make_user(client.session)
    sign_in(client, person)
    user_id = person.id
    ask(client)
    assert TEXT in str(personal.collect_all(client.session, user_id))
    helping.ask(client.session, ANONYMOUS, text="别人的求助", contact="", path="")
    personal.erase_all(client.session, user_id)
    assert [row.text for row in client.session.scalars(select(HelpRequest))] == ["别人的求助"]
