"""Pages of offerings as people use them, on both databases."""

import uuid
from html.parser import HTMLParser
from typing import Any

import pytest
from sqlalchemy import event, select

from app.accounts.models import User
from app.core.permissions import Role
from app.offerings import queries
from app.offerings.content import content_of
from app.offerings.labels import CHECKS
from app.offerings.models import Offering, OfferingReport, OfferingState, ReportState
from app.organisations.models import Capacity
from tests.factories.accounts import make_staff, make_user, sign_in
from tests.factories.offerings import Vendor, make_offering, make_vendor
from tests.services.client import Client, find_forms

both = pytest.mark.parametrize("backend", ["sqlite", "postgres"])


@pytest.fixture
def vendor(session) -> Vendor:
    return make_vendor(session)


@pytest.fixture
def reviewer(session) -> User:
    return make_staff(session)


BLANK = (
    "service_class", "vendor_kind", "training_days", "prerequisites", "not_suitable", "exit_terms",
    "packages-0-price_unit", "packages-0-price_label", "packages-0-note", "packages-0-components-0-note",
    "packages-1-title", "packages-1-price_min", "packages-1-price_max", "packages-1-note",
    "cases-0-customer", "cases-0-industry_code", "cases-0-scenario_code", "cases-0-effect_metric", "cases-0-year",
)  # fmt: skip
"""Fields that a browser sends although nobody filled them in."""


def typed(**values: Any) -> dict[str, Any]:
    """What a vendor types into the editor."""
    return {
        "kind": "solution",
        "title": "示例点检小程序",
        "product_class": "生产制造",
        "summary": "点检有没有做，班长手机上看得到",
        "body": "扫码点检，漏检提醒，异常拍照，月底出报表，纸质表格不用再填。",
        "scenario_codes[]": ["S08"],
        "pain_point_codes[]": ["S08-1"],
        "go_live_days": "3",
        "condition_codes[]": ["phone_only"],
        "packages-0-title": "基本版",
        "packages-0-price_mode": "yearly",
        "packages-0-price_min": "0.5",
        "packages-0-price_max": "1.2",
        "packages-0-components-0-type": "licence",
        "packages-0-components-0-title": "账号 20 个",
        "packages-0-components-0-amount": "0.8",
        **dict.fromkeys(BLANK, ""),
        **values,
    }


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


def edit_fields(client: Client, page: str) -> dict[str, Any]:
    """The editor's fields as a browser would send them back, selects and text boxes included."""

    class Parser(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.fields: dict[str, Any] = dict(forms[0].fields)
            self.name, self.area = "", ""

        def handle_starttag(self, tag, attributes):
            given = dict(attributes)
            if tag == "select":
                self.name = given["name"]
            elif tag == "option" and "selected" in given:
                self.fields[self.name] = given["value"]
            elif tag == "textarea":
                self.area = given["name"]

        def handle_data(self, data):
            if self.area:
                self.fields[self.area] = data.strip("\n")

        def handle_endtag(self, tag):
            if tag == "textarea":
                self.area = ""

    shown = client.get(page)
    assert shown.status_code == 200
    forms = [form for form in find_forms(shown.text) if form.action == page]
    parser = Parser()
    parser.feed(shown.text[shown.text.index('id="editor"') :])
    return parser.fields


class TestEditor:
    def test_saving_what_stands_changes_nothing(self, client: Client, vendor: Vendor):
        row = make_offering(client.session, vendor, OfferingState.draft)
        before = content_of(row)
        offering_id = row.id
        sign_in(client, vendor.user)
        page = f"/workspace/offerings/{offering_id}/edit"
        assert client.post(page, data=edit_fields(client, page)).status_code == 303
        again = queries.get_offering(client.session, vendor.actor, offering_id)
        assert content_of(again) == before
        assert again.version == 2

    def test_rows_are_added_and_removed_without_script(self, client: Client, vendor: Vendor):
        sign_in(client, vendor.user)
        new = "/workspace/offerings/new"
        hidden = {"csrf_token": token_of(client, new), **typed(), "offering_id": ""}
        more = client.post("/workspace/offerings/rows", data={**hidden, "act": "add_package"})
        assert more.status_code == 200
        assert 'name="packages-1-title"' in more.text
        assert 'value="示例点检小程序"' in more.text
        line = client.post("/workspace/offerings/rows", data={**hidden, "act": "add_component:0"})
        assert 'name="packages-0-components-1-title"' in line.text
        none = client.post("/workspace/offerings/rows", data={**hidden, "act": "drop_component:0:0"})
        assert 'name="packages-0-components-0-title"' not in none.text
        part = client.post(
            "/workspace/offerings/rows", data={**hidden, "act": "add_case"}, headers={"HX-Request": "true"}
        )
        assert part.text.lstrip().startswith('<div id="editor-rows"')
        assert 'name="cases-0-customer"' in part.text
        assert "接着上次没存完的写" in client.get(new).text

    def test_reasons_stand_beside_nested_fields(self, client: Client, vendor: Vendor):
        sign_in(client, vendor.user)
        refused = client.submit(
            "/workspace/offerings/new",
            typed(
                **{
                    "packages-0-price_max": "0.1",
                    "packages-0-components-0-amount": "很多",
                    "go_live_days": "-1",
                    "body": "有意请加微信 wx_shili2025 详谈，电话 13800000000",
                }
            ),
            action="/workspace/offerings",
        )
        assert refused.status_code == 422
        for part in ("最高价不能低于最低价", "请填数字，例如 3.5", "不能小于 0", "请删去"):
            assert part in refused.text
        assert 'href="#f-packages-0-components-0-amount"' in refused.text
        assert 'id="f-packages-0-components-0-amount-err"' in refused.text
        assert "示例点检小程序" in refused.text

    def test_a_second_editor_sees_both_versions(self, client: Client, vendor: Vendor):
        row = make_offering(client.session, vendor, OfferingState.draft)
        sign_in(client, vendor.user)
        page = f"/workspace/offerings/{row.id}/edit"
        first, second = edit_fields(client, page), edit_fields(client, page)
        assert client.post(page, data=first | {"title": "示例先存的"}).status_code == 303
        late = client.post(page, data=second | {"title": "示例后存的"})
        assert late.status_code == 409
        assert "示例先存的" in late.text
        assert "示例后存的" in late.text
        assert 'name="version" value="2"' in late.text
        assert client.post(page, data=second | {"title": "示例后存的", "version": "2"}).status_code == 303

    def test_autosave_keeps_what_was_typed(self, client: Client, vendor: Vendor):
        row = make_offering(client.session, vendor, OfferingState.draft)
        sign_in(client, vendor.user)
        page = f"/workspace/offerings/{row.id}/edit"
        fields = edit_fields(client, page)
        kept = client.post("/workspace/offerings/autosave", data=fields | {"title": "半句"})
        assert kept.status_code == 200
        assert "saved_at" in kept.json()
        shown = client.get(page).text
        assert 'value="半句"' in shown
        assert "半句" not in client.get(f"{page}?fresh=true").text

    @pytest.mark.parametrize(
        "hostile",
        [
            {"version": "eins"},
            {"price_min_fen": "1"},
            {"scenario_codes[]": ["S99"]},
            {"scenario_codes[]": ['"]%']},
            {"packages-0-price_min": "1e400"},
            {"packages-0-price_min": "99999999"},
            {"packages-0-price_mode": "gift"},
            {"cases-0-year": "1999", "cases-0-customer": "示例"},
            {"cases-0-industry_code": 'C9"', "cases-0-customer": "示例"},
            {"training_days": "1001"},
            {f"packages-{n}-title": "x" for n in range(9)},
        ],
    )
    def test_hostile_input_is_refused_with_the_page(self, client: Client, vendor: Vendor, hostile):
        sign_in(client, vendor.user)
        answer = client.submit("/workspace/offerings/new", typed(**hostile), action="/workspace/offerings")
        assert answer.status_code == 422, answer.text[:500]
        assert "data-errors" in answer.text

    @pytest.mark.parametrize(
        "hostile",
        [
            {"packages": "text"},
            {"packages-0": "text"},
            {"packages-0-components": "x"},
            {"packages-x-title": "a"},
            {"cases-0": ""},
            {"scenario_codes-0-a": "S01"},
            {"title-0": "a"},
        ],
    )
    def test_hostile_shapes_are_borne_everywhere(self, client: Client, vendor: Vendor, hostile):
        sign_in(client, vendor.user)
        token = token_of(client, "/workspace/offerings/new")
        sent = {"csrf_token": token, **typed(**hostile)}
        for act in ("add_package", "drop_component:0:7", "drop_package:x", "add_component:99", "rm -rf", ""):
            assert client.post("/workspace/offerings/rows", data={**sent, "act": act}).status_code == 200
        assert client.post("/workspace/offerings/autosave", data=sent).status_code == 200
        assert client.get("/workspace/offerings/new").status_code == 200
        answer = client.post("/workspace/offerings", data={**sent, "idempotency_key": "k"})
        assert answer.status_code in {303, 422}

    def test_markup_is_shown_as_text(self, client: Client, vendor: Vendor):
        row = make_offering(client.session, vendor, body="<script>alert(1)</script> 示例说明文字足够长的一段")
        shown = client.get(f"/offerings/{row.id}").text
        assert "<script>alert(1)" not in shown
        assert "&lt;script&gt;alert(1)" in shown


def token_of(client: Client, page: str) -> str:
    return find_forms(client.get(page).text)[-1].fields["csrf_token"]


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
            (reviewer, "/desk/offerings", 200), (reviewer, theirs, 200), (reviewer, mine, 403),
            (reviewer, "/desk/reports", 200), (operator, "/desk/reports", 200), (operator, "/desk/offerings", 403),
        ]  # fmt: skip
        people = {id(user): user.id for user, _url, _status in table if user is not None}
        for user, url, status in table:
            client.cookies.clear()
            if user is not None:
                sign_in(client, session.get(User, people[id(user)]))
            assert client.get(url).status_code == status, (user and user.name, url)

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
