"""Taking one's data along, and leaving without a trace (个人信息保护法 art. 45, 47)."""

import io
import json
import uuid
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts import queries, service
from app.accounts.jobs import erase_due, make_export
from app.accounts.models import Erasure, MembershipState, PersonalExport, User, UserState
from app.accounts.service import personal as commands
from app.accounts.sweeping import sweep
from app.core import audit, clock, drafts, idempotency, messages, outgoing, personal
from app.core.audit import AuditEvent
from app.core.db import Base, Database, settings_of
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.jobs import JobContext, run_one
from app.core.permissions import Actor, Role
from app.core.scopes import Scope
from app.offerings.models import OfferingReport, ReportReason
from app.routes import load_hooks
from tests.factories.accounts import PASSWORD, actor_of, make_user, sign_in
from tests.factories.needs import make_draft
from tests.factories.offerings import make_offering
from tests.factories.organisations import acting_for, add_member, make_organisation
from tests.services.client import Client

load_hooks()  # every room's part of the register
NAME, LOGIN, NOTE = "白鹭暗记甲", "bailu-canary@secret.example", "白鹭暗记乙"
WORDS, TYPED = "白鹭暗记丙", "白鹭暗记丁"
CANARIES = (NAME, LOGIN, NOTE, WORDS, TYPED)


def canary_person(session: Session) -> Actor:
    """Somebody who left a trace in every place that we know."""
    house = make_organisation(session, contact_name=NAME, contact_email=LOGIN)
    user = make_user(session, name=NAME, login=LOGIN)
    add_member(session, house, user, Role.member)
    add_member(session, house)
    actor = acting_for(user, house, Role.member)
    second = make_organisation(session)
    add_member(session, second, user, Role.member, MembershipState.requested)
    asked = queries.find_membership(session, user.id, second.id)
    assert asked is not None
    asked.note = NOTE
    admin = add_member(session, second)
    third = make_organisation(session)
    service.make_invitation(session, actor_of(admin), organisation_id=third.id, login=LOGIN, role=Role.member)
    service.start_session(session, queries.get_user(session, user.id), ip="113.204.8.9", agent="Chrome")
    service.make_token(session, actor, name=NAME, scopes=[Scope.needs_read], days=30)
    drafts.save(session, owner=drafts.user_owner(user.id), form="示例", data={"text": TYPED})
    idempotency.begin(session, owner=f"user:{user.id}", route="POST /x", key="k", digest="d")[
        0
    ].body = NAME.encode()
    messages.post(session, "accounts.data.ready", user_id=user.id, dedupe_key=f"t:{user.id}")
    outgoing.post(session, outgoing.Channel.mail, LOGIN, text=NAME, key=f"t:{user.id}")
    make_draft(session, actor)
    offering = make_offering(session, make_organisation(session))
    session.add(
        OfferingReport(
            id=uuid.uuid4(),
            offering_id=offering.id,
            reason=ReportReason.other,
            text=WORDS,
            reporter_id=user.id,
        )
    )
    session.add(PersonalExport(id=uuid.uuid4(), user_id=user.id, content=NAME.encode()))
    audit.record(session, actor, "accounts.data.downloaded", kind="user", object_id=user.id)
    session.flush()
    return actor


def places_with(session: Session, words: tuple[str, ...]) -> list[str]:
    """Every table and column, and every file below the data folder, where one of the words stands."""
    session.flush()
    found = []
    for table in Base.metadata.sorted_tables:
        for row in session.execute(select(table)):
            for column, value in row._mapping.items():
                text = value.decode("utf-8", "replace") if isinstance(value, bytes) else repr(value)
                found += [f"{table.name}.{column}: {word}" for word in words if word in text]
    folder = settings_of(session).data_dir
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.startswith("funeng.db"):
            content = path.read_bytes()
            found += [f"{path.name}: {word}" for word in words if word.encode() in content]
    return found


class TestErasing:
    def test_nothing_of_the_person_is_left_in_any_table_or_file(self, session: Session):
        actor = canary_person(session)
        assert actor.user_id is not None
        before = places_with(session, CANARIES)
        for place in ("users.name", "users.email", "drafts.data", "outgoing.", "memberships.note"):
            assert any(item.startswith(place) for item in before), f"the control: {place} holds none"
        assert {word for item in before for word in CANARIES if word in item} == set(CANARIES)
        commands.erase(session, actor.user_id)
        assert places_with(session, CANARIES) == []
        user = queries.get_user(session, actor.user_id)
        assert (user.name, user.state) == (personal.ERASED_NAME, UserState.disabled)
        assert {item.state for item in user.memberships} == {MembershipState.ended}
        trail = session.scalars(select(AuditEvent).where(AuditEvent.actor_user_id == user.id)).all()
        assert trail  # the pseudonymous id stays with what was done

    def test_repeating_it_changes_nothing(self, session: Session):
        actor = canary_person(session)
        assert actor.user_id is not None
        for _ in range(2):
            commands.erase(session, actor.user_id)
        user = queries.get_user(session, actor.user_id)
        assert user.erased_at is not None
        assert places_with(session, CANARIES) == []

    def test_it_waits_seven_days_and_can_be_taken_back(self, session: Session):
        actor = actor_of(make_user(session))
        row = service.request_erasure(session, actor)
        assert service.request_erasure(session, actor).id == row.id
        with clock.frozen(clock.now() + timedelta(days=6, hours=23)):
            assert commands.erase_due(session) == 0
            service.cancel_erasure(session, actor)
        with clock.frozen(clock.now() + timedelta(days=8)):
            assert commands.erase_due(session) == 0
            service.request_erasure(session, actor)
        with clock.frozen(clock.now() + timedelta(days=16)):
            assert commands.erase_due(session) == 1
            assert commands.erase_due(session) == 0

    def test_the_only_admin_of_a_verified_house_hands_over_first(self, session: Session):
        house = make_organisation(session)
        user = add_member(session, house)
        actor = acting_for(user, house)
        with pytest.raises(Conflict, match="唯一的管理员"):
            service.request_erasure(session, actor)
        add_member(session, house)
        service.request_erasure(session, actor)

    def test_who_became_the_only_admin_meanwhile_waits(self, session: Session):
        house = make_organisation(session)
        user, other = add_member(session, house), add_member(session, house)
        service.request_erasure(session, acting_for(user, house))
        other.state = UserState.disabled
        with clock.frozen(clock.now() + timedelta(days=8)):
            assert commands.erase_due(session) == 0
            other.state = UserState.active
            assert commands.erase_due(session) == 0
        with clock.frozen(clock.now() + timedelta(days=10)):
            assert commands.erase_due(session) == 1

    def test_platform_roles_are_given_back_first(self, session: Session):
        with pytest.raises(Conflict, match="平台角色"):
            service.request_erasure(session, actor_of(make_user(session, Role.security_admin)))

    def test_not_on_behalf(self, session: Session):
        with pytest.raises(Forbidden):
            service.request_erasure(session, replace(actor_of(make_user(session)), on_behalf=True))

    def test_a_restored_backup_is_cleaned_again(self, session: Session):
        actor = actor_of(make_user(session, name=NAME))
        assert actor.user_id is not None
        service.request_erasure(session, actor)
        with clock.frozen(clock.now() + timedelta(days=8)):
            assert commands.erase_due(session) == 1
        user = session.get(User, actor.user_id)
        assert user is not None
        user.name, user.erased_at, user.state = NAME, None, UserState.active  # as the old backup has it
        session.query(Erasure).delete()
        assert service.replay_tombstones(session) == 1
        assert places_with(session, (NAME,)) == []
        assert service.replay_tombstones(session) == 0


@pytest.mark.committed
def test_the_worker_erases_and_makes_copies(database: Database):
    with database.writing() as session:
        actor = canary_person(session)
        for row in session.scalars(select(PersonalExport)):
            session.delete(row)
        session.flush()
        row = service.request_export(session, actor)
        assert service.request_export(session, actor).id == row.id
        service.request_erasure(session, actor)
    while run_one(database):
        pass
    with database.reading() as session:
        content = service.take_export(session, actor, export_id=row.id)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        whole = json.loads(archive.read("本人信息.json"))
        names = archive.namelist()
        book = load_workbook(io.BytesIO(archive.read("账号.xlsx")))
    flat = json.dumps(whole, ensure_ascii=False)
    assert [word for word in CANARIES if word not in flat] == []
    assert whole["账号"]["账号"][0]["邮箱"] == LOGIN
    assert whole["账号"]["登录过的设备"][0]["网络地址"] == "113.204.8.9"
    assert whole["需求"]["写过的需求"][0]["案件号"]
    assert {"账号.xlsx", "需求.xlsx", "供给.xlsx", "本人信息.json"} <= set(names)
    assert {"账号", "所在机构", "登录过的设备", "接口令牌"} <= set(book.sheetnames)
    with clock.frozen(clock.now() + timedelta(days=8)):
        erase_due(None, database)
    with database.reading() as session:
        assert places_with(session, CANARIES) == []
        stones = settings_of(session).data_dir / commands.TOMBSTONES
        assert stones.read_text().split() == [str(actor.user_id)]


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
class TestPages:
    def test_a_copy_is_for_its_owner_and_a_day(self, client: Client):
        user = make_user(client.session)
        sign_in(client, user)
        asked = client.submit("/account/data", action="/account/data/exports")
        assert asked.status_code == 303
        assert "正在准备" in client.get("/account/data").text
        row = client.session.scalars(select(PersonalExport)).one()
        place = f"/account/data/exports/{row.id}"
        assert client.get(place).status_code == 404
        make_export(JobContext(client.app.state.runtime.database), export_id=str(row.id))
        assert place in client.get("/account/data").text
        got = client.get(place)
        assert got.headers["content-type"] == "application/zip"
        assert got.headers["content-disposition"].startswith("attachment")
        rows = client.session.scalars(select(AuditEvent).where(AuditEvent.actor_user_id == user.id))
        assert "accounts.data.downloaded" in [event.name for event in rows]
        sign_in(client, make_user(client.session))
        assert client.get(place).status_code == 404
        sign_in(client, user)
        with clock.frozen(clock.now() + timedelta(hours=24, seconds=1)):
            sign_in(client, user)
            assert client.get(place).status_code == 404
            commands.sweep_exports(client.session)
            assert client.session.scalars(select(PersonalExport)).all() == []

    def test_leaving_needs_the_password_and_can_be_undone(self, client: Client):
        user = make_user(client.session)
        sign_in(client, user)
        wrong = client.submit("/account/data", {"password": "不是这个"}, action="/account/data/erasure")
        assert wrong.status_code == 422
        assert "密码不对" in wrong.text
        done = client.submit("/account/data", {"password": PASSWORD}, action="/account/data/erasure")
        assert done.status_code == 303
        assert "撤回，继续使用" in client.get("/account/data").text
        back = client.submit("/account/data", action="/account/data/erasure/cancel")
        assert back.status_code == 303
        assert queries.find_open_erasure(client.session, user.id) is None

    def test_the_page_says_who_must_hand_over(self, client: Client):
        house = make_organisation(client.session, name="示例独苗机械有限公司")
        sign_in(client, add_member(client.session, house))
        page = client.get("/account/data").text
        assert "「示例独苗机械有限公司」唯一的管理员" in page
        assert "/organisations/mine/members" in page
        assert 'action="/account/data/erasure"' not in page

    def test_an_erased_person_cannot_sign_in(self, client: Client):
        user = make_user(client.session, login="weg@example.cn")
        sign_in(client, user)
        commands.erase(client.session, user.id)
        assert client.get("/api/v1/me").json()["signed_in"] is False
        answer = client.submit("/sign-in", {"login": "weg@example.cn", "password": PASSWORD})
        assert answer.status_code == 422
        assert make_user(client.session, login="weg@example.cn").id != user.id  # the address is free again


def test_every_table_of_a_person_has_a_keeper():
    """A row that points at its person belongs to a room that says what of it is given out and what goes."""
    rooms = {keeper.room for keeper in personal.keepers()}
    mappers = {mapper.local_table: mapper.class_ for mapper in Base.registry.mappers}
    owned = {
        mappers[table].__module__.split(".")[1]
        for table in Base.metadata.sorted_tables
        if any(key.column.table.name == "users" for key in table.foreign_keys) or "user_id" in table.c
    }
    assert len(owned) >= 5
    assert owned - rooms == set()
    with pytest.raises(RuntimeError):
        personal.register("core", title="别的", collect=lambda _s, _u: {}, erase=lambda _s, _u: None)


def test_own_rows_go_whole(session: Session):
    """Whatever the database would delete with the account is gone, though the account's row stays."""
    actor = canary_person(session)
    assert actor.user_id is not None
    commands.erase(session, actor.user_id)
    kept = {"memberships", "consents", "needs", "need_questions", "need_votes"}  # anonymous, or others' too
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            if key.column.table.name == "users" and key.ondelete == "CASCADE" and table.name not in kept:
                left = session.scalar(select(func.count()).where(key.parent == actor.user_id))
                assert left == 0, f"{table.name}.{key.parent.name}"


def test_take_export_of_nobody(session: Session):
    with pytest.raises(NotFound):
        service.take_export(session, actor_of(make_user(session)), export_id=uuid.uuid4())


def test_what_has_outlived_its_time_is_swept_and_the_rest_stays(session: Session):
    house = make_organisation(session)
    admin = add_member(session, house)
    actor = acting_for(admin, house)
    service.make_token(session, actor, name="示例", scopes=[Scope.needs_read], days=1)
    service.make_invitation(session, actor, organisation_id=house.id, login=LOGIN, role=Role.member)
    withdrawn = queries.list_consents(session, admin.id)[0]
    withdrawn.withdrawn_at = clock.now()
    operator = make_user(session, Role.operator)
    service.start_session(session, queries.get_user(session, operator.id), ip="", agent="")
    browser = queries.list_sessions(session, operator.id)[0]
    service.start_behalf(
        session,
        replace(actor_of(operator, Role.operator), session_id=browser.id),
        organisation_id=house.id,
        reason="示例：代填",
        minutes=5,
    )
    session.flush()
    for days, left in ((0, 4), (29, 4), (38, 3), (365, 3), (367, 2), (3 * 365 - 1, 2), (3 * 365 + 1, 0)):
        with clock.frozen(clock.now() + timedelta(days=days)):
            sweep(session)
            session.flush()
            kept = [
                *queries.list_api_tokens(session, admin.id),
                *queries.list_invitations_to(session, [LOGIN]),
                *queries.list_consents(session, admin.id),
                *queries.list_behalves(session, organisation_id=house.id),
            ]
        assert len(kept) == left, days
