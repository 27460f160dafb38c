"""Pages beside an offering: comparison, history, checks, pictures; how much they weigh and how many queries they take."""

import io
import uuid

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.permissions import Role
from app.files.models import FileState, StoredFile
from app.offerings import content, queries, service
from app.offerings.comparison import MOST
from app.offerings.models import CaseReference, CheckState, OfferingMedia, OfferingState
from app.offerings.pages.compare import read_ids
from tests.factories.accounts import make_staff, make_user, sign_in
from tests.factories.files import jpeg, pdf, png
from tests.factories.offerings import Vendor, case_content, make_content, make_offering, make_vendor
from tests.offerings.forms import edit_fields
from tests.offerings.test_pages import count_queries
from tests.services.client import Client, find_forms

PHONE = "023-6000 0000"


@pytest.fixture
def vendor(session) -> Vendor:
    return make_vendor(session)


class TestCompare:
    def test_side_by_side_with_what_differs(self, client: Client, vendor: Vendor):
        session = client.session
        one = make_offering(session, vendor, title="示例甲方案", exit_terms="")
        other = make_offering(
            session,
            make_vendor(session),
            title="示例乙方案",
            go_live_days=40,
            industry_codes=[],
            condition_codes=["own_server", "long_stop"],
            packages=[
                {"title": "按台", "price_mode": "per_unit", "price_unit": "台", "price_min_fen": 60_000}
            ],
        )
        shown = client.get(f"/compare?ids={one.id},{other.id}")
        assert shown.status_code == 200
        for part in (
            "示例甲方案",
            "3–4.5 万元",
            "需核实：按台计价，数量不明",
            "要自备服务器",
            "停机超过一个班",
            "不限行业",
            "没有写",
            "1 个，中心核实 0 个",
        ):
            assert part in shown.text, part
        assert "培训几天" in shown.text
        only = client.get(f"/compare?ids={one.id},{other.id}&only=1").text
        assert "培训几天" not in only
        assert "多少天用起来" in only

    def test_cases_of_one_industry(self, client: Client, vendor: Vendor):
        row = make_offering(
            client.session,
            vendor,
            cases=[
                case_content(industry_code="C29"),
                case_content(industry_code="C3411"),
                case_content(industry_code="C34"),
            ],
        )
        assert "2 个，中心核实 0 个" in client.get(f"/compare?ids={row.id}&industry=C34").text
        assert "3 个，中心核实 0 个" in client.get(f"/compare?ids={row.id}&industry=nonsense").text

    def test_only_what_the_visitor_may_see_and_four_at_most(self, client: Client, vendor: Vendor):
        session = client.session
        draft = make_offering(session, vendor, OfferingState.draft, title="示例还没写完的")
        listed = [make_offering(session, vendor, title=f"示例第 {n} 项") for n in range(5)]
        ids = ",".join(str(row.id) for row in listed)
        many = client.get(f"/compare?ids={ids}").text
        assert f"一次最多对比 {MOST} 项，后面的 1 项没有放进来" in many
        assert "示例第 4 项" not in many
        mixed = client.get(f"/compare?ids={draft.id}&ids={listed[0].id}&ids=nonsense").text
        assert "示例还没写完的" not in mixed
        assert "有 1 项已下架或不存在" in mixed
        assert "还没有选要对比的" in client.get("/compare").text

    def test_addresses_are_read_calmly(self):
        one = uuid.uuid4()
        assert read_ids([f"{one},{one}", "", "x", str(one).upper()]) == ([one], 0)
        assert read_ids([",".join(str(uuid.uuid4()) for _ in range(9))])[1] == 5

    def test_as_many_queries_for_four_as_for_two(self, client: Client, vendor: Vendor):
        rows = [make_offering(client.session, make_vendor(client.session)) for _ in range(4)]
        ids = [str(row.id) for row in rows]
        few = count_queries(client, f"/compare?ids={','.join(ids[:2])}")
        assert count_queries(client, f"/compare?ids={','.join(ids)}") == few


class TestHistory:
    def test_for_its_vendor_and_the_centre_only(self, client: Client, vendor: Vendor):
        session = client.session
        reviewer, stranger = make_staff(session), make_vendor(session)
        row = make_offering(session, vendor)
        from app.offerings.service.versions import keep_version

        keep_version(session, vendor.actor, row)
        row.exit_terms = "随时停用，数据导出为表格"
        keep_version(session, vendor.actor, row, is_minor=True)
        url = f"/offerings/{row.id}/history"
        empty = f"/offerings/{make_offering(session, vendor, OfferingState.draft).id}/history"
        assert client.get(url).headers["location"].startswith("/sign-in")
        for user, status in ((vendor.user, 200), (reviewer, 200), (stranger.user, 404)):
            sign_in(client, user)
            answer = client.get(url)
            assert answer.status_code == status
            assert ("<del>" in answer.text) == (status == 200)
        sign_in(client, session.get(type(reviewer), vendor.user.id))
        assert "还没有上过架" in client.get(empty).text
        client.cookies.clear()
        public = client.get(f"/offerings/{row.id}").text
        assert "更新于" in public
        assert "history" not in public.split("<main")[1].split("</main")[0]


def form_of(client: Client, page: str, action: str) -> dict[str, str]:
    return dict(next(form for form in find_forms(client.get(page).text) if form.action == action).fields)


class TestChecks:
    def test_from_the_vendors_page_to_the_mark(self, client: Client, vendor: Vendor):
        session = client.session
        reviewer = make_staff(session)
        row = make_offering(session, vendor)
        offering_id, key = row.id, content.case_key(row.cases[0])
        sign_in(client, vendor.user)
        page = f"/workspace/offerings/{offering_id}/references"
        typed = {"contact_name": "示例周厂长", "contact_phone": "不知道", "consented": "1"}
        refused = client.post(page, data=form_of(client, page, page) | typed)
        assert refused.status_code == 422
        assert "请填能打通的电话" in refused.text
        assert "示例周厂长" in refused.text
        done = client.post(page, data=form_of(client, page, page) | typed | {"contact_phone": PHONE})
        assert done.status_code == 303
        assert PHONE in client.get(page).text
        client.cookies.clear()
        assert PHONE not in client.get(f"/offerings/{offering_id}").text
        assert PHONE not in client.get(f"/api/v1/offerings/{offering_id}").text
        sign_in(client, session.get(type(reviewer), reviewer.id))
        desk = client.get("/desk/checks").text
        assert PHONE in desk
        found = session.scalars(select(CaseReference)).one()
        assert found.case_key == key
        action = f"/desk/references/{found.id}"
        sent = form_of(client, "/desk/checks", action)
        assert client.post(action, data=sent | {"decision": "denied"}).status_code == 422
        assert client.post(action, data=sent | {"decision": "confirmed"}).status_code == 303
        assert PHONE not in client.get("/desk/checks").text
        client.cookies.clear()
        assert f"中心已核实 {clock.cn_date(clock.now())}" in client.get(f"/offerings/{offering_id}").text

    def test_a_reviewer_of_the_same_house_sees_no_numbers(self, client: Client, vendor: Vendor):
        """Nobody checks what his own organisation says."""
        session = client.session
        from tests.factories.organisations import add_member

        both = make_staff(session)
        add_member(session, vendor.organisation, both, Role.member)
        row = make_offering(session, vendor)
        session.add(
            CaseReference(
                offering_id=row.id,
                case_key="0" * 64,
                customer="示例",
                contact_name="示例",
                contact_phone=PHONE,
            )
        )
        session.flush()
        sign_in(client, both)
        shown = client.get("/desk/checks")
        assert shown.status_code in {200, 403}
        assert PHONE not in shown.text

    def test_as_many_queries_for_twenty_as_for_two(self, client: Client):
        session = client.session

        def add(number: int) -> None:
            for _ in range(number):
                row = make_offering(session, make_vendor(session))
                for state in (CheckState.waiting,):
                    session.add(
                        CaseReference(
                            offering_id=row.id,
                            case_key=uuid.uuid4().hex * 2,
                            customer="示例",
                            contact_name="示例",
                            contact_phone=PHONE,
                            state=state,
                        )
                    )
            session.flush()

        add(2)
        sign_in(client, make_staff(session))
        few = count_queries(client, "/desk/checks")
        add(18)
        assert count_queries(client, "/desk/checks") == few


class TestPictures:
    def test_upload_order_and_the_cover(self, client: Client, vendor: Vendor):
        session = client.session
        row = make_offering(session, vendor, OfferingState.draft)
        offering_id = row.id
        sign_in(client, vendor.user)
        page = f"/workspace/offerings/{offering_id}/media"
        action = f"{page}/uploads"
        for name, data, title in (
            ("a.png", png(), "示例现场一"),
            ("b.jpg", jpeg(), "示例现场二"),
            ("c.pdf", pdf(), "示例说明书"),
        ):
            answer = client.post(
                action, data=form_of(client, page, action) | {"title": title}, files={"file": (name, data)}
            )
            assert answer.status_code == 303, answer.text[:800]
        bad = client.post(
            action,
            data=form_of(client, page, action) | {"title": "示例"},
            files={"file": ("x.svg", b"<svg onload=alert(1)>")},
        )
        assert bad.status_code == 422
        none = client.post(action, data=form_of(client, page, action) | {"title": "示例"})
        assert none.status_code == 422
        assert "请选一个文件" in none.text
        for file in session.scalars(select(StoredFile)):
            file.state = FileState.clean
        made = queries.list_media(session, offering_id)
        assert [item.title for item in made] == ["示例现场一", "示例现场二", "示例说明书"]
        moving = f"{page}/{made[1].id}"
        sent = form_of(client, page, moving)
        assert client.post(moving, data=sent | {"act": "earlier"}).status_code == 303
        assert client.post(moving, data=sent | {"act": "drop table"}).status_code == 422
        shown = client.get(page).text
        assert shown.index("示例现场二") < shown.index("示例现场一")
        assert 'alt="示例现场二"' in shown

    def test_the_public_page_and_its_share_picture(self, client: Client, vendor: Vendor):
        session = client.session
        row = make_offering(session, vendor)
        from app.files.service import FileKind, Received

        kept = service.add_media(
            session,
            vendor.actor,
            offering_id=row.id,
            received=Received(FileKind.picture, "示例.png", "image/png", png(), width=40, height=30),
            title="示例现场",
        )
        file_id, media_id = kept.file_id, kept.id
        session.get(StoredFile, file_id).state = FileState.clean
        session.flush()
        page = f"/offerings/{row.id}"
        assert str(file_id) not in client.get(page).text
        assert client.get(f"/files/{file_id}?inline=1").status_code == 404
        session.get(OfferingMedia, media_id).approved_at = clock.now()
        session.flush()
        shown = client.get(page).text
        assert f'/files/{file_id}?inline=1">' in shown.split("og:image")[1][:200]
        assert client.get(f"/files/{file_id}?inline=1").headers["content-type"] == "image/png"


class TestFirstOfKindPages:
    def test_the_policy_page_it_links_to_exists(self, client: Client, vendor: Vendor):
        row = make_offering(client.session, vendor, kind="equipment", product_class=None)
        sign_in(client, vendor.user)
        shown = client.get(f"/workspace/offerings/{row.id}/first-of-kind").text
        assert "以当年申报通知为准" in shown
        link = shown.split('href="/policies/')[1].split('"')[0]
        assert client.get(f"/policies/{link}").status_code == 200


def _full() -> dict[str, object]:
    component = {
        "type": "hardware",
        "title": "采集网关与传感器一套，含支架",
        "amount_fen": 500_000,
        "note": "含安装调试",
    }
    return {
        "scenario_codes": ["S08", "S09", "S10"],
        "industry_codes": ["C29", "C33", "C34"],
        "body": "夹在主电机电源线上，判断开、停、空转，超时静止就提醒班长。" * 12,
        "packages": [
            {
                "title": f"第 {n} 档",
                "price_mode": "one_off",
                "price_min_fen": 1_000_000,
                "price_max_fen": 3_000_000,
                "note": "不含车间布线",
                "components": [component] * 3,
            }
            for n in range(1, 3)
        ],
        "cases": [case_content(customer=f"示例第 {n} 家厂，两百人的机加工厂") for n in range(1, 4)],
    }


class TestWeight:
    def test_a_filled_editor_is_under_sixty_kilobytes(self, client: Client, vendor: Vendor):
        row = make_offering(client.session, vendor, OfferingState.draft, **_full())
        sign_in(client, vendor.user)
        page = f"/workspace/offerings/{row.id}/edit"
        shown = client.get(page)
        assert len(shown.content) < 60_000
        fields = edit_fields(client, page)
        assert fields["cases-2-industry_code"] == "C29"
        before = make_content(**_full())
        assert client.post(page, data=fields).status_code == 303
        again = queries.get_offering(client.session, vendor.actor, row.id)
        assert content.content_of(again).model_dump() == before.model_dump()

    def test_other_pages_too(self, client: Client, vendor: Vendor):
        session = client.session
        rows = [make_offering(session, vendor, **_full()) for _ in range(4)]
        sign_in(client, vendor.user)
        ids = ",".join(str(row.id) for row in rows)
        for page in (f"/compare?ids={ids}", f"/offerings/{rows[0].id}", f"/workspace/offerings/{rows[0].id}"):
            assert len(client.get(page).content) < 60_000, page


class TestPoints:
    def test_a_scenario_shows_its_troubles_when_opened(self, client: Client, vendor: Vendor):
        sign_in(client, vendor.user)
        new = "/workspace/offerings/new"
        page = client.get(new).text
        assert 'value="S08-1"' not in page
        assert 'hx-get="/workspace/offerings/points/S08"' in page
        part = client.get("/workspace/offerings/points/S08").text
        assert 'value="S08-1"' in part
        assert "<html" not in part
        assert client.get("/workspace/offerings/points/x").status_code in {404, 422}
        rest = client.get("/workspace/offerings/industries?not=C29").text
        assert 'value="C34"' in rest
        assert 'value="C29"' not in rest
        form = next(form for form in find_forms(page) if form.action == "/workspace/offerings")
        opened = client.post("/workspace/offerings/rows", data=form.fields | {"act": "points:S08"})
        assert 'value="S08-1"' in opened.text


class TestLimits:
    def test_the_public_list_is_limited_per_address(self, client: Client):
        answers = [client.get("/api/v1/offerings?q=设备").status_code for _ in range(30)]
        assert answers.count(429) >= 1
        assert answers[0] == 200
        assert make_user


def test_uploads_leave_nothing_open(client: Client, vendor: Vendor):
    """An upload to a page that wants none is closed all the same (the run fails on a forgotten one)."""
    sign_in(client, vendor.user)
    client.post("/workspace/offerings/rows", files={"file": ("x.bin", io.BytesIO(b"x" * 10))})


def test_a_person_whose_case_was_rewritten_can_still_be_deleted(client: Client, vendor: Vendor):
    session = client.session
    row = make_offering(session, vendor)
    session.add(
        CaseReference(
            offering_id=row.id,
            case_key="e" * 64,
            customer="示例旧客户",
            contact_name="示例",
            contact_phone=PHONE,
        )
    )
    session.flush()
    sign_in(client, vendor.user)
    page = f"/workspace/offerings/{row.id}/references"
    assert PHONE in client.get(page).text
    sent = form_of(client, page, f"{page}/remove")
    assert client.post(f"{page}/remove", data=sent).status_code == 303
    assert PHONE not in client.get(page).text
