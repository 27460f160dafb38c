"""The staff's desk of verification."""

import re
from typing import Any

import pytest

from app.core.permissions import Role
from app.organisations.models import OrganisationState
from app.organisations.verification import CHECKS
from tests.factories.accounts import make_staff, make_user, sign_in
from tests.factories.organisations import make_organisation
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
        unseen = self.decide(client, ids[1], decision="verified", **{"checks[]": list(CHECKS)})
        assert "没有上传营业执照" in unseen.text  # a tick on a paper that is not there needs a word
        answer = self.decide(
            client, ids[1], decision="verified", reason="到厂里看过原件", **{"checks[]": list(CHECKS)}
        )
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
        assert "还有 5 项没有核对" in answer.text
        assert re.search(r'name="checks\[\]" value="licence" checked', answer.text)

    def test_a_decided_one_shows_its_history_and_can_be_suspended_and_reopened(self, client: Client):
        row = make_organisation(client.session)
        path = f"/desk/organisations/{row.id}"
        sign_in(client, make_staff(client.session))
        assert "0 位成员都会收到消息" in client.get(f"{path}/suspend").text
        assert client.submit(f"{path}/suspend", {"reason": "失信"}).status_code == 422
        done = client.submit(f"{path}/suspend", {"reason": "列入失信名单"})
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
