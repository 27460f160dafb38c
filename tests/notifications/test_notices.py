"""The notices page: who sees what, unread and read, in as many queries for 200 as for 2."""

import uuid
from contextlib import AbstractContextManager
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.accounts.models import Membership, MembershipState, RoleGrant
from app.core import clock
from app.core.errors import NotFound
from app.core.pagination import PageRequest
from app.core.permissions import Role
from app.notifications import service
from app.notifications.queries import notices
from tests.factories.accounts import actor_of, make_user, sign_in
from tests.factories.organisations import add_member, make_organisation
from tests.notifications.conftest import ADMINS, runtime_of, tell, token_of
from tests.services.client import Client

pytestmark = pytest.mark.parametrize("backend", ["sqlite", "postgres"])


def seen(session: Session, user: object, **wanted: object) -> list[uuid.UUID]:
    paged = notices.list_notices(session, actor_of(user), PageRequest(), **wanted)  # type: ignore[arg-type]
    return [item.message.id for item in paged.items]


def test_three_ways_of_being_addressed(session: Session) -> None:
    house = make_organisation(session)
    member = add_member(session, house, role=Role.member)
    reviewer, stranger = make_user(session, Role.reviewer), make_user(session)
    own = tell(session, user_id=member.id)
    of_house = tell(session, organisation_id=house.id)
    of_role = tell(session, role=Role.reviewer)
    assert set(seen(session, member)) == {own.id, of_house.id}
    assert seen(session, reviewer) == [of_role.id]
    assert seen(session, stranger) == []


def test_only_administrators_see_what_is_theirs(session: Session) -> None:
    house = make_organisation(session)
    admin, member = add_member(session, house), add_member(session, house, role=Role.member)
    row = tell(session, ADMINS, organisation_id=house.id)
    assert seen(session, admin) == [row.id]
    assert seen(session, member) == []


def test_a_member_sees_what_came_since_joining_and_nothing_after_leaving(session: Session) -> None:
    house = make_organisation(session)
    with clock.frozen(clock.now() - timedelta(hours=1)):
        tell(session, organisation_id=house.id)
    user = add_member(session, house)
    later = tell(session, organisation_id=house.id)
    assert seen(session, user) == [later.id]
    session.query(Membership).filter_by(user_id=user.id).one().state = MembershipState.ended
    session.flush()
    assert seen(session, user) == []
    assert notices.count_unread(session, actor_of(user)) == 0


def test_neither_asking_to_join_nor_coming_back_opens_what_was_told_meanwhile(session: Session) -> None:
    house = make_organisation(session)
    user, admin = make_user(session), add_member(session, house)
    start = clock.now()

    def at(hour: int) -> AbstractContextManager[None]:
        return clock.frozen(start + timedelta(hours=hour))

    with at(0):
        known = accounts.add_membership(
            session,
            actor_of(user),
            user_id=user.id,
            organisation_id=house.id,
            role=Role.member,
            state=MembershipState.requested,
        )
    with at(1):
        tell(session, organisation_id=house.id)
    with at(2):
        accounts.decide_membership(session, actor_of(admin), membership=known, accept=True)
        session.flush()
    with at(3):
        assert seen(session, user) == []
        accounts.end_membership(session, actor_of(admin), membership=known)
    with at(4):
        tell(session, organisation_id=house.id)
    with at(5):
        accounts.add_membership(
            session, actor_of(admin), user_id=user.id, organisation_id=house.id, role=Role.member
        )
        assert seen(session, user) == []


def test_a_role_taken_away_takes_its_notices(session: Session) -> None:
    user = make_user(session, Role.reviewer)
    tell(session, role=Role.reviewer)
    assert notices.count_unread(session, actor_of(user)) == 1
    session.query(RoleGrant).filter_by(user_id=user.id).delete()
    assert notices.count_unread(session, actor_of(user)) == 0


def test_reading_is_per_person(session: Session) -> None:
    house = make_organisation(session)
    one, two = add_member(session, house), add_member(session, house)
    row = tell(session, organisation_id=house.id)
    service.mark_read(session, actor_of(one), message_id=row.id)
    service.mark_read(session, actor_of(one), message_id=row.id)  # again is no error
    session.flush()
    assert notices.count_unread(session, actor_of(one)) == 0
    assert notices.count_unread(session, actor_of(two)) == 1


def test_a_foreign_notice_cannot_be_read(session: Session) -> None:
    row = tell(session, user_id=make_user(session).id)
    with pytest.raises(NotFound):
        service.mark_read(session, actor_of(make_user(session)), message_id=row.id)


def test_all_read_spares_what_came_after_the_page(session: Session) -> None:
    user = make_user(session)
    tell(session, user_id=user.id)
    through = clock.now()
    with clock.frozen(through + timedelta(seconds=2)):
        late = tell(session, user_id=user.id)
        service.mark_all_read(session, actor_of(user), through=through)
        session.flush()
        assert notices.count_unread(session, actor_of(user)) == 1
        first = notices.list_notices(session, actor_of(user), PageRequest()).items[0]
        assert (first.message.id, first.unread) == (late.id, True)
        service.mark_all_read(session, actor_of(user), through=through + timedelta(days=900))
        session.flush()
        assert notices.count_unread(session, actor_of(user)) == 0
        # a page of tomorrow cannot make the news of tomorrow read
    with clock.frozen(through + timedelta(seconds=4)):
        tell(session, user_id=user.id)
        assert notices.count_unread(session, actor_of(user)) == 1


def test_unread_first_and_by_topic(session: Session) -> None:
    user = make_user(session)
    base = clock.now()
    rows = []
    for number in range(3):
        with clock.frozen(base + timedelta(seconds=number)):
            rows.append(tell(session, user_id=user.id))
    other = tell(session, ADMINS, user_id=user.id)
    service.mark_read(session, actor_of(user), message_id=rows[2].id)
    session.flush()
    with clock.frozen(base + timedelta(seconds=9)):
        assert seen(session, user, topic="needs") == [rows[1].id, rows[0].id, rows[2].id]
        assert seen(session, user, topic="organisations") == [other.id]
        assert notices.count_unread_by_topic(session, actor_of(user)) == {"needs": 2, "organisations": 1}


def test_the_page_opens_marks_and_leads_on(client: Client) -> None:
    session = client.session
    user = make_user(session)
    row = tell(session, user_id=user.id)
    key, need = row.id, row.payload["need_id"]
    sign_in(client, user)
    page = client.get("/notices")
    assert "办好了：FN-1" in page.text
    assert '1<span class="vh"> 条未读' in page.text
    answer = client.submit("/notices", action=f"/notices/{key}/open")
    assert (answer.status_code, urlsplit(answer.headers["location"]).path) == (303, f"/x/{need}")
    assert "bell-n" not in client.get("/notices").text


def test_opening_acts_for_the_organisation_that_was_told(client: Client) -> None:
    session = client.session
    first, second = make_organisation(session), make_organisation(session, name="示例二号有限公司")
    user = add_member(session, first)
    add_member(session, second, user)
    key = tell(session, organisation_id=second.id).id
    name = second.name
    sign_in(client, user)
    client.submit("/notices", action=f"/notices/{key}/open")
    assert name in client.get("/organisations/mine").text


def test_everything_read_by_one_button(client: Client) -> None:
    user = make_user(client.session)
    for _ in range(3):
        tell(client.session, user_id=user.id)
    sign_in(client, user)
    assert client.submit("/notices", action="/notices/read").status_code == 303
    assert "全部标为已读</button>" not in client.get("/notices").text
    for bad in ("", "yesterday", "2026-01-01T00:00:00"):
        data = {"through": bad, "csrf_token": token_of(client)}
        assert client.post("/notices/read", data=data).status_code == 422


def test_a_foreign_notice_is_not_found_by_address(client: Client) -> None:
    key = tell(client.session, user_id=make_user(client.session).id).id
    mine = make_user(client.session)
    own = tell(client.session, user_id=mine.id).id
    sign_in(client, mine)
    good = client.submit("/notices", action=f"/notices/{own}/read")
    assert good.status_code == 303
    assert client.post(f"/notices/{key}/open", data={"csrf_token": token_of(client)}).status_code == 404


def test_as_many_queries_for_many_as_for_few(client: Client) -> None:
    session = client.session
    house = make_organisation(session)
    user = add_member(session, house)
    sign_in(client, user)

    def count(path: str) -> int:
        statements: list[str] = []
        engine = runtime_of(client).database.engine

        def note(_c: object, _k: object, statement: str, *_rest: object) -> None:
            if statement.lstrip().upper().startswith("SELECT"):
                statements.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            assert client.get(path).status_code in (200, 404)
        finally:
            event.remove(engine, "before_cursor_execute", note)
        return len(statements)

    tell(session, user_id=user.id)
    tell(session, organisation_id=house.id)
    few, plain = count("/notices"), count("/no-such-page")
    for _ in range(100):
        tell(session, user_id=user.id)
        tell(session, organisation_id=house.id)
    assert count("/notices") == few
    assert count("/no-such-page") == plain  # an error page asks for no number
    session.commit()
    assert "99+" in client.get("/notices").text


def test_the_number_costs_one_query(session: Session) -> None:
    user = make_user(session)
    tell(session, user_id=user.id)
    statements: list[str] = []
    connection = session.connection()

    def note(_c: object, _k: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    try:
        assert notices.count_unread(session, actor_of(user)) == 1
    finally:
        event.remove(connection, "before_cursor_execute", note)
    assert len(statements) == 1
