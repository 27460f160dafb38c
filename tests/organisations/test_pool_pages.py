"""Pools on the screen: from the application to the badge, a warning and its answer, the lists and their cost."""

from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.organisations import pools
from app.organisations.models import Capacity, Pool, PoolCriterion, PoolEntry, PoolMove, PoolState
from tests.factories.accounts import make_staff, make_user, sign_in
from tests.factories.files import png
from tests.factories.organisations import add_member, make_organisation
from tests.organisations.pooling import Play
from tests.services.client import Client

EVIDENCE = "示例甲厂、示例乙厂，去年三月开始用"
APPLY = "/organisations/mine/pools/apply/light"


def answers(**more: str) -> dict[str, str]:
    fields = {}
    for item in pools.CRITERIA[Pool.light]:
        fields[f"criteria-{item.code}-figure"] = "7"
        fields[f"criteria-{item.code}-evidence"] = EVIDENCE
    return {**fields, **more}


def sign_in_as(client: Client, user_id: Any) -> None:
    sign_in(client, people.get_user(client.session, user_id))


class TestFromTheApplicationToTheBadge:
    def test_it_is_applied_for_decided_and_shown(self, client: Client):
        vendor = make_organisation(client.session, Capacity.vendor)
        vendor_id, owner = vendor.id, add_member(client.session, vendor).id
        sign_in_as(client, owner)
        assert f'href="{APPLY}"' in client.get("/organisations/mine/pools").text
        short = client.submit(APPLY, answers(**{"criteria-gains-evidence": "有"}), action=f"{APPLY}/uploads")
        assert short.status_code == 422
        assert "请写出依据" in short.text
        assert EVIDENCE in short.text  # the other answers are kept
        sent = client.submit(
            APPLY,
            answers(),
            action=f"{APPLY}/uploads",
            files={"file-gains": ("验收单.png", png(), "image/png")},
        )
        own = sent.headers["location"]
        assert "等中心评审" in client.get(own).text
        assert "验收单.png" in client.get(own).text
        entry_id = own.rsplit("/", 1)[1]
        sign_in(client, make_user(client.session))
        assert client.get(f"/pools/entries/{entry_id}").status_code == 404
        sign_in(client, make_staff(client.session))
        page = client.get("/desk/pools").text
        assert EVIDENCE in page
        assert "验收单.png" in page
        path = f"/desk/pools/{entry_id}"
        found = {f"findings-{item.code}-met": "yes" for item in pools.CRITERIA[Pool.light]}
        done = client.submit(path, {**found, "admit": "true"}, action=f"{path}/decision")
        assert done.status_code == 303
        client.cookies.clear()
        badge = f'href="/pools/entries/{entry_id}"'
        assert badge in client.get(f"/organisations/{vendor_id}").text
        public = client.get(f"/pools/entries/{entry_id}").text
        assert "不少于 5 家" in public
        assert EVIDENCE not in public
        assert "验收单.png" not in public
        assert badge in client.get("/pools").text

    def test_a_refused_decision_keeps_what_was_found(self, client: Client):
        play = Play(client.session)
        path = f"/desk/pools/{play.entry.id}"
        sign_in(client, make_staff(client.session))
        found = {f"findings-{item.code}-met": "yes" for item in pools.CRITERIA[Pool.light]}
        found |= {"findings-gains-met": "no", "findings-gains-finding": "没有测过改造前的数"}
        answer = client.submit(path, {**found, "admit": "true"}, action=f"{path}/decision")
        assert answer.status_code == 422
        assert "有 1 条不符合，不能入库" in answer.text
        assert "没有测过改造前的数" in answer.text

    def test_a_warning_is_answered_and_lifted(self, client: Client):
        play = Play(client.session)
        play.make(PoolMove.admit)
        entry_id, owner, staff = play.entry.id, play.admin.user_id, play.reviewer.user_id
        desk, own = f"/desk/pools/{entry_id}", f"/organisations/mine/pools/{entry_id}"
        sign_in_as(client, staff)
        past = client.submit(
            desk, {"reason": "三家客户说找不到人", "deadline": "2020-01-01"}, action=f"{desk}/warn"
        )
        assert "整改期限要在今天以后" in past.text
        assert client.submit(desk, {"reason": "三家客户说找不到人"}, action=f"{desk}/warn").status_code == 303
        early = client.submit(desk, {"reason": "客户等不了了"}, action=f"{desk}/remove")
        assert "到期前对方没有答复也不能移出" in early.text
        sign_in_as(client, owner)
        assert "三家客户说找不到人" in client.get(own).text
        assert (
            client.submit(own, {"reason": "换了专人，客户都回访过"}, action=f"{own}/answer").status_code
            == 303
        )
        sign_in_as(client, staff)
        assert "换了专人" in client.get("/desk/pools").text
        assert client.submit(desk, {"reason": "抽查三家属实"}, action=f"{desk}/lift").status_code == 303
        row = client.session.get(PoolEntry, entry_id)
        assert row is not None
        assert row.state is PoolState.admitted

    def test_a_pool_that_is_none(self, client: Client):
        sign_in(client, add_member(client.session, make_organisation(client.session, Capacity.vendor)))
        assert client.get("/organisations/mine/pools/apply/nonsense").status_code == 404

    def test_the_list_is_exported_as_it_is_filtered(self, client: Client):
        Play(client.session)
        sign_in(client, make_staff(client.session))
        assert "服务商池 1 条" in client.get("/desk/pools/all?pool=light").text
        assert "服务商池 0 条" in client.get("/desk/pools/all?pool=chain").text
        sheet = client.get("/desk/pools/export.xlsx?pool=light")
        assert sheet.headers["content-disposition"].startswith("attachment")


def fill(session: Session, count: int) -> None:
    while len(session.scalars(select(PoolEntry.id)).all()) < count:
        vendor = make_organisation(session, Capacity.vendor)
        row = PoolEntry(
            organisation_id=vendor.id,
            pool=Pool.light,
            state=PoolState.admitted,
            admitted_at=vendor.created_at,
            criteria=[
                PoolCriterion(code="gains", position=0, required=1, figure=1, evidence=EVIDENCE, met=True)
            ],
            steps=[],
        )
        session.add(row)
        session.flush()


@pytest.mark.parametrize("path", ["/pools", "/desk/pools/all", "/desk/organisations/all", "/desk/orphans"])
def test_a_list_costs_the_same_for_two_hundred_as_for_two(client: Client, path: str):
    sign_in(client, make_staff(client.session))
    counts = []
    for wanted in (2, 200):
        fill(client.session, wanted)
        statements: list[str] = []

        def note(*arguments: Any, into: list[str] = statements) -> None:
            into.append(str(arguments[2]))

        engine = client.app.state.runtime.database.engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            assert client.get(path).status_code == 200
        finally:
            event.remove(engine, "before_cursor_execute", note)
        counts.append(len([text for text in statements if text.startswith("SELECT")]))
    assert counts[0] == counts[1]
    assert counts[0] > 0
