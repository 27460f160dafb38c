"""The pages of one's own organisation, and the public page."""

import re
from typing import Any

import pytest

from app.accounts import queries as people
from app.accounts.models import MembershipState
from app.core.permissions import Role
from app.organisations import queries
from app.organisations.models import Capacity, OrganisationState
from tests.factories.accounts import make_staff, make_user, sign_in
from tests.factories.organisations import add_member, make_organisation
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
