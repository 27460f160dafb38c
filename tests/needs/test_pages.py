"""The needs' pages: from the sentence to the published page, autosave, conflicts, hostile input, the desk."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.core.masking import marker
from app.core.permissions import Actor
from app.needs import queries
from app.needs.models import Need, NeedState
from app.organisations.models import Organisation
from tests.factories.accounts import make_staff, sign_in
from tests.factories.needs import PROBLEM, edit, make_draft, make_held, make_published, make_whole
from tests.factories.organisations import acting_for, add_member, make_organisation, new_code
from tests.services.client import Client

pytestmark = pytest.mark.parametrize("backend", ["sqlite", "postgres"])
HOSTILE = "<script>alert('x')</script>\" onload=1 {{7*7}}"
PASSWORD = "我的新密码是Yi句长话9"


@pytest.fixture
def member(session: Session, organisation: Organisation) -> User:
    return add_member(session, organisation)


@pytest.fixture
def owner(member: User, organisation: Organisation) -> Actor:
    return acting_for(member, organisation)


def newest(session: Session, actor: Actor) -> Need:
    return queries.list_own(session, actor, queries.PageRequest()).items[0]


def send(client: Client, need_id: Any, step: str, data: dict[str, Any]) -> Any:
    """Send one step of the task list as its form would."""
    url = f"/workspace/needs/{need_id}/edit"
    return client.submit(f"{url}?step={step}", data, action=url, params={"step": step})


class TestFromTheSentence:
    def test_dropping_the_cookie_buys_a_visitor_no_more_tries(self, client: Client):
        def start() -> int:
            client.cookies.clear()
            return client.submit("/needs/new", {"text": PROBLEM}, action="/needs/start").status_code

        assert [start() for _ in range(31)] == [303] * 30 + [429]

    def test_a_visitors_sentence_becomes_the_draft_after_registering(self, client: Client):
        kept = client.submit("/needs/new", {"text": f"{PROBLEM}打13812345678"}, action="/needs/start")
        assert (kept.status_code, kept.headers["location"]) == (303, "/register?next=/needs/continue")
        entered = client.submit(
            kept.headers["location"],
            {"name": "示例甲", "login": "13800002222", "password": PASSWORD, "agree": "1"},
            action="/register",
        )
        assert entered.headers["location"] == "/needs/continue"
        missing = client.get("/needs/continue")
        assert missing.headers["location"] == "/organisations/new?next=/needs/continue"
        assert PROBLEM[:20] in client.get("/workspace").text
        code = new_code()
        back = client.submit(
            f"/organisations/new?next=/needs/continue&code={code}",
            {
                "credit_code": code,
                "name": "示例冲压有限公司",
                "capacities[]": ["enterprise"],
                "district": "banan",
                "industry": "C34",
                "contact_name": "示例王工",
                "contact_mobile": "13800000000",
            },
            action="/organisations/new",
        )
        assert back.headers["location"] == "/needs/continue"
        page = client.get("/needs/continue")
        assert f"{PROBLEM}打{marker('phone')}" in page.text
        drafted = client.submit("/needs/continue", {"text": PROBLEM}, action="/needs/start")
        assert drafted.status_code == 303
        assert client.get(drafted.headers["location"]).status_code == 200
        assert "您上次写的还在" not in client.get("/needs/new").text

    def test_someone_with_an_organisation_gets_the_draft_at_once(
        self, client: Client, member: User, owner: Actor
    ):
        sign_in(client, member)
        answer = client.submit("/needs/new", {"text": PROBLEM}, action="/needs/start")
        need = newest(client.session, owner)
        assert answer.headers["location"] == f"/workspace/needs/{need.id}/edit"
        assert need.problem == PROBLEM

    def test_the_reading_of_the_front_page_comes_along(self, client: Client, member: User, owner: Actor):
        sign_in(client, member)
        read = {"scenario": "S08", "pain_points[]": ["S08-1"], "budget_max_fen": "5000000", "days_max": "30"}
        client.submit("/needs/new", {"text": PROBLEM, **read}, action="/needs/start")
        need = newest(client.session, owner)
        assert (need.scenario_code, need.pain_point_codes) == ("S08", ["S08-1"])
        assert (need.budget_max_fen, need.wanted_days) == (5_000_000, 30)

    def test_what_was_read_wrongly_is_no_reason_to_refuse_the_sentence(
        self, client: Client, member: User, owner: Actor
    ):
        sign_in(client, member)
        read = {
            "scenario": "S99",
            "budget_max_fen": "9" * 14,
            "days_max": "0",
            "pain_points[]": ["S08-1"] * 9,
        }
        text = "字" * 1995 + marker("phone")
        assert client.submit("/needs/new", {"text": text, **read}, action="/needs/start").status_code == 303
        need = newest(client.session, owner)
        assert (need.scenario_code, need.budget_max_fen, need.wanted_days) == (None, None, None)
        assert need.problem == text

    def test_the_same_form_sent_twice_makes_one_draft(self, client: Client, member: User, owner: Actor):
        sign_in(client, member)
        token = {"idempotency_key": "the-same-key-0123456789"}
        answers = [
            client.submit("/needs/new", {"text": PROBLEM, **token}, action="/needs/start") for _ in range(2)
        ]
        assert answers[0].headers["location"] == answers[1].headers["location"]
        assert queries.list_own(client.session, owner, queries.PageRequest()).total == 1

    def test_an_empty_or_endless_sentence_is_asked_again(self, client: Client):
        for text in ("", "   ", "字" * 2001):
            answer = client.submit("/needs/new", {"text": text}, action="/needs/start")
            assert answer.status_code == 422
            assert "f-text" in answer.text

    def test_staff_have_no_needs(self, client: Client):
        sign_in(client, make_staff(client.session))
        assert client.submit("/needs/new", {"text": PROBLEM}, action="/needs/start").status_code == 403
        assert client.get("/workspace/needs").status_code == 403

    def test_start_without_a_form_leads_to_the_box(self, client: Client, member: User):
        assert client.get("/needs/start").headers["location"] == "/needs/new"
        sign_in(client, member)
        assert client.get("/needs/start").headers["location"] == "/needs/continue"


class TestTaskList:
    def test_six_steps_to_the_published_page(self, client: Client, member: User, owner: Actor):
        sign_in(client, member)
        client.submit("/needs/new", {"text": PROBLEM}, action="/needs/start")
        need = newest(client.session, owner)
        key = need.id
        filled: list[tuple[str, dict[str, Any]]] = [
            ("problem", {"problem": PROBLEM, "title": "夜班停机没人知道", "scenario": "S08"}),
            (
                "baseline",
                {"baselines-0-value": "9", "baselines-0-how": "recorded", "baselines-1-how": "not_counted"},
            ),
            ("budget", {"budget_min": "3", "budget_max": "5", "fund_sources[]": ["own", "subsidy"]}),
            ("time", {"wanted_days": "45", "urgency": "soon"}),
            ("conditions", {"conditions-can_stop_line": "limited", "conditions-network": "yes"}),
            ("audience", {"confidentiality": "public", "hide_name": "true"}),
        ]
        following = [step for step, _data in filled[1:]]
        for (step, data), then in zip(filled, [*following, None], strict=True):
            answer = send(client, key, step, data)
            assert answer.status_code == 303, (step, answer.text[:3000])
            place = answer.headers["location"]
            assert place.startswith(
                f"/workspace/needs/{key}/edit?step={then}" if then else f"/workspace/needs/{key}/preview"
            )
        whole = queries.get_need(client.session, owner, key)
        assert [(row.metric, row.value) for row in whole.baselines] == [
            ("上个月意外停机几次", "9"),
            ("一次停多久才有人发现", None),
        ]
        assert (whole.budget_min_fen, whole.budget_max_fen) == (3_000_000, 5_000_000)
        preview = client.get(f"/workspace/needs/{key}/preview")
        assert "3–5 万元" in preview.text
        assert "厂名不公开" in preview.text
        sent = client.submit(f"/workspace/needs/{key}/preview", action=f"/workspace/needs/{key}/publish")
        assert sent.headers["location"] == f"/needs/{whole.case_number}"
        client.cookies.clear()
        assert "夜班停机没人知道" in client.get(sent.headers["location"]).text

    def test_staying_on_a_step(self, client: Client, member: User, owner: Actor):
        key = make_draft(client.session, owner).id
        sign_in(client, member)
        answer = send(client, key, "time", {"wanted_days": "30", "go": "stay"})
        assert "step=time" in answer.headers["location"]

    def test_a_refused_step_keeps_what_was_typed_and_says_why(
        self, client: Client, member: User, owner: Actor
    ):
        key = make_draft(client.session, owner).id
        sign_in(client, member)
        wrong: dict[str, tuple[dict[str, Any], str]] = {
            "budget": ({"budget_min": "三万", "budget_max": "5"}, "请填数字，例如 3.5"),
            "time": ({"wanted_by": "2020-01-01"}, "已经过了"),
            "baseline": ({"baselines-0-metric": "停机", "baselines-0-value": "约六十"}, "只写一个数"),
            "conditions": ({"conditions-network": "perhaps"}, "请从列出的选项中选一个"),
            "problem": ({"problem": PROBLEM, "title": "题" * 61}, "最多 60 个字"),
            "audience": ({"confidentiality": "secret"}, "请从列出的选项中选一个"),
        }
        for step, (data, reason) in wrong.items():
            answer = send(client, key, step, data)
            assert answer.status_code == 422, step
            assert reason in answer.text, step
        refused = send(client, key, "budget", {"budget_min": "三万", "budget_max": "5"})
        assert 'value="三万"' in refused.text

    def test_two_editors_are_shown_both_versions(self, client: Client, member: User, owner: Actor):
        need = make_draft(client.session, owner)
        key = need.id
        sign_in(client, member)
        url = f"/workspace/needs/{key}/edit"
        page = client.get(f"{url}?step=problem")
        assert page.status_code == 200
        edit(client.session, owner, queries.get_need(client.session, owner, key), title="同事写的标题")
        answer = send(client, key, "problem", {"problem": PROBLEM, "title": "我写的标题", "version": "1"})
        assert answer.status_code == 409
        assert "同事写的标题" in answer.text
        assert "我写的标题" in answer.text
        assert 'name="version" value="2"' in answer.text
        again = send(client, key, "problem", {"problem": PROBLEM, "title": "我写的标题", "version": "2"})
        assert again.status_code == 303

    def test_autosave_keeps_the_newest_and_sending_forgets_it(
        self, client: Client, member: User, owner: Actor
    ):
        key = make_draft(client.session, owner).id
        sign_in(client, member)
        url = f"/workspace/needs/{key}/edit?step=problem"
        token = _token(client, url)
        with clock.frozen(clock.now() + timedelta(minutes=3)):
            for text in ("先写一句", "再写一句，打13812345678"):
                saved = client.post(
                    f"/workspace/needs/{key}/autosave?step=problem",
                    data={"problem": text, "version": "1"},
                    headers={"X-CSRF-Token": token},
                )
                assert saved.status_code == 200
                assert saved.json() == {"saved_at": f"{clock.local(clock.now()):%H:%M}"}
        page = client.get(url)
        assert "再写一句" in page.text
        assert "先写一句" not in page.text
        assert "13812345678" not in page.text
        assert "已经替您留着" in page.text
        with clock.frozen(clock.now() + timedelta(minutes=4)):
            assert (
                send(client, key, "problem", {"problem": "夜班冲床停了没人发现，换一种写法"}).status_code
                == 303
            )
        after = client.get(url)
        assert "换一种写法" in after.text
        assert "已经替您留着" not in after.text

    def test_an_autosave_older_than_the_last_save_is_left_aside(
        self, client: Client, member: User, owner: Actor
    ):
        key = make_draft(client.session, owner).id
        sign_in(client, member)
        url = f"/workspace/needs/{key}/edit?step=problem"
        token = _token(client, url)
        client.post(
            f"/workspace/needs/{key}/autosave?step=problem",
            data={"problem": "旧的一句"},
            headers={"X-CSRF-Token": token},
        )
        with clock.frozen(clock.now() + timedelta(minutes=5)):
            edit(client.session, owner, queries.get_need(client.session, owner, key), title="新的")
            client.session.commit()
        assert "旧的一句" not in client.get(url).text

    def test_what_was_masked_is_explained(self, client: Client, member: User, owner: Actor):
        key = make_draft(client.session, owner, problem="夜班停机，打13812345678，微信 laowang88").id
        sign_in(client, member)
        assert "已替您遮住：电话、微信号" in client.get(f"/workspace/needs/{key}/edit").text

    def test_strangers_find_nothing(self, client: Client, owner: Actor):
        key = make_whole(client.session, owner).id
        base = f"/workspace/needs/{key}"
        assert client.get(f"{base}/edit").headers["location"].startswith("/sign-in?next=")
        sign_in(client, add_member(client.session, make_organisation(client.session)))
        token = _token(client, "/needs/new")
        for path in ("edit", "preview", "withdraw"):
            assert client.get(f"{base}/{path}").status_code == 404
        for path in ("edit?step=time", "autosave?step=time", "publish", "withdraw", "reopen"):
            data = {"csrf_token": token, "version": "1"}
            assert client.post(f"{base}/{path}", data=data).status_code == 404, path

    def test_forged_posts_are_refused(self, client: Client, member: User, owner: Actor):
        key = make_whole(client.session, owner).id
        sign_in(client, member)
        for path in ("edit?step=time", "autosave?step=time", "publish", "withdraw", "reopen"):
            assert client.post(f"/workspace/needs/{key}/{path}", data={"version": "1"}).status_code == 403

    def test_hostile_input_is_text_or_refused_never_a_crash(self, client: Client, member: User, owner: Actor):
        key = make_draft(client.session, owner).id
        sign_in(client, member)
        assert (
            send(client, key, "problem", {"problem": HOSTILE + PROBLEM, "title": HOSTILE[:60]}).status_code
            == 303
        )
        page = client.get(f"/workspace/needs/{key}/edit?step=problem")
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;" in page.text
        assert ">49" not in page.text
        odd: list[tuple[str, dict[str, Any]]] = [
            ("baseline", {"baselines": "text"}),
            ("baseline", {"baselines-x-y": "1"}),
            ("baseline", {"baselines-0": "1"}),
            ("baseline", {f"baselines-{n}-value": "1" for n in range(200)}),
            ("conditions", {"conditions": "text"}),
            ("conditions", {"conditions-0-network": "yes"}),
            ("budget", {"fund_sources": "own", "budget_max": "9" * 40}),
            ("budget", {"budget_max": "1e400"}),
            ("budget", {"budget_max": "NaN"}),
            ("time", {"wanted_days": "1e3", "urgency": "' OR 1=1"}),
            ("problem", {"pain_points": "S01-1", "scenario": "x" * 500}),
            ("problem", {"pain_points-a": "S01-1", "industry": "\x00\u202e"}),
            ("audience", {"hide_name": "maybe", "state": "published"}),
            ("time", {"version": "one"}),
            ("time", {"version": "99999999999999999999999999", "wanted_days": "30"}),
        ]
        for step, data in odd:
            assert send(client, key, step, data).status_code in {409, 422}, (step, data)
        token = _token(client, f"/workspace/needs/{key}/edit")
        for step, data in odd:
            url = f"/workspace/needs/{key}/autosave?step={step}"
            assert client.post(url, data=data, headers={"X-CSRF-Token": token}).status_code == 200
            assert client.get(f"/workspace/needs/{key}/edit?step={step}").status_code == 200, (step, data)
        for step in ("nothing", "../x", "é" * 9):
            assert client.get(f"/workspace/needs/{key}/edit", params={"step": step}).status_code == 200
            answer = client.post(
                f"/workspace/needs/{key}/edit", params={"step": step}, data={"csrf_token": token}
            )
            assert answer.status_code == 404


class TestOwnNeeds:
    def test_the_list_says_whose_turn_it_is(self, client: Client, member: User, owner: Actor):
        sign_in(client, member)
        assert "还没有提过需求" in client.get("/workspace/needs").text
        make_published(client.session, owner, title="已经公开的一条")
        make_held(client.session, owner, title="中心在看的一条")
        page = client.get("/workspace/needs")
        assert "已经公开的一条" in page.text
        assert "轮到中心" in page.text
        assert "25 / 25" in page.text

    def test_withdrawing_asks_first_and_can_be_undone(self, client: Client, member: User, owner: Actor):
        need = make_published(client.session, owner)
        key, number = need.id, need.case_number
        sign_in(client, member)
        url = f"/workspace/needs/{key}/withdraw"
        assert client.submit(url, {"reason": "自己解决了"}).status_code == 422
        sent = client.submit(url, {"code": "solved", "reason": "自己解决了"})
        assert sent.headers["location"] == "/workspace/needs"
        page = client.get(f"/needs/{number}")
        assert "重新启用" in page.text
        taken = client.submit(f"/needs/{number}", action=f"/workspace/needs/{key}/reopen")
        assert taken.headers["location"] == f"/workspace/needs/{key}/edit"
        assert queries.get_need(client.session, owner, key).state is NeedState.draft

    def test_a_need_that_nobody_could_read_is_not_sent(self, client: Client, member: User, owner: Actor):
        key = make_draft(client.session, owner, problem="急").id
        sign_in(client, member)
        url = f"/workspace/needs/{key}"
        answer = client.submit(f"{url}/preview", action=f"{url}/publish")
        assert answer.status_code == 422
        assert "还不能发布" in answer.text


class TestPublicPage:
    def test_a_number_typed_otherwise_leads_there(self, client: Client, owner: Actor):
        number = make_published(client.session, owner).case_number
        assert client.get(f"/needs/{number.lower()}").headers["location"] == f"/needs/{number}"
        assert client.get("/needs/FN-2026-000123-8").status_code == 404
        assert client.get("/needs/anything").status_code == 404

    def test_a_number_typed_otherwise_tells_nothing_of_what_is_hidden(self, client: Client, owner: Actor):
        number = make_draft(client.session, owner).case_number
        assert client.get(f"/needs/{number.lower()}").status_code == 404


def _token(client: Client, url: str) -> str:
    text = client.get(url).text
    start = text.index('name="csrf_token" value="') + len('name="csrf_token" value="')
    return text[start : text.index('"', start)]
