"""Watched things and the latest looks: what changed is told once, to who may see it."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import Database
from app.core.errors import Conflict, NotFound
from app.core.messages import Message
from app.needs.models import Confidentiality, Need, NeedState
from app.offerings.models import Offering, OfferingState
from app.organisations.models import Organisation
from app.watching import faces, jobs, service
from app.watching.looking import MOST, Glances, glances
from app.watching.models import Glance, Kind, Mark
from app.watching.queries import marks as queries
from app.watching.service.glances import KEPT
from tests.factories.accounts import actor_of, make_user, sign_in
from tests.factories.needs import make_published
from tests.factories.offerings import make_offering, make_vendor
from tests.factories.organisations import acting_for, add_member, make_organisation
from tests.services.client import Client, find_forms


def told(session: Session) -> list[dict[str, str]]:
    rows = session.query(Message).filter_by(name="watching.mark.changed").order_by(Message.created_at)
    return [row.payload for row in rows]


@pytest.mark.committed
class TestCommitted:
    def test_a_price_that_changed_is_told_once(self, database: Database) -> None:
        with database.writing() as session:
            row = make_offering(session, make_vendor(session), title="示例：停机提醒")
            user = make_user(session)
            service.add_mark(session, actor_of(user), kind=Kind.offering, object_id=row.id)
        jobs.look_after_marks(None, database)
        with database.writing() as session:
            assert told(session) == []
            held = session.get(Offering, row.id)
            assert held is not None
            held.go_live_days, held.version = 99, held.version + 1
        for _ in range(3):
            jobs.look_after_marks(None, database)
        with database.reading() as session:
            (payload,) = told(session)
            assert (payload["kind"], payload["label"], payload["what"]) == (
                "供给",
                "示例：停机提醒",
                "上线天数",
            )
            (mark,) = queries.list_marks(session, actor_of(user))
            assert mark.changes[0]["now"] == "99 天上线"

    def test_a_change_of_no_consequence_is_not_told(self, database: Database) -> None:
        with database.writing() as session:
            row = make_offering(session, make_vendor(session))
            service.add_mark(session, actor_of(make_user(session)), kind=Kind.offering, object_id=row.id)
        with database.writing() as session:
            held = session.get(Offering, row.id)
            assert held is not None
            held.doc_version += 1  # a fan-out: the index wants it again
        jobs.look_after_marks(None, database)
        with database.reading() as session:
            assert told(session) == []
            assert queries.list_changed(session, limit=9) == []

    def test_gone_and_back(self, database: Database) -> None:
        with database.writing() as session:
            row = make_offering(session, make_vendor(session), title="示例：停机提醒")
            service.add_mark(session, actor_of(make_user(session)), kind=Kind.offering, object_id=row.id)
        for state in (OfferingState.withdrawn, OfferingState.listed):
            with database.writing() as session:
                held = session.get(Offering, row.id)
                assert held is not None
                held.state = state
                held.version += 1
            jobs.look_after_marks(None, database)
        with database.reading() as session:
            mark = session.query(Mark).one()
            assert [change["now"] for change in mark.changes] == ["又可以看到了", "已不公开"]
            assert len(told(session)) == 2

    def test_a_confidential_need_is_called_by_its_number(self, database: Database) -> None:
        """The watcher lost the right to see it: neither message nor mark holds its title."""
        with database.writing() as session:
            house, vendor = make_organisation(session), make_vendor(session)
            owner = acting_for(add_member(session, house), house)
            need = make_published(
                session, owner, Confidentiality.verified_vendors, title="示例：保密标题鸢尾"
            )
            number = need.case_number
            service.add_mark(session, vendor.actor, kind=Kind.need, object_id=need.id)
        with database.writing() as session:
            held = session.get(Need, need.id)
            assert held is not None
            held.state, held.version = NeedState.withdrawn, held.version + 1
        jobs.look_after_marks(None, database)
        with database.reading() as session:
            (payload,) = told(session)
            assert payload["label"] == number
            mark = session.query(Mark).one()
            assert "鸢尾" not in str([payload, mark.face, mark.changes])

    def test_an_organisation_that_is_suspended(self, database: Database) -> None:
        from app.organisations.models import OrganisationState

        with database.writing() as session:
            house = make_organisation(session)
            service.add_mark(
                session, actor_of(make_user(session)), kind=Kind.organisation, object_id=house.id
            )
        with database.writing() as session:
            held = session.get(Organisation, house.id)
            assert held is not None
            held.state = OrganisationState.suspended
        jobs.look_after_marks(None, database)
        with database.reading() as session:
            (payload,) = told(session)
            assert payload["what"] == "状态"

    def test_looks_are_kept_and_cut(self, database: Database) -> None:
        with database.writing() as session:
            user, private = make_user(session), make_user(session)
            service.turn_glances(session, actor_of(private), on=False)
        start = clock.now()
        seen = {
            (user.id, Kind.offering, uuid.UUID(int=number)): start + timedelta(seconds=number)
            for number in range(KEPT + 5)
        }
        seen[(private.id, Kind.offering, uuid.UUID(int=1))] = start
        for _ in range(2):
            with database.writing() as session:
                service.keep_glances(session, seen)
        with database.reading() as session:
            kept = queries.list_glances(session, user.id)
            assert [row.object_id.int for row in kept] == list(range(KEPT + 4, 4, -1))
            assert queries.list_glances(session, private.id) == []


def test_what_one_may_not_see_cannot_be_watched(session: Session) -> None:
    row = make_offering(session, make_vendor(session), OfferingState.draft)
    actor = actor_of(make_user(session))
    for kind, key in ((Kind.offering, row.id), (Kind.need, row.id), (Kind.policy, uuid.uuid4())):
        with pytest.raises(NotFound):
            service.add_mark(session, actor, kind=kind, object_id=key)


def test_watching_twice_is_watching_once(session: Session) -> None:
    row, actor = make_offering(session, make_vendor(session)), actor_of(make_user(session))
    first = service.add_mark(session, actor, kind=Kind.offering, object_id=row.id)
    session.flush()
    assert service.add_mark(session, actor, kind=Kind.offering, object_id=row.id).id == first.id
    with pytest.raises(NotFound):
        service.remove_mark(session, actor_of(make_user(session)), mark_id=first.id)


def test_so_many_and_no_more(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.watching.service import marks

    monkeypatch.setattr(marks, "MOST_MARKS", 1)
    vendor, actor = make_vendor(session), actor_of(make_user(session))
    service.add_mark(session, actor, kind=Kind.offering, object_id=make_offering(session, vendor).id)
    session.flush()
    with pytest.raises(Conflict):
        service.add_mark(session, actor, kind=Kind.offering, object_id=make_offering(session, vendor).id)


def test_the_buffer_is_bounded_and_forgets_on_demand() -> None:
    buffer, me = Glances(), uuid.uuid4()
    buffer.note(me, Kind.policy, uuid.UUID(int=1))
    for number in range(MOST + 10):
        buffer.note(uuid.uuid4(), Kind.offering, uuid.UUID(int=number))
    buffer.forget(me)
    assert len(buffer.take()) == MOST - 1
    assert buffer.take() == {}


@pytest.mark.parametrize("before", [{}, {"state": "gone"}])
def test_no_change_is_no_news(before: dict[str, str]) -> None:
    assert faces.compare(before, before if before != {"state": "gone"} else None) == []


# --- pages -------------------------------------------------------------------------------------------------


def test_the_star_on_a_page(client: Client) -> None:
    row = make_offering(client.session, make_vendor(client.session), title="示例：停机提醒")
    path, title = f"/offerings/{row.id}", row.title
    assert f"/sign-in?next={path}" in client.get(path).text
    user = make_user(client.session)
    key = user.id
    sign_in(client, user)
    glances.take()
    answer = client.submit(path, action="/watching/marks")
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert "已关注" in client.get(path).text
    assert title in client.get("/watching").text
    assert {(found[0], found[1]) for found in glances.take()} == {(key, Kind.offering)}
    mark = client.session.query(Mark).one()
    mark.changes, mark.changed_at = [{"what": "价格", "before": "3 万元", "now": "5 万元"}], clock.now()
    page = client.get("/watching").text
    assert "<del>3 万元</del>" in page
    assert "1 项关注有变化" in client.get("/workspace").text
    assert client.submit("/watching", action="/watching/marks/read").status_code == 303
    assert "<del>" not in client.get("/watching").text
    assert client.get("/watching/export.xlsx").status_code == 200
    gone = client.submit(path, action=f"/watching/marks/{client.session.query(Mark).one().id}/remove")
    assert gone.headers["location"] == path
    assert client.session.query(Mark).count() == 0


def test_the_way_back_stays_here(client: Client) -> None:
    row = make_offering(client.session, make_vendor(client.session))
    path = f"/offerings/{row.id}"
    sign_in(client, make_user(client.session))
    answer = client.submit(path, {"back": "//elsewhere.example/"}, action="/watching/marks")
    assert answer.headers["location"] == "/watching"


def test_latest_looks_can_be_cleared_and_switched_off(client: Client) -> None:
    row = make_offering(client.session, make_vendor(client.session), title="示例：停机提醒")
    user = make_user(client.session)
    key = user.id
    client.session.add(Glance(user_id=key, kind=Kind.offering, object_id=row.id, seen_at=clock.now()))
    sign_in(client, user)
    assert "示例：停机提醒" in client.get("/watching").text
    assert client.submit("/watching", action="/watching/glances/clear").status_code == 303
    assert "示例：停机提醒" not in client.get("/watching").text
    assert client.submit("/watching", action="/watching/glances/off").status_code == 303
    assert "重新打开" in client.get("/watching").text
    assert client.submit("/watching", action="/watching/glances/on").status_code == 303
    assert queries.find_choice(client.session, key) is None


def test_as_many_queries_for_many_as_for_few(client: Client) -> None:
    session = client.session
    user, vendor = make_user(session), make_vendor(session)
    actor = actor_of(user)
    sign_in(client, user)
    engine = client.app.state.runtime.database.engine  # type: ignore[attr-defined]  # FastAPI's

    def watch(number: int) -> None:
        for _ in range(number):
            row = make_offering(session, vendor)
            service.add_mark(session, actor, kind=Kind.offering, object_id=row.id)
            session.add(Glance(user_id=user.id, kind=Kind.offering, object_id=row.id, seen_at=clock.now()))

    def count() -> int:
        found: list[str] = []

        def note(_c: object, _k: object, statement: str, *_rest: object) -> None:
            if statement.startswith("SELECT"):
                found.append(statement)

        client.get("/watching")  # names are kept from the first time on
        event.listen(engine, "before_cursor_execute", note)
        assert client.get("/watching").status_code == 200
        event.remove(engine, "before_cursor_execute", note)
        return len(found)

    watch(2)
    few = count()
    watch(40)
    assert count() == few


def test_every_watchable_page_has_its_star(client: Client) -> None:
    session = client.session
    house = make_organisation(session)
    owner = acting_for(add_member(session, house), house)
    need = make_published(session, owner)
    from app.policies.models import Policy

    policy = session.query(Policy).first()
    assert policy is not None
    paths = [f"/needs/{need.case_number}", f"/organisations/{house.id}", f"/policies/{policy.slug}"]
    sign_in(client, make_user(session))
    for path in paths:
        forms = [form for form in find_forms(client.get(path).text) if form.action == "/watching/marks"]
        assert len(forms) == 1, path
        assert client.submit(path, action="/watching/marks").status_code == 303
    assert client.get("/watching").text.count("取消关注") >= 3
