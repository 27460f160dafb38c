"""The three administrators, and the roles that exclude each other."""

import uuid
from io import BytesIO
from itertools import permutations

import pytest
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from app.accounts import policy, queries, service
from app.accounts.models import UserState
from app.accounts.service import personal
from app.core import audit
from app.core.errors import Conflict, Forbidden
from app.core.permissions import ORGANISATION_ROLES, PLATFORM_ROLES, SYSTEM, Role
from app.routes import load_hooks
from tests.factories.accounts import PASSWORD, actor_of, make_user, sign_in
from tests.factories.organisations import add_member, make_organisation
from tests.services.client import Client

load_hooks()  # every room's part of a deletion
# Reviewed by hand: the only pairs of roles that one person may hold together (PRODUCT, Who uses it).
TOGETHER = {
    frozenset({Role.member, Role.organisation_admin}),
    frozenset({Role.reviewer, Role.operator}),
}
PAIRS = list(permutations(Role, 2))


@pytest.mark.parametrize(("held", "wanted"), PAIRS)
def test_the_exclusions_are_the_reviewed_table(held: Role, wanted: Role):
    excluded = policy.conflict(frozenset({held}), wanted) is not None
    assert excluded is (frozenset({held, wanted}) not in TOGETHER)


def give(session: Session, user_id: uuid.UUID, role: Role) -> None:
    district = "banan" if role is Role.district_officer else None
    service.grant_role(session, SYSTEM, user_id=user_id, role=role, district=district)


@pytest.mark.parametrize(("held", "wanted"), [pair for pair in PAIRS if set(pair) <= PLATFORM_ROLES])
def test_granting_holds_the_exclusions(session: Session, held: Role, wanted: Role):
    user = make_user(session)
    give(session, user.id, held)
    session.expire_all()
    if frozenset({held, wanted}) in TOGETHER:
        give(session, user.id, wanted)
        assert queries.list_roles_held(session, user.id) == {held, wanted}
    else:
        with pytest.raises(Conflict, match="不能再授予"):
            give(session, user.id, wanted)


@pytest.mark.parametrize("role", sorted(PLATFORM_ROLES))
def test_nobody_works_for_the_platform_and_for_an_organisation(session: Session, role: Role):
    own = make_organisation(session)
    member = add_member(session, own)
    with pytest.raises(Conflict):
        give(session, member.id, role)
    officer = make_user(session, role)
    with pytest.raises(Conflict, match="不能同时代表"):
        service.add_membership(session, SYSTEM, user_id=officer.id, organisation_id=own.id, role=Role.member)


def test_a_district_officer_needs_a_district_and_nobody_else_has_one(session: Session):
    user = make_user(session)
    for role, district in ((Role.district_officer, None), (Role.reviewer, "banan")):
        with pytest.raises(Conflict, match="写明区县"):
            service.grant_role(session, SYSTEM, user_id=user.id, role=role, district=district)


def test_the_district_is_one_of_the_list(session: Session):
    user = make_user(session)
    for district in ("atlantis", "", "liangjiang-old' OR 1=1"):
        with pytest.raises(Conflict, match="没有这个区县"):
            service.grant_role(
                session, SYSTEM, user_id=user.id, role=Role.district_officer, district=district
            )
    service.grant_role(session, SYSTEM, user_id=user.id, role=Role.district_officer, district="banan")


def test_an_erased_account_neither_comes_back_nor_gets_a_role(session: Session):
    user = make_user(session)
    personal.erase(session, user.id)
    system = actor_of(make_user(session, Role.system_admin), Role.system_admin)
    with pytest.raises(Conflict, match="已经注销"):
        service.set_user_state(session, system, user_id=user.id, state=UserState.active)
    with pytest.raises(Conflict, match="已经注销"):
        service.grant_role(session, SYSTEM, user_id=user.id, role=Role.reviewer)


@pytest.mark.parametrize("role", sorted(ORGANISATION_ROLES))
def test_organisation_roles_are_not_granted_by_the_platform(session: Session, role: Role):
    with pytest.raises(Conflict, match="机构管理员给"):
        service.grant_role(session, SYSTEM, user_id=make_user(session).id, role=role)


@pytest.mark.parametrize("role", sorted(Role))
def test_who_may_do_what(session: Session, role: Role):
    """One table for the three rights of the room, and nobody on themselves."""
    me, other = make_user(session), make_user(session)
    actor = actor_of(me, role)
    may_manage, may_grant, may_audit = (
        role is Role.system_admin,
        role is Role.security_admin,
        role is Role.auditor,
    )
    assert policy.can_manage_users(actor, other) is may_manage
    assert policy.can_grant_roles(actor, other) is may_grant
    assert policy.can_read_audit(actor, None) is may_audit
    assert policy.can_read_users(actor, None) is (may_manage or may_grant)
    assert policy.can_manage_users(actor, me) is False
    assert policy.can_grant_roles(actor, me) is False


def test_the_last_security_admin_stays(session: Session):
    keeper = make_user(session, Role.security_admin)
    system = actor_of(make_user(session, Role.system_admin), Role.system_admin)
    others = queries.count_active_holders(session, Role.security_admin) - 1
    assert others == 0
    with pytest.raises(Conflict, match="最后一位安全管理员"):
        service.set_user_state(session, system, user_id=keeper.id, state=UserState.disabled)
    make_user(session, Role.security_admin)
    service.set_user_state(session, system, user_id=keeper.id, state=UserState.disabled)
    assert keeper.state is UserState.disabled


def test_a_security_admin_cannot_grant_to_themselves(session: Session):
    me = make_user(session, Role.security_admin)
    with pytest.raises(Forbidden):
        service.grant_role(session, actor_of(me, Role.security_admin), user_id=me.id, role=Role.auditor)


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
class TestPages:
    def test_the_system_admin_disables_and_restores(self, client: Client):
        user = make_user(client.session, login="p@example.cn", name="示例被停")
        sign_in(client, make_user(client.session, Role.system_admin))
        listed = client.get("/admin/users", params={"q": "P@example"})
        assert "示例被停" in listed.text
        path = f"/admin/users/{user.id}"
        page = client.get(path)
        assert "停用这个账号" in page.text
        assert "授予角色" not in page.text
        assert client.submit(path, action=f"{path}/disable").status_code == 303
        assert "已停用" in client.get(path).text
        assert client.submit(path, action=f"{path}/restore").status_code == 303
        token = client.get("/api/v1/me").json()["csrf_token"]
        refused = client.post(f"{path}/roles", data={"role": "reviewer", "csrf_token": token})
        assert refused.status_code == 403

    def test_the_list_is_filtered(self, client: Client):
        make_user(client.session, Role.reviewer, name="示例审核筛选")
        off = make_user(client.session, name="示例停用筛选")
        off.state = UserState.disabled
        sign_in(client, make_user(client.session, Role.system_admin))
        by_role = client.get("/admin/users", params={"q": "筛选", "role": "reviewer"}).text
        assert "示例审核筛选" in by_role
        assert "示例停用筛选" not in by_role
        by_state = client.get("/admin/users", params={"q": "筛选", "state": "disabled"}).text
        assert "示例停用筛选" in by_state
        assert "示例审核筛选" not in by_state
        assert client.get("/admin/users?q=&role=&state=").status_code == 200  # as the form sends it

    def test_the_list_is_exported_as_it_is_filtered(self, client: Client):
        make_user(client.session, Role.reviewer, name="示例审核导出")
        make_user(client.session, name="=示例导出")
        sign_in(client, make_user(client.session, Role.system_admin))
        answer = client.get("/admin/users/export.xlsx", params={"q": "导出", "role": "reviewer"})
        assert answer.status_code == 200
        rows = list(load_workbook(BytesIO(answer.content)).worksheets[0].iter_rows(values_only=True))
        assert [row[0] for row in rows] == ["姓名", "示例审核导出"]
        whole = client.get("/admin/users/export.xlsx", params={"q": "导出"})
        book = load_workbook(BytesIO(whole.content)).worksheets[0]
        assert {cell.data_type for cell in book["A"]} == {"s"}  # never a formula
        names = [row.name for row in client.session.query(audit.AuditEvent)]
        assert names.count("web.list.exported") == 2

    def test_the_security_admin_grants_and_revokes(self, client: Client):
        user = make_user(client.session, name="示例审核")
        sign_in(client, make_user(client.session, Role.security_admin))
        path = f"/admin/users/{user.id}"
        page = client.get(path)
        assert "停用这个账号" not in page.text
        granted = client.submit(path, {"role": "reviewer"}, action=f"{path}/roles")
        assert granted.status_code == 303
        after = client.get(path)
        assert "和已有的「中心审核员」互斥" in after.text
        refused = client.submit(path, {"role": "auditor"}, action=f"{path}/roles")
        assert refused.status_code == 422
        assert "不能再授予「审计员」" in refused.text
        revoked = client.submit(path, action=f"{path}/roles/reviewer/revoke")
        assert revoked.status_code == 303
        assert queries.list_roles_held(client.session, user.id) == frozenset()
        missing = client.submit(path, {"role": "district_officer"}, action=f"{path}/roles")
        assert "写明区县" in missing.text
        token = client.get("/api/v1/me").json()["csrf_token"]
        for step in ("disable", "restore"):
            assert client.post(f"{path}/{step}", data={"csrf_token": token}).status_code == 403
        for nonsense in ("emperor", "member"):
            answer = client.submit(path, {"role": nonsense}, action=f"{path}/roles")
            assert answer.status_code == 422, nonsense

    def test_the_auditor_reads_with_filters_and_pages(self, client: Client):
        actor = actor_of(make_user(client.session, name="示例被查"))
        for number in range(55):
            audit.record(
                client.session,
                actor,
                "accounts.session.started",
                kind="session",
                object_id=f"s{number}",
                data={"note": "<script>x</script>"},
            )
        audit.record(client.session, actor, "accounts.role.granted", kind="user", object_id="u1")
        sign_in(client, make_user(client.session, Role.auditor))
        first = client.get("/admin/audit", params={"who": "示例被查"})
        assert "审计记录 56 条" in first.text
        assert "<script>x" not in first.text
        assert "page=2" in first.text
        second = client.get("/admin/audit", params={"who": "示例被查", "page": 2})
        assert second.text.count("<tr>") == 1 + 6
        one = client.get("/admin/audit", params={"who": "示例被查", "name": "accounts.role.granted"})
        assert "审计记录 1 条" in one.text
        assert "没有这样的记录" in client.get("/admin/audit", params={"to": "2020-01-01"}).text
        assert "没有这样的记录" in client.get("/admin/audit", params={"from": "2999-01-01"}).text
        for odd in ("gestern", "0001-01-01", "9999-12-31"):
            assert client.get("/admin/audit", params={"from": odd, "to": odd}).status_code == 200

    @pytest.mark.parametrize(
        ("role", "users", "trail"),
        [
            (None, 403, 403),
            (Role.reviewer, 403, 403),
            (Role.city_officer, 403, 403),
            (Role.system_admin, 200, 403),
            (Role.security_admin, 200, 403),
            (Role.auditor, 403, 200),
        ],
    )
    def test_none_of_the_three_does_the_others_work(
        self, client: Client, role: Role | None, users: int, trail: int
    ):
        sign_in(client, make_user(client.session, *([role] if role else [])))
        assert client.get("/admin/users").status_code == users
        assert client.get("/admin/audit").status_code == trail

    @pytest.mark.parametrize("path", ["/admin/users/0", f"/admin/users/{uuid.UUID(int=7)}"])
    def test_a_foreign_id_is_not_found(self, client: Client, path: str):
        sign_in(client, make_user(client.session, Role.security_admin))
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
class TestOwnAccount:
    def change(self, client: Client, current: str, password: str) -> int:
        answer = client.submit("/account/password", {"current": current, "password": password})
        assert password not in answer.text
        return int(answer.status_code)

    def test_a_new_password_ends_the_other_sessions(self, client: Client):
        user = make_user(client.session, login="q@example.cn")
        sign_in(client, user)
        other = dict(client.cookies)
        sign_in(client, user)
        mine = dict(client.cookies)
        assert "共 2 处" in client.get("/account").text
        assert self.change(client, "不是这个密码不是", "我的3句新话Ok很长的") == 422
        assert self.change(client, PASSWORD, "太短") == 422
        assert self.change(client, PASSWORD, PASSWORD) == 422
        assert self.change(client, PASSWORD, "我的3句新话Ok很长的") == 303
        assert client.get("/account").status_code == 200
        client.cookies.clear()
        client.cookies.update(other)
        assert client.get("/account").status_code == 303
        client.cookies.clear()
        client.cookies.update(mine)
        assert client.get("/account").status_code == 200

    def test_staff_need_a_longer_one(self, client: Client):
        sign_in(client, make_user(client.session, Role.reviewer))
        assert self.change(client, PASSWORD, "10个字Ok的新话语") == 422
        assert self.change(client, PASSWORD, "12个字以上Ok的新话语一句") == 303

    def test_me_tells_the_organisation(self, client: Client):
        own = make_organisation(client.session)
        expected = {
            "id": str(own.id),
            "name": own.name,
            "verified": True,
            "capacities": ["enterprise"],
        }
        sign_in(client, add_member(client.session, own))
        body = client.get("/api/v1/me").json()
        assert body["organisation"] == expected
        assert body["roles"] == ["organisation_admin"]
        assert own.name in client.get("/account").text
