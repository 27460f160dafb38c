"""The desk's one list: the oldest over all queues first, who works on what, and a constant number of queries."""

from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.core import clock, jobs, outbox
from app.core.errors import Invalid
from app.core.jobs import JobState
from app.core.permissions import ANONYMOUS, Actor, Role
from app.desk import queries
from app.desk.schemas import AnnouncementForm
from app.desk.service import announcing, helping, holds
from app.web import queues
from tests.factories.accounts import actor_of, make_user, sign_in
from tests.factories.needs import make_held
from tests.factories.organisations import acting_for, add_member, make_organisation
from tests.services.client import Client

pytestmark = pytest.mark.parametrize("backend", ["sqlite", "postgres"])


@pytest.fixture
def staff(session: Session) -> Actor:
    return actor_of(make_user(session, Role.reviewer, name="示例王工"), Role.reviewer)


def ask(session: Session, text: str, *, days: int) -> str:
    row = helping.ask(session, ANONYMOUS, text=text, contact="", path="/needs")
    row.waiting_since = clock.now() - timedelta(days=days)
    session.flush()
    return row.number


def held(session: Session, title: str, *, days: int) -> str:
    organisation = make_organisation(session)
    need = make_held(session, acting_for(add_member(session, organisation), organisation), title=title)
    need.submitted_at = clock.now() - timedelta(days=days)
    session.flush()
    return str(need.id)


class TestList:
    def test_the_oldest_of_all_queues_stands_first(self, client: Client) -> None:
        ask(client.session, "中间的求助一件", days=2)
        held(client.session, "最久的需求", days=3)
        held(client.session, "最新的需求", days=1)
        sign_in(client, make_user(client.session, Role.reviewer))
        page = client.get("/desk").text
        places = [page.index(text) for text in ("最久的需求", "中间的求助一件", "最新的需求")]
        assert places == sorted(places)
        assert "轮到中心的" in page
        one = client.get("/desk", params={"queue": "desk.help"}).text
        assert "中间的求助一件" in one
        assert "最久的需求" not in one

    def test_the_next_opens_by_itself_and_passes_over_what_others_do(
        self, client: Client, staff: Actor
    ) -> None:
        first = held(client.session, "最久的需求", days=3)
        second = held(client.session, "后来的需求", days=2)
        holds.take(client.session, staff, key=f"needs.held:{first}")
        sign_in(client, make_user(client.session, Role.reviewer, name="示例李工"))
        assert client.get("/desk/next").headers["location"] == f"/desk/needs/{second}"
        assert "示例王工认领了" in client.get("/desk").text

    def test_nothing_to_do_says_so(self, client: Client) -> None:
        sign_in(client, make_user(client.session, Role.operator))
        assert client.get("/desk/next").headers["location"] == "/desk"

    def test_a_queue_that_names_no_item_stands_in_the_list(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ask(client.session, "写着内容的求助", days=1)
        whole = queues.Queue(
            "tests.whole",
            "整队的事",
            "/status",
            "没有",
            queues.registered()[0].permission,
            lambda _session, _actor: queues.Waiting(4, clock.now() - timedelta(days=9), 1),
            0,
            1,
        )
        monkeypatch.setitem(queues._queues, whole.name, whole)
        sign_in(client, make_user(client.session, Role.reviewer))
        page = client.get("/desk").text
        assert page.index("整队的事") < page.index("写着内容的求助")
        assert client.get("/desk/next").headers["location"] == "/status"

    def test_a_system_administrator_sees_the_index_only(self, client: Client) -> None:
        ask(client.session, "给中心的求助", days=1)
        sign_in(client, make_user(client.session, Role.system_admin))
        page = client.get("/desk").text
        assert "没进搜索的条目" in page
        assert "给中心的求助" not in page


def count(session: Session, actor: Actor) -> dict[str, int]:
    """How many statements each queue takes."""
    found: dict[str, int] = {}
    engine = session.get_bind()
    for queue in queues.registered():
        statements: list[str] = []

        def note(*arguments: object, into: list[str] = statements) -> None:
            into.append(str(arguments[2]))

        session.flush()
        session.expunge_all()
        event.listen(engine, "before_cursor_execute", note)
        try:
            queue.build(session, actor)
        finally:
            event.remove(engine, "before_cursor_execute", note)
        found[queue.name] = len(statements)
    return found


def test_every_queue_keeps_its_promised_queries(client: Client, staff: Actor) -> None:
    session = client.session
    empty = count(session, staff)
    for number in range(3):
        ask(session, f"求助第 {number} 件", days=number)
        held(session, f"需求第 {number} 件", days=number)
        session.add(outbox.OutboxRow(kind="need", object_id=str(number), reason="x", dead=True))
        session.add(jobs.Job(name="x", state=JobState.failed, finished_at=clock.now()))
    few = count(session, staff)
    for number in range(20):
        ask(session, f"求助再第 {number} 件", days=number)
        held(session, f"需求再第 {number} 件", days=number)
    many = count(session, staff)
    assert many == few
    promised = {queue.name: queue.queries for queue in queues.registered()}
    assert {name: used for name, used in many.items() if used > promised[name]} == {}
    assert {name for name, used in empty.items() if used > promised[name]} == set()


class TestHolds:
    def test_a_look_is_told_and_ends_by_itself(self, client: Client, staff: Actor) -> None:
        session = client.session
        other = actor_of(make_user(session, Role.operator, name="示例李工"), Role.operator)
        holds.look(session, staff, key="needs.held:1")
        assert holds.show(session, other, keys=["needs.held:1"])["needs.held:1"].name == "示例王工"
        holds.look(session, other, key="needs.held:1")  # changes nothing while a colleague looks
        assert holds.show(session, other, keys=["needs.held:1"])["needs.held:1"].mine is False
        with clock.frozen(clock.now() + holds.LOOKING * 1.1):
            assert holds.show(session, other, keys=["needs.held:1"]) == {}
            holds.look(session, other, key="needs.held:1")
            assert holds.show(session, other, keys=["needs.held:1"])["needs.held:1"].mine is True

    def test_taking_on_wins_over_looking_and_is_audited(self, client: Client, staff: Actor) -> None:
        session = client.session
        other = actor_of(make_user(session, Role.operator), Role.operator)
        holds.look(session, other, key="needs.held:1")
        holds.take(session, staff, key="needs.held:1")
        holds.look(session, other, key="needs.held:1")
        shown = holds.show(session, staff, keys=["needs.held:1"])["needs.held:1"]
        assert (shown.mine, shown.assigned) == (True, True)
        holds.release(session, other, key="needs.held:1")  # another's stays
        assert holds.show(session, staff, keys=["needs.held:1"])
        holds.release(session, staff, key="needs.held:1")
        assert holds.show(session, staff, keys=["needs.held:1"]) == {}

    @pytest.mark.parametrize(
        "key", ["none.such:1", "needs.held:", "needs.held", f"needs.held:{'x' * 90}", "a\x00b:1"]
    )
    def test_a_key_of_no_queue_is_refused(self, session: Session, key: str) -> None:
        with pytest.raises(Invalid):
            holds.check_key(key, frozenset({"needs.held"}))

    def test_the_page_of_a_thing_says_who_works_on_it(self, client: Client, staff: Actor) -> None:
        number = ask(client.session, "有人在看的求助", days=1)
        sign_in(client, make_user(client.session, Role.operator, name="示例李工"))
        page = f"/desk/help/{number}"
        assert "没有人在办" in client.get(page).text
        fields = {"key": f"desk.help:{number}", "act": "take", "back": page}
        token = {"X-CSRF-Token": _token(client.get(page).text)}
        answer = client.post("/desk/holds", data=fields, headers=token)
        assert answer.headers["location"] == page
        assert "您认领了这件" in client.get(page).text
        assert "我认领的 1 件" in client.get("/desk").text
        line = client.post(
            "/desk/holds", data={"key": fields["key"], "act": "look"}, headers={**token, "HX-Request": "true"}
        )
        assert "您认领了这件" in line.text
        assert "<html" not in line.text
        elsewhere = client.post("/desk/holds", data={**fields, "back": "//evil.example"}, headers=token)
        assert elsewhere.headers["location"] == "/desk"

    def test_what_ended_is_swept(self, client: Client, staff: Actor) -> None:
        holds.look(client.session, staff, key="needs.held:1")
        assert queries.list_ended_holds(client.session) == []
        with clock.frozen(clock.now() + timedelta(hours=1)):
            assert len(queries.list_ended_holds(client.session)) == 1


def _token(html: str) -> str:
    return html.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]


class TestCaseBox:
    def test_a_number_opens_its_case_however_it_is_written(self, client: Client) -> None:
        sign_in(client, make_user(client.session, Role.operator))
        answer = client.get("/desk/case", params={"number": " fn2026 000123 7"})
        assert answer.headers["location"] == "/cases/FN-2026-000123-7"

    @pytest.mark.parametrize("number", ["FN-2026-000132-7", "FN-2026-000123-8", "hello", ""])
    def test_a_slip_is_explained(self, client: Client, number: str) -> None:
        sign_in(client, make_user(client.session, Role.operator))
        answer = client.get("/desk/case", params={"number": number})
        assert answer.status_code == 422
        assert "校验码" in answer.text


@pytest.mark.parametrize(
    "path", ["/desk", "/desk/help/all", "/desk/help", "/desk/announcements", "/announcements"]
)
def test_a_page_asks_as_often_for_many_rows_as_for_two(client: Client, path: str) -> None:
    session = client.session
    operator = make_user(session, Role.operator)
    key = operator.id

    def fill(number: int) -> None:
        for index in range(number):
            ask(session, f"求助第 {index} 件", days=index % 5)
            held(session, f"需求第 {index} 件", days=index % 5)
            data = AnnouncementForm.model_validate(
                {
                    "title": f"示例公告 {index}",
                    "text": "示例正文",
                    "audience": "everyone",
                    "starts_on": "2026-01-01",
                }
            )
            writer = Actor(user_id=key, roles=frozenset({Role.operator}))
            row = announcing.save(session, writer, data=data)
            announcing.publish(session, writer, announcement_id=row.id, version=row.version)

    def statements() -> int:
        found: list[str] = []

        def note(*arguments: object) -> None:
            found.append(str(arguments[2]))

        engine = session.get_bind()
        event.listen(engine, "before_cursor_execute", note)
        try:
            assert client.get(path).status_code == 200
        finally:
            event.remove(engine, "before_cursor_execute", note)
        return len([text for text in found if "SAVEPOINT" not in text])

    fill(2)
    sign_in(client, operator)
    client.get(path)
    few = statements()
    fill(25)
    assert statements() == few
