"""Pages of offerings as people use them, on both databases."""

import uuid
from typing import Any

import pytest
from sqlalchemy import event, select

from app.accounts.models import User
from app.core.permissions import Role
from app.offerings.labels import CHECKS
from app.offerings.models import Offering, OfferingReport, OfferingState, ReportState
from app.organisations.models import Capacity
from tests.factories.accounts import make_staff, make_user, sign_in
from tests.factories.offerings import Vendor, make_offering, make_vendor
from tests.offerings.forms import edit_fields, token_of, typed
from tests.services.client import Client, find_forms

both = pytest.mark.parametrize("backend", ["sqlite", "postgres"])


@pytest.fixture
def vendor(session) -> Vendor:
    return make_vendor(session)


@pytest.fixture
def reviewer(session) -> User:
    return make_staff(session)


def count_queries(client: Client, url: str) -> int:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            seen.append(statement)

    engine = client.app.state.runtime.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        assert client.get(url).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(seen)


@both
class TestFromDraftToListed:
    def test_the_whole_way(self, client: Client, vendor: Vendor, reviewer: User):
        user_id, staff_id = vendor.user.id, reviewer.id
        sign_in(client, vendor.user)
        made = client.submit("/workspace/offerings/new", typed(), action="/workspace/offerings")
        assert made.status_code == 303, made.text[:2000]
        home = made.headers["location"]
        shown = client.get(home)
        assert "示例点检小程序" in shown.text
        assert "都写全了" in shown.text
        submitted = client.submit(home, action=f"{home}/submit")
        assert submitted.status_code == 303, submitted.text[:2000]
        offering_id = uuid.UUID(home.rsplit("/", 1)[1])
        client.cookies.clear()
        assert client.get(f"/offerings/{offering_id}").status_code == 404

        sign_in(client, client.session.get(User, staff_id))
        desk = client.get("/desk/offerings")
        assert "示例点检小程序" in desk.text
        decided = client.submit(
            f"/desk/offerings/{offering_id}",
            {"decision": "listed", "checks[]": list(CHECKS)},
            action=f"/desk/offerings/{offering_id}/decision",
        )
        assert decided.status_code == 303, decided.text[:2000]
        client.cookies.clear()
        public = client.get(f"/offerings/{offering_id}")
        assert public.status_code == 200
        for part in ("0.5–1.2 万元", "3 天", "账号 20 个", "无数据", "中心规则", "有手机就能用"):
            assert part in public.text
        assert client.session.get(Offering, offering_id).state is OfferingState.listed
        assert user_id

    def test_a_change_waits_beside_the_listed_text(self, client: Client, vendor: Vendor, reviewer: User):
        row = make_offering(client.session, vendor)
        offering_id = row.id
        sign_in(client, vendor.user)
        page = f"/workspace/offerings/{offering_id}/edit"
        saved = client.post(page, data=edit_fields(client, page) | {"title": "示例改过的名字"})
        assert saved.status_code == 303, saved.text[:3000]
        assert "示例改过的名字" not in client.get(f"/offerings/{offering_id}").text
        home = f"/workspace/offerings/{offering_id}"
        assert "示例改过的名字" in client.get(home).text
        assert client.submit(home, action=f"{home}/submit").status_code == 303
        sign_in(client, client.session.get(User, reviewer.id))
        desk = client.get(f"/desk/offerings/{offering_id}")
        assert "和上架的那一版相比" in desk.text
        client.submit(
            f"/desk/offerings/{offering_id}",
            {"decision": "listed", "checks[]": list(CHECKS), "confirmed[]": ["1"]},
            action=f"/desk/offerings/{offering_id}/decision",
        )
        public = client.get(f"/offerings/{offering_id}").text
        assert "示例改过的名字" in public
        assert "中心已核实" in public


class TestWhoMayOpenWhat:
    def test_pages_by_role(self, client: Client, vendor: Vendor, reviewer: User):
        session = client.session
        other = make_vendor(session)
        draft, listed = make_offering(session, vendor, OfferingState.draft), make_offering(session, vendor)
        buyer = make_vendor(session, Capacity.enterprise)
        operator = make_user(session, Role.operator)
        mine, theirs = f"/workspace/offerings/{draft.id}", f"/offerings/{draft.id}"
        table = [
            (None, mine, 303), (None, theirs, 404), (None, f"/offerings/{listed.id}", 200), (None, "/desk/offerings", 303),
            (vendor.user, mine, 200), (vendor.user, theirs, 200), (vendor.user, "/desk/offerings", 403),
            (vendor.user, f"{mine}/edit", 200), (vendor.user, f"{mine}/withdraw", 200),
            (other.user, mine, 404), (other.user, theirs, 404), (other.user, f"/workspace/offerings/{listed.id}", 403),
            (buyer.user, "/workspace/offerings/new", 403), (buyer.user, f"/offerings/{listed.id}", 200),
            (reviewer, "/desk/offerings", 200), (reviewer, theirs, 404), (reviewer, mine, 403),
            (reviewer, "/desk/reports", 200), (operator, "/desk/reports", 200), (operator, "/desk/offerings", 403),
        ]  # fmt: skip
        people = {id(user): user.id for user, _url, _status in table if user is not None}
        for user, url, status in table:
            client.cookies.clear()
            if user is not None:
                sign_in(client, session.get(User, people[id(user)]))
            assert client.get(url).status_code == status, (user and user.name, url)

    def test_steps_by_buttons(self, client: Client, vendor: Vendor):
        session = client.session
        offering_id = make_offering(session, vendor).id
        sign_in(client, vendor.user)
        home = f"/workspace/offerings/{offering_id}"
        page = f"{home}/edit"
        assert client.post(page, data=edit_fields(client, page) | {"title": "示例改动一"}).status_code == 303
        assert "有改动未提交" in client.get("/workspace/offerings?state=listed").text
        assert client.submit(home, action=f"{home}/submit").status_code == 303
        assert "改动审核中" in client.get("/workspace/offerings").text
        refused = client.post(page, data=edit_fields(client, page))
        assert refused.status_code == 422
        assert "先撤回再改" in refused.text
        assert client.submit(home, action=f"{home}/recall").headers["location"] == page
        assert client.submit(home, action=f"{home}/discard").status_code == 303
        assert client.submit(f"{home}/withdraw").headers["location"] == "/workspace/offerings"
        assert session.get(Offering, offering_id).state is OfferingState.withdrawn
        client.cookies.clear()
        assert client.get(f"/offerings/{offering_id}").status_code == 404

    def test_the_desk_returns_with_a_reason_and_refuses_without(
        self, client: Client, vendor: Vendor, reviewer: User
    ):
        session = client.session
        offering_id = make_offering(session, vendor, OfferingState.submitted).id
        sign_in(client, reviewer)
        page, action = f"/desk/offerings/{offering_id}", f"/desk/offerings/{offering_id}/decision"
        refused = client.submit(page, {"decision": "returned"}, action=action)
        assert refused.status_code == 422
        assert "至少选一条理由" in refused.text
        done = client.submit(page, {"decision": "returned", "reason_codes[]": "claims"}, action=action)
        assert done.headers["location"] == "/desk/offerings"
        assert "没有等着审核的供给" in client.get("/desk/offerings").text
        assert "这一件现在没有等审核" in client.get(page).text
        user = session.get(User, vendor.user.id)
        sign_in(client, user)
        assert "承诺没有依据" in client.get(f"/workspace/offerings/{offering_id}").text
        assert "1 项供给退回了" in client.get("/workspace").text

    def test_commands_by_role(self, client: Client, vendor: Vendor, reviewer: User):
        session = client.session
        row = make_offering(session, vendor)
        offering_id = row.id
        stranger = make_vendor(session)
        for user, status in ((stranger.user, 403), (reviewer, 403)):
            sign_in(client, session.get(User, user.id))
            token = token_of(client, f"/offerings/{offering_id}")
            for step in ("submit", "recall", "discard", "withdraw", "edit"):
                sent = {"csrf_token": token, "version": "1", **(typed() if step == "edit" else {})}
                answer = client.post(f"/workspace/offerings/{offering_id}/{step}", data=sent)
                assert answer.status_code == status, (step, answer.status_code)
        assert session.get(Offering, offering_id).version == 1


class TestReports:
    def test_a_report_is_masked_resolved_and_answered(self, client: Client, vendor: Vendor, reviewer: User):
        session = client.session
        offering_id = make_offering(session, vendor).id
        buyer = make_vendor(session, Capacity.enterprise)
        sign_in(client, buyer.user)
        page = f"/offerings/{offering_id}"
        told = {"reason": "false_claim", "text": "说两天上线其实两个月，打我电话 13800000000"}
        assert client.submit(page, told, action=f"{page}/report").status_code == 303
        report = session.scalars(select(OfferingReport)).one()
        assert "13800000000" not in report.text
        again = client.submit(page, told, action=f"{page}/report")
        assert again.status_code == 422
        assert "中心正在处理" in again.text
        report_id = report.id
        sign_in(client, session.get(User, reviewer.id))
        url = f"/desk/reports/{report_id}"
        short = client.submit("/desk/reports", {"upheld": "1", "resolution": "是"}, action=url)
        assert short.status_code == 422
        done = client.submit(
            "/desk/reports", {"upheld": "1", "take_down": "1", "resolution": "查过现场，属实"}, action=url
        )
        assert done.status_code == 303, done.text[:1000]
        assert session.get(OfferingReport, report_id).state is ReportState.upheld
        assert session.get(Offering, offering_id).state is OfferingState.returned
        client.cookies.clear()
        assert client.get(page).status_code == 404

    def test_a_repeated_report_is_one(self, client: Client, vendor: Vendor):
        offering_id = make_offering(client.session, vendor).id
        sign_in(client, make_vendor(client.session, Capacity.enterprise).user)
        page = f"/offerings/{offering_id}"
        form = next(form for form in find_forms(client.get(page).text) if form.action == f"{page}/report")
        sent = {**form.fields, "reason": "price_mismatch", "text": ""}
        first, second = client.post(form.action, data=sent), client.post(form.action, data=sent)
        assert (first.status_code, second.status_code) == (303, 303)
        assert len(client.session.scalars(select(OfferingReport)).all()) == 1


class TestConstantQueries:
    @pytest.mark.parametrize(
        ("url", "who", "state"),
        [
            ("/workspace/offerings", "vendor", OfferingState.draft),
            ("/workspace", "vendor", OfferingState.draft),
            ("/desk/offerings", "staff", OfferingState.submitted),
            ("/api/v1/offerings", "nobody", OfferingState.listed),
        ],
    )
    def test_as_many_for_twenty_as_for_two(
        self, client: Client, vendor: Vendor, reviewer: User, url, who, state
    ):
        session = client.session
        people = {"vendor": vendor.user, "staff": reviewer}
        make_offering(session, vendor, state)
        make_offering(session, vendor, state)
        if who in people:
            sign_in(client, people[who])
        few = count_queries(client, url)
        for _ in range(18):
            make_offering(session, make_vendor(session) if who != "vendor" else vendor, state)
        assert count_queries(client, url) == few

    def test_reports(self, client: Client, vendor: Vendor, reviewer: User):
        session = client.session

        def add(number: int) -> None:
            for _ in range(number):
                row = make_offering(session, make_vendor(session))
                session.add(OfferingReport(offering_id=row.id, reason="illegal", reporter_id=uuid.uuid4()))
            session.flush()

        add(2)
        sign_in(client, reviewer)
        few = count_queries(client, "/desk/reports")
        add(18)
        assert count_queries(client, "/desk/reports") == few
