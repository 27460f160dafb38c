"""The organisations' pages: registering, one's own, the desk, the public page."""

import re
from typing import Any

import pytest

from app.accounts import queries as people
from app.accounts.models import MembershipState
from app.core import uscc
from app.core.permissions import Role
from app.organisations import queries
from app.organisations.models import Capacity, OrganisationState
from app.organisations.verification import CHECKS
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


@both
class TestOwn:
    def test_a_member_reads_and_may_not_edit(self, client: Client):
        own = make_organisation(client.session)
        member = add_member(client.session, own, role=Role.member)
        sign_in(client, member)
        page = client.get("/organisations/mine")
        assert page.status_code == 200
        assert "/organisations/mine/edit" not in page.text
        assert client.get("/organisations/mine/edit").status_code == 403

    def test_an_edit_with_an_old_version_shows_both(self, client: Client):
        own = make_organisation(client.session, intro="原来的介绍", staff_count=12)
        sign_in(client, add_member(client.session, own))
        organisation_id = own.id
        form = filled(own.credit_code, name=own.name, version="1")
        assert client.submit("/organisations/mine/edit", {**form, "intro": "先存的"}).status_code == 303
        refused = client.submit("/organisations/mine/edit", {**form, "intro": "后存的", "version": "1"})
        assert refused.status_code == 409
        assert "先存的" in refused.text
        assert "后存的" in refused.text
        version = re.search(r'name="version" value="(\d+)"', refused.text)
        assert version
        again = client.submit("/organisations/mine/edit", {**form, "intro": "后存的", "version": version[1]})
        assert again.status_code == 303
        stored = next(iter(queries.list_by_ids(client.session, [organisation_id])))
        assert stored.intro == "后存的"

    def test_requests_are_answered_on_the_own_page(self, client: Client):
        own = make_organisation(client.session)
        admin = add_member(client.session, own)
        applicant = add_member(
            client.session,
            own,
            make_user(client.session, name="示例小李"),
            Role.member,
            MembershipState.requested,
        )
        sign_in(client, admin)
        page = client.get("/organisations/mine")
        assert "示例小李" in page.text
        action = re.search(r"/organisations/mine/members/[0-9a-f-]+/accept", page.text)
        assert action
        assert client.submit("/organisations/mine", {}, action=action[0]).status_code == 303
        sign_in(client, applicant)
        assert client.get("/organisations/mine").status_code == 200
        assert "示例机械" in client.get("/organisations/mine").text

    def test_a_person_without_one_is_shown_the_way(self, client: Client):
        sign_in(client, make_user(client.session))
        assert "/organisations/new" in client.get("/organisations/mine").text
        assert client.get("/organisations/mine/edit").status_code == 403
        sign_in(client, make_staff(client.session))
        assert "您代表平台办事" in client.get("/organisations/mine").text

    def test_a_returned_one_is_mended_and_submitted_again(self, client: Client):
        own = make_organisation(
            client.session, state=OrganisationState.returned, decision_reason="请照营业执照逐字填写"
        )
        organisation_id, form = own.id, filled(own.credit_code, name="示例改好有限公司", version="1")
        sign_in(client, add_member(client.session, own))
        page = client.get("/organisations/mine")
        assert "请照营业执照逐字填写" in page.text
        assert client.submit("/organisations/mine/edit", form).status_code == 303
        assert queries.find_open_verification(client.session, organisation_id) is not None
        assert "中心正在核验" in client.get("/organisations/mine").text
        token = client.get("/api/v1/me").json()["csrf_token"]
        again = client.post("/organisations/mine/submit", headers={"X-CSRF-Token": token})
        assert again.status_code == 422
        assert "已经在等中心核验" in again.text

    def test_a_returned_one_may_be_right_as_it_is(self, client: Client):
        own = make_organisation(client.session, state=OrganisationState.returned)
        sign_in(client, add_member(client.session, own))
        sent = client.submit("/organisations/mine", action="/organisations/mine/submit")
        assert sent.status_code == 303

    def test_a_taken_code_is_refused_beside_the_form(self, client: Client):
        taken = make_organisation(client.session).credit_code
        own = make_organisation(client.session, state=OrganisationState.unverified)
        form = filled(taken, name=own.name, version="1")
        sign_in(client, add_member(client.session, own))
        answer = client.submit("/organisations/mine/edit", form)
        assert answer.status_code == 422
        assert "已经登记过" in answer.text

    def test_roles_and_refusals(self, client: Client):
        own = make_organisation(client.session)
        admin = add_member(client.session, own)
        member = add_member(client.session, own, role=Role.member)
        asked = add_member(client.session, own, role=Role.member, state=MembershipState.requested)
        rows = {row.user_id: row.id for row in people.list_memberships(client.session, own.id)}
        base = "/organisations/mine/members"
        sign_in(client, admin)
        refused = client.submit("/organisations/mine", action=f"{base}/{rows[asked.id]}/refuse")
        assert refused.status_code == 303
        promoted = client.submit("/organisations/mine", action=f"{base}/{rows[member.id]}/role")
        assert promoted.status_code == 303
        removed = client.submit("/organisations/mine", action=f"{base}/{rows[member.id]}/remove")
        assert removed.status_code == 303
        states = {row.user_id: row for row in people.list_memberships(client.session, own.id)}
        assert states[member.id].role is Role.organisation_admin
        assert states[member.id].state is MembershipState.ended
        assert states[asked.id].state is MembershipState.refused
        token = client.get("/api/v1/me").json()["csrf_token"]
        for wrong in ("auditor", "emperor", ""):
            answer = client.post(f"{base}/{rows[admin.id]}/role", data={"role": wrong, "csrf_token": token})
            assert answer.status_code == 422, wrong

    def test_another_organisations_member_is_not_found(self, client: Client):
        own, other = make_organisation(client.session), make_organisation(client.session)
        add_member(client.session, other, role=Role.member, state=MembershipState.requested)
        sign_in(client, add_member(client.session, own))
        token = client.get("/api/v1/me").json()["csrf_token"]
        foreign = people.list_memberships(client.session, other.id)[0].id
        for step in ("accept", "refuse", "remove"):
            answer = client.post(
                f"/organisations/mine/members/{foreign}/{step}", headers={"X-CSRF-Token": token}
            )
            assert answer.status_code == 404, step

    def test_the_last_admin_stays(self, client: Client):
        own = make_organisation(client.session)
        admin = add_member(client.session, own)
        sign_in(client, admin)
        row = people.list_memberships(client.session, own.id)[0].id
        token = client.get("/api/v1/me").json()["csrf_token"]
        answer = client.post(f"/organisations/mine/members/{row}/remove", headers={"X-CSRF-Token": token})
        assert answer.status_code == 422
        assert "至少要有一位管理员" in answer.text

    def test_one_person_acts_for_one_of_two(self, client: Client):
        first = make_organisation(client.session, short_name="示例甲厂")
        second = make_organisation(client.session, short_name="示例乙厂")
        user = add_member(client.session, first)
        add_member(client.session, second, user)
        stranger = make_organisation(client.session).id
        sign_in(client, user)
        token = client.get("/api/v1/me").json()["csrf_token"]
        target = second.id
        answer = client.post(f"/organisations/{target}/act", headers={"X-CSRF-Token": token})
        assert answer.status_code == 303
        assert client.get("/api/v1/me").json()["organisation"]["id"] == str(target)
        refused = client.post(f"/organisations/{stranger}/act", headers={"X-CSRF-Token": token})
        assert refused.status_code == 404  # an outsider does not learn that it exists


class TestPublic:
    def test_a_verified_one_without_its_contacts(self, client: Client):
        row = make_organisation(client.session, Capacity.vendor, contact_mobile="13911112222")
        page = client.get(f"/organisations/{row.id}")
        assert page.status_code == 200
        assert "服务商" in page.text
        assert "已核验" in page.text
        assert "13911112222" not in page.text
        assert row.credit_code not in page.text

    @pytest.mark.parametrize(
        "state", [OrganisationState.unverified, OrganisationState.returned, OrganisationState.suspended]
    )
    def test_any_other_is_not_found_but_by_itself_and_staff(self, client: Client, state: OrganisationState):
        row = make_organisation(client.session, state=state)
        organisation_id = row.id
        admin = add_member(client.session, row)
        assert client.get(f"/organisations/{organisation_id}").status_code == 404
        sign_in(client, make_user(client.session))
        assert client.get(f"/organisations/{organisation_id}").status_code == 404
        sign_in(client, admin)
        assert client.get(f"/organisations/{organisation_id}").status_code == 200
        sign_in(client, make_staff(client.session))
        assert client.get(f"/organisations/{organisation_id}").status_code == 200

    @pytest.mark.parametrize("path", ["/organisations/0", "/organisations/%27%20or%201=1"])
    def test_nonsense_is_not_found(self, client: Client, path: str):
        assert client.get(path).status_code == 404


@both
class TestDesk:
    def decide(self, client: Client, organisation_id: Any, **data: Any) -> Any:
        path = f"/desk/organisations/{organisation_id}"
        return client.submit(path, data, action=f"{path}/decision")

    def test_the_queue_is_oldest_first_and_the_next_opens_by_itself(self, client: Client):
        rows = [
            make_organisation(client.session, state=OrganisationState.unverified, name=f"示例第{n}家")
            for n in range(3)
        ]
        ids = [row.id for row in rows]
        sign_in(client, make_staff(client.session))
        page = client.get("/desk/organisations")
        places = [page.text.index(f'href="/desk/organisations/{item}"') for item in ids]
        assert places == sorted(places)
        assert "机构核验 3 件" in page.text
        answer = self.decide(client, ids[1], decision="verified", **{"checks[]": list(CHECKS)})
        assert answer.headers["location"] == f"/desk/organisations/{ids[2]}"
        answer = self.decide(client, ids[2], decision="returned", **{"faults[]": ["district"]})
        assert answer.headers["location"] == f"/desk/organisations/{ids[0]}"  # back to the one left out
        assert "所选区县不一致" in client.get(f"/desk/organisations/{ids[2]}").text
        last = self.decide(client, ids[0], decision="suspended", reason="冒用他人代码")
        assert last.headers["location"] == "/desk/organisations"
        assert "没有等着核验的机构" in client.get("/desk/organisations").text

    def test_a_refused_decision_keeps_what_was_ticked(self, client: Client):
        row = make_organisation(client.session, state=OrganisationState.unverified)
        organisation_id = row.id
        sign_in(client, make_staff(client.session))
        answer = self.decide(client, organisation_id, decision="verified", **{"checks[]": ["licence"]})
        assert answer.status_code == 422
        assert "还有 4 项没有核对" in answer.text
        assert re.search(r'name="checks\[\]" value="licence" checked', answer.text)

    def test_a_decided_one_shows_its_history_and_can_be_suspended_and_reopened(self, client: Client):
        row = make_organisation(client.session)
        path = f"/desk/organisations/{row.id}"
        sign_in(client, make_staff(client.session))
        assert client.submit(path, {"reason": "失信"}, action=f"{path}/suspend").status_code == 422
        done = client.submit(path, {"reason": "列入失信名单"}, action=f"{path}/suspend")
        assert done.status_code == 303
        assert "列入失信名单" in client.get(path).text
        assert client.submit(path, action=f"{path}/reopen").status_code == 303
        assert "机构核验 1 件" in client.get(path).text

    def test_made_up_points_are_refused(self, client: Client):
        row = make_organisation(client.session, state=OrganisationState.unverified)
        organisation_id = row.id
        sign_in(client, make_staff(client.session))
        answer = self.decide(client, organisation_id, decision="returned", **{"faults[]": ["magic"]})
        assert answer.status_code == 422
        assert "请从列出的核对项中选择" in answer.text

    def test_only_reviewers_decide_and_only_staff_look(self, client: Client):
        row = make_organisation(client.session, state=OrganisationState.unverified)
        path = f"/desk/organisations/{row.id}"
        for role, looks, decides in (
            (Role.reviewer, 200, 422),
            (Role.operator, 200, 403),
            (Role.city_officer, 403, 403),
            (Role.system_admin, 403, 403),
        ):
            sign_in(client, make_user(client.session, role))
            token = client.get("/api/v1/me").json()["csrf_token"]
            assert client.get(path).status_code == looks, role
            sent = client.post(f"{path}/decision", headers={"X-CSRF-Token": token})
            assert sent.status_code == decides, role

    def test_the_search_over_all(self, client: Client):
        make_organisation(client.session, name="示例百分号100%有限公司")
        sign_in(client, make_staff(client.session))
        assert "百分号" in client.get("/desk/organisations/all", params={"q": "100%"}).text
        assert "没有找到" in client.get("/desk/organisations/all", params={"q": "100_"}).text
        assert client.get("/desk/organisations/all", params={"state": "nonsense"}).status_code == 200


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
