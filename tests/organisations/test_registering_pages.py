"""The pages of registering, and the programs' questions about a code."""

import re
from typing import Any

import pytest

from app.core import uscc
from app.organisations import queries
from app.organisations.models import Capacity, OrganisationState
from tests.factories.accounts import make_staff, make_user, sign_in
from tests.factories.organisations import add_member, make_organisation, new_code
from tests.services.client import Client

both = pytest.mark.parametrize("backend", ["sqlite", "postgres"])
HOSTILE = "<script>alert(1)</script>有限公司"


def filled(code: str, **more: Any) -> dict[str, Any]:
    return {
        "credit_code": code,
        "name": "示例转向节有限公司",
        "capacities[]": ["enterprise"],
        "district": "banan",
        "industry": "C34",
        "contact_name": "示例王工",
        "contact_mobile": "13800000000",
        **more,
    }


def register(client: Client, code: str, **more: Any) -> Any:
    return client.submit(f"/organisations/new?code={code}", filled(code, **more), action="/organisations/new")


class TestRegistering:
    @both
    def test_from_the_code_to_the_own_page(self, client: Client):
        sign_in(client, make_user(client.session))
        first = client.get("/organisations/new")
        assert "统一社会信用代码" in first.text
        assert 'name="contact_mobile"' not in first.text  # one thing at a time
        code = new_code()
        answer = register(client, code, short_name="示例转向节", intro="三十台加工中心")
        assert (answer.status_code, answer.headers["location"]) == (303, "/organisations/mine")
        mine = client.get("/organisations/mine")
        assert "示例转向节有限公司" in mine.text
        assert "中心正在核验" in mine.text
        found = queries.find_by_code(client.session, code)
        assert found is not None
        assert found.state is OrganisationState.unverified
        assert queries.find_open_verification(client.session, found.id) is not None

    def test_a_wrong_code_says_which_check_failed_and_what_was_expected(self, client: Client):
        sign_in(client, make_user(client.session))
        good = new_code()
        wrong = good[:17] + ("0" if good[17] != "0" else "1")
        page = client.get("/organisations/new", params={"code": wrong})
        assert "GB 32100" in page.text
        assert f"应是 {good[17]}" in page.text
        assert 'name="contact_mobile"' not in page.text
        fragment = client.get(
            "/organisations/check-code", params={"code": wrong}, headers={"HX-Request": "true"}
        )
        assert f"应是 {good[17]}" in fragment.text
        assert "<html" not in fragment.text

    def test_a_known_code_leads_to_its_admin(self, client: Client):
        known = make_organisation(client.session)
        code, name = known.credit_code, known.name
        add_member(client.session, known)
        sign_in(client, make_user(client.session, name="示例小李"))
        led = client.get("/organisations/new", params={"code": code})
        assert led.headers["location"] == f"/organisations/join?code={code}"
        assert (
            "申请加入"
            in client.get(
                "/organisations/check-code", params={"code": code}, headers={"HX-Request": "true"}
            ).text
        )
        page = client.get(led.headers["location"])
        assert name in page.text
        sent = client.submit(led.headers["location"], {"note": "设备科"}, action="/organisations/join")
        assert sent.status_code == 303
        again = client.submit(led.headers["location"], {}, action="/organisations/join")
        assert again.status_code == 422
        assert "已经提出过申请" in again.text

    @both
    def test_two_tabs_register_the_same_code(self, client: Client):
        """The second one, who opened the form in time, is led to the admin and makes nothing."""
        sign_in(client, make_user(client.session))
        code = new_code()
        form = client.get(f"/organisations/new?code={code}").text
        make_organisation(client.session, credit_code=code)
        token = re.search(r'name="csrf_token" value="([^"]+)"', form)
        key = re.search(r'name="idempotency_key" value="([^"]+)"', form)
        assert token
        assert key
        answer = client.post(
            "/organisations/new",
            data={**filled(code), "csrf_token": token[1], "idempotency_key": key[1]},
        )
        assert answer.headers["location"] == f"/organisations/join?code={code}"

    @both
    def test_a_repeated_submit_registers_once(self, client: Client):
        sign_in(client, make_user(client.session))
        code = new_code()
        form = client.get(f"/organisations/new?code={code}").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', form)
        key = re.search(r'name="idempotency_key" value="([^"]+)"', form)
        assert token
        assert key
        data = {**filled(code), "csrf_token": token[1], "idempotency_key": key[1]}
        answers = [client.post("/organisations/new", data=data) for _ in range(2)]
        assert [item.headers["location"] for item in answers] == ["/organisations/mine"] * 2

    @pytest.mark.parametrize(
        ("field", "value", "reason"),
        [
            ("name", "", "营业执照上的全称"),
            ("name", "长" * 10_000, "最多 80 个字"),
            ("capacities[]", [], "至少选一项"),
            ("capacities[]", ["emperor"], "从列出的选项"),
            ("district", "亚特兰蒂斯", "没有找到这个区县"),
            ("industry", "", "制造企业请选行业"),
            ("industry", "炼金术", "没有找到这个行业"),
            ("staff_count", "很多", "请填整数"),
            ("staff_count", "0", "不能小于 1"),
            ("intro", "加微信 vx: zhang12345", "微信号"),
            ("intro", "长" * 1_001, "最多 1000 个字"),
            ("contact_mobile", "12345", "13800000000"),
            ("contact_email", "不是邮箱", "li@example.cn"),
            ("contact_name", "", "能答复的人"),
            ("credit_code", "123", "18位"),
            ("boss", "x", "不认识这个字段"),
        ],
    )
    def test_bad_input_is_explained_beside_the_field(
        self, client: Client, field: str, value: Any, reason: str
    ):
        sign_in(client, make_user(client.session))
        code = new_code()
        answer = register(client, code, **{field: value})
        assert answer.status_code == 422
        assert reason in answer.text
        if field != "credit_code":
            assert code in answer.text  # what was typed before is not lost
        assert queries.find_by_code(client.session, code) is None

    def test_a_script_as_name_is_shown_as_text(self, client: Client):
        sign_in(client, make_user(client.session))
        assert register(client, new_code(), name=HOSTILE, intro=HOSTILE).status_code == 303
        page = client.get("/organisations/mine")
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert（1）&lt;/script&gt;" in page.text
        reviewer = make_staff(client.session)
        sign_in(client, reviewer)
        assert "<script>alert" not in client.get("/desk/organisations").text

    def test_joining_without_a_registered_code_leads_back(self, client: Client):
        sign_in(client, make_user(client.session))
        answer = client.get("/organisations/join", params={"code": "123"})
        assert answer.headers["location"] == "/organisations/new?code=123"

    def test_one_without_an_admin_names_the_centres_telephone(self, client: Client):
        code = make_organisation(client.session).credit_code
        sign_in(client, make_user(client.session))
        page = client.get("/organisations/join", params={"code": code})
        assert "它现在没有管理员" in page.text
        assert 'action="/organisations/join"' not in page.text

    def test_staff_cannot_register_one(self, client: Client):
        sign_in(client, make_staff(client.session))
        assert client.get("/organisations/new").status_code == 403

    def test_a_visitor_is_asked_to_sign_in(self, client: Client):
        answer = client.get("/organisations/new")
        assert answer.headers["location"].startswith("/sign-in?next=/organisations/new")


class TestApi:
    def test_check_code(self, client: Client):
        taken = make_organisation(client.session).credit_code
        free = new_code()
        ask = "/api/v1/organisations/check-code"
        assert client.get(ask, params={"code": taken}).json()["registered"] is True
        good = client.get(ask, params={"code": free.lower()[:9] + " " + free.lower()[9:]}).json()
        assert good == {"code": free, "valid": True, "registered": False, "problems": []}
        wrong = client.get(ask, params={"code": free[:16] + "Z" + free[17]}).json()
        assert wrong["valid"] is False
        assert wrong["problems"][0]["position"] == 17
        assert client.get(ask).status_code == 422
        assert client.get(ask, params={"code": "9" * 100}).status_code == 422

    def test_check_code_is_limited(self, client: Client):
        ask = "/api/v1/organisations/check-code"
        answers = [client.get(ask, params={"code": uscc.FICTITIOUS_REGION}).status_code for _ in range(31)]
        assert answers[:30] == [200] * 30
        assert answers[30] == 429

    def test_the_public_fields_and_no_others(self, client: Client):
        row = make_organisation(client.session, Capacity.vendor, contact_mobile="13911112222")
        hidden = make_organisation(client.session, state=OrganisationState.unverified).id
        expected = {
            "id": str(row.id),
            "name": row.name,
            "short_name": "",
            "capacities": ["vendor"],
            "district": "banan",
            "industry": "C34",
            "verified": True,
            "demo": False,
        }
        assert client.get(f"/api/v1/organisations/{expected['id']}").json() == expected
        missing = client.get(f"/api/v1/organisations/{hidden}")
        assert missing.status_code == 404
        assert missing.json()["error"]["code"] == "not_found"
        assert client.get("/api/v1/organisations/nonsense").status_code == 404
