"""The staff's desk: the oldest first, reasons, what changed meanwhile."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.core.permissions import Actor
from app.needs import queries, service
from app.needs.models import NeedState
from app.organisations.models import Organisation
from tests.factories.accounts import make_staff, sign_in
from tests.factories.needs import edit, make_held
from tests.factories.organisations import acting_for, add_member
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


class TestDesk:
    def test_the_oldest_opens_first_and_the_next_follows(self, client: Client, owner: Actor):
        first = make_held(client.session, owner, title="等得最久的一条")
        first.submitted_at = clock.now() - timedelta(days=3)
        second = make_held(client.session, owner, title="后来的一条")
        keys = first.id, second.id
        sign_in(client, make_staff(client.session))
        assert "需求留审" in client.get("/desk").text
        page = client.get("/desk/needs")
        assert "等得最久的一条" in page.text
        assert "3 天" in page.text
        assert "需求留审 2 件" in page.text
        answer = client.submit(
            f"/desk/needs/{keys[0]}",
            {"decision": "return", "reasons[]": ["budget"], "note": ""},
            action=f"/desk/needs/{keys[0]}/decision",
        )
        assert answer.headers["location"] == f"/desk/needs/{keys[1]}"
        done = client.submit(
            f"/desk/needs/{keys[1]}",
            {"decision": "publish", "note": "已电话问清，现状由中心上门测"},
            action=f"/desk/needs/{keys[1]}/decision",
        )
        assert done.headers["location"] == "/desk/needs"
        assert "没有留审的需求" in client.get("/desk/needs").text
        assert queries.get_need(client.session, owner, keys[0]).state is NeedState.returned
        assert queries.get_need(client.session, owner, keys[1]).state is NeedState.published

    def test_the_owner_reads_why_and_where(self, client: Client, member: User, owner: Actor, staff: Actor):
        need = make_held(client.session, owner)
        key = need.id
        service.decide(
            client.session,
            staff,
            need_id=key,
            version=need.version,
            publish=False,
            reasons=["budget"],
            note_text=HOSTILE,
        )
        sign_in(client, member)
        page = client.get(f"/workspace/needs/{key}/edit")
        assert "预算没有范围：请写上下限和钱从哪里来" in page.text
        assert f'/workspace/needs/{key}/edit?step=budget">去改' in page.text
        assert "<script>alert" not in page.text

    def test_a_decision_without_a_reason_is_asked_again(self, client: Client, owner: Actor):
        key = make_held(client.session, owner).id
        sign_in(client, make_staff(client.session))
        url = f"/desk/needs/{key}/decision"
        for data, reason in (
            ({"decision": "publish", "note": ""}, "请写一句为什么"),
            ({"decision": "return", "reasons[]": [], "note": ""}, "至少选一条理由"),
            ({"decision": "burn"}, "写法不对"),
        ):
            answer = client.submit(f"/desk/needs/{key}", data, action=url)
            assert answer.status_code == 422
            assert reason in answer.text

    def test_what_changed_meanwhile_is_shown_before_deciding(self, client: Client, owner: Actor):
        need = make_held(client.session, owner)
        key, seen = need.id, need.version
        sign_in(client, make_staff(client.session))
        edit(client.session, owner, need, title="企业又补了一句")
        answer = client.submit(
            f"/desk/needs/{key}",
            {"decision": "return", "reasons[]": ["time"], "note": "", "version": str(seen)},
            action=f"/desk/needs/{key}/decision",
        )
        assert answer.status_code == 409
        assert "企业又补了一句" in answer.text

    def test_the_desk_is_for_staff(self, client: Client, member: User, owner: Actor):
        key = make_held(client.session, owner).id
        assert client.get("/desk/needs").status_code == 303
        sign_in(client, member)
        for url in ("/desk/needs", f"/desk/needs/{key}"):
            assert client.get(url).status_code == 403
