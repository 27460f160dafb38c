"""Saved searches: repeated with their owner's rights, told once a hit, locked and exported."""

import io
import threading
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import Database
from app.core.errors import Conflict, NotFound
from app.core.messages import Message
from app.core.outbox import OutboxRow
from app.core.permissions import Actor, Role
from app.indexing import service as indexing
from app.needs.models import Confidentiality
from app.offerings.models import Offering, OfferingState
from app.watching import asking, jobs, service
from app.watching.models import LockedList, Pace, SavedHit, SavedSearch
from app.watching.queries import searches as queries
from app.watching.service.searches import next_run
from search import EngineSettings, SearchEngine, open_engine
from search.types import Ref
from tests.factories.accounts import actor_of, make_user, sign_in
from tests.factories.needs import make_published
from tests.factories.offerings import make_offering, make_vendor
from tests.factories.organisations import acting_for, add_member, make_organisation
from tests.services.client import Client

WORD = "振动温度监测"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SearchEngine]:
    opened = open_engine(EngineSettings(data_dir=tmp_path / "index"))
    yield opened
    opened.close()


@pytest.fixture
def drainer(database: Database, engine: SearchEngine) -> indexing.Drainer:
    with database.writing() as session:
        session.execute(delete(OutboxRow))
    indexing.rebuild(database, engine)
    return indexing.Drainer(database, engine)


def drain(drainer: indexing.Drainer) -> None:
    while drainer.step():
        pass


def save(database: Database, actor: Actor, *, query: str = "", pace: Pace = Pace.at_once) -> uuid.UUID:
    with database.writing() as session:
        row = service.add_search(session, actor, name="我的搜索", query=query, pace=pace, known=[])
        return row.id


def run(database: Database, engine: SearchEngine, *, minutes: int = 6) -> None:
    with clock.frozen(clock.now() + timedelta(minutes=minutes)):
        jobs.repeat_searches(database, engine)


def told(database: Database) -> list[Message]:
    with database.reading() as session:
        rows = session.query(Message).filter_by(name="watching.search.hits").all()
        session.expunge_all()
    return rows


@pytest.mark.committed
class TestCommitted:
    def test_a_new_hit_is_told_once(
        self, database: Database, engine: SearchEngine, drainer: indexing.Drainer
    ) -> None:
        with database.writing() as session:
            vendor = make_vendor(session)
            user = make_user(session)
        search_id = save(database, actor_of(user), query="kind=solution")
        with database.writing() as session:
            made = make_offering(session, vendor, title=f"示例：{WORD}一号")
        drain(drainer)
        for minutes in (6, 12, 18):
            run(database, engine, minutes=minutes)
        (message,) = told(database)
        assert (message.user_id, message.payload["count"]) == (user.id, 1)
        with database.reading() as session:
            row = session.get(SavedSearch, search_id)
            assert row is not None
            hits = queries.list_new_hits(session, [row])[search_id]
            assert [hit.object_id for hit in hits] == [made.id]

    def test_what_was_there_before_is_no_news(
        self, database: Database, engine: SearchEngine, drainer: indexing.Drainer
    ) -> None:
        with database.writing() as session:
            old = make_offering(session, make_vendor(session), title=f"示例：{WORD}")
            user = make_user(session)
        drain(drainer)
        with database.writing() as session:
            service.add_search(
                session,
                actor_of(user),
                name="x",
                query="kind=solution",
                pace=Pace.at_once,
                known=[Ref("offering", str(old.id))],
            )
        run(database, engine)
        assert told(database) == []

    def test_nobody_is_told_what_they_may_not_see(
        self, database: Database, engine: SearchEngine, drainer: indexing.Drainer
    ) -> None:
        """A need for verified vendors only: found by the vendor's search, unknown to the enterprise's."""
        with database.writing() as session:
            house, vendor = make_organisation(session), make_vendor(session)
            other = make_organisation(session)
            outsider, seller = add_member(session, other), vendor.actor
            enterprise = acting_for(outsider, other)
            owner = acting_for(add_member(session, house), house)
        mine, theirs = (
            save(database, enterprise, query="kind=need"),
            save(database, seller, query="kind=need"),
        )
        with database.writing() as session:
            make_published(session, owner, Confidentiality.verified_vendors)
        drain(drainer)
        run(database, engine)
        assert [message.user_id for message in told(database)] == [seller.user_id]
        with database.reading() as session:
            assert session.query(SavedHit).filter_by(search_id=mine).count() == 0
            assert session.query(SavedHit).filter_by(search_id=theirs).count() == 1

    def test_an_index_behind_its_time_tells_nothing_withdrawn(
        self, database: Database, engine: SearchEngine, drainer: indexing.Drainer
    ) -> None:
        with database.writing() as session:
            vendor, user = make_vendor(session), make_user(session)
        save(database, actor_of(user), query="kind=solution")
        with database.writing() as session:
            made = make_offering(session, vendor)
        drain(drainer)
        with database.writing() as session:  # the engine does not know yet
            row = session.get(Offering, made.id)
            assert row is not None
            row.state = OfferingState.withdrawn
        run(database, engine)
        assert told(database) == []

    def test_a_member_who_left_searches_as_a_stranger(
        self, database: Database, engine: SearchEngine, drainer: indexing.Drainer
    ) -> None:
        from app.accounts.models import Membership, MembershipState

        with database.writing() as session:
            house, vendor = make_organisation(session), make_vendor(session)
            owner = acting_for(add_member(session, house), house)
        save(database, vendor.actor, query="kind=need")
        with database.writing() as session:
            session.query(Membership).filter_by(
                user_id=vendor.actor.user_id
            ).one().state = MembershipState.ended
            make_published(session, owner, Confidentiality.verified_vendors)
        drain(drainer)
        run(database, engine)
        assert told(database) == []

    def test_two_workers_tell_once(
        self, database: Database, engine: SearchEngine, drainer: indexing.Drainer
    ) -> None:
        with database.writing() as session:
            vendor = make_vendor(session)
            users = [make_user(session) for _ in range(5)]
        for user in users:
            save(database, actor_of(user), query="kind=solution")
        with database.writing() as session:
            make_offering(session, vendor)
        drain(drainer)
        start, errors = threading.Barrier(3), []
        moment = clock.now() + timedelta(minutes=6)

        def work() -> None:
            start.wait()
            try:
                with clock.frozen(moment):
                    jobs.repeat_searches(database, engine)
            except Exception as error:  # noqa: BLE001  the test shows it
                errors.append(error)

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert sorted(str(row.user_id) for row in told(database)) == sorted(str(user.id) for user in users)

    def test_never_tells_but_counts(
        self, database: Database, engine: SearchEngine, drainer: indexing.Drainer
    ) -> None:
        with database.writing() as session:
            vendor, user = make_vendor(session), make_user(session)
        key = save(database, actor_of(user), query="kind=solution", pace=Pace.never)
        with database.writing() as session:
            make_offering(session, vendor)
        drain(drainer)
        run(database, engine, minutes=60 * 25)
        assert told(database) == []
        with database.reading() as session:
            row = session.get(SavedSearch, key)
            assert row is not None
            assert len(queries.list_new_hits(session, [row])[key]) == 1

    def test_an_engine_that_is_away_loses_nothing(
        self, database: Database, engine: SearchEngine, drainer: indexing.Drainer
    ) -> None:
        from search.types import SearchUnavailable

        class Away:
            def search(self, _query: object) -> None:
                raise SearchUnavailable("away")

        with database.writing() as session:
            vendor, user = make_vendor(session), make_user(session)
        save(database, actor_of(user), query="kind=solution")
        with database.writing() as session:
            make_offering(session, vendor)
        drain(drainer)
        run(database, Away())  # type: ignore[arg-type]  # the twin of a dead engine
        run(database, engine)
        assert len(told(database)) == 1


def test_what_is_saved_is_what_the_page_would_take() -> None:
    asked = asking.read("q=++PLC++改造&kind=need&kind=need&nonsense=1&sort=newest&page=9&scenario=S08")
    assert asked.text == "PLC 改造"
    assert asked.chosen == {"kind": ("need",), "scenario": ("S08",)}
    assert asking.read(asking.write(asked)) == asked
    assert asking.read("&".join(f"kind={n}" for n in range(299))).chosen["kind"][29] == "29"


def test_a_daily_search_runs_before_the_mail_of_eight() -> None:
    day = datetime(2026, 11, 24, tzinfo=clock.LOCAL)
    with clock.frozen(day.replace(hour=3)):
        assert next_run(Pace.daily) == day.replace(hour=7, minute=40)
    with clock.frozen(day.replace(hour=7, minute=40)):
        assert next_run(Pace.daily) == day.replace(hour=7, minute=40) + timedelta(days=1)


def test_only_one_of_each_and_so_many(session: Session) -> None:
    actor = actor_of(make_user(session))

    def add(query: str) -> SavedSearch:
        return service.add_search(session, actor, name="x", query=query, pace=Pace.never, known=[])

    add("kind=need&q=PLC")
    with pytest.raises(Conflict, match="已经保存过"):
        add("q=PLC&kind=need&page=3")
    for number in range(service.MOST_SEARCHES - 1):
        add(f"q={number}")
    with pytest.raises(Conflict, match="最多保存"):
        add("q=one-too-many")


def test_a_foreign_search_is_not_there(session: Session) -> None:
    row = service.add_search(
        session, actor_of(make_user(session)), name="x", query="", pace=Pace.never, known=[]
    )
    stranger = actor_of(make_user(session))
    with pytest.raises(NotFound):
        service.remove_search(session, stranger, search_id=row.id)
    with pytest.raises(NotFound):
        queries.get_locked(session, stranger, uuid.uuid4())


# --- pages -------------------------------------------------------------------------------------------------


def fill(client: Client) -> Offering:
    runtime: Any = client.app.state.runtime  # type: ignore[attr-defined]  # FastAPI's, behind ASGI's type
    made = make_offering(client.session, make_vendor(client.session), title=f"示例：{WORD}系统")
    client.session.commit()
    indexing.rebuild(runtime.database, runtime.engine)
    return made


def test_a_walk_from_the_search_page(client: Client) -> None:
    made = fill(client)
    key = made.id
    user = make_user(client.session)
    sign_in(client, user)
    page = client.get("/search?q=振动&kind=solution").text
    assert "/watching/searches/new?q=%E6%8C%AF%E5%8A%A8&amp;kind=solution" in page
    ask = client.get("/watching/searches/new?q=振动&kind=solution")
    assert "解决方案" in ask.text
    path = "/watching/searches/new?q=振动&kind=solution"
    refused = client.submit(path, {"name": " ", "pace": "daily"}, action="/watching/searches")
    assert refused.status_code == 422
    answer = client.submit(path, {"name": "找振动", "pace": "daily"}, action="/watching/searches")
    assert answer.status_code == 303
    place = answer.headers["location"]
    shown = client.get(place).text
    assert "找振动" in shown
    assert "没有新的" in shown
    row = client.session.query(SavedSearch).one()
    assert client.session.query(SavedHit).filter_by(search_id=row.id, is_new=False).count() == 1
    client.session.query(SavedHit).update({"is_new": True, "found_at": clock.now() + timedelta(seconds=1)})
    assert WORD in client.get(place).text
    assert "1 条新的" in client.get("/watching").text
    changed = client.submit(place, {"name": "改名", "pace": "never"}, action=f"{place}/edit")
    assert changed.status_code == 303
    late = client.submit(place, {"name": "x", "pace": "daily", "version": "1"}, action=f"{place}/edit")
    assert late.status_code == 409
    assert "在别的窗口改过" in late.text
    assert client.submit(place, action=f"{place}/lock").status_code == 303
    locked = client.session.query(LockedList).one()
    assert [line["id"] for line in locked.rows] == [str(key)]
    assert locked.digest[:12] in client.get(place).text
    sheet = workbook(client.get(f"{place}/export.xlsx"))
    assert any(WORD in str(cell) for line in sheet for cell in line)
    frozen = f"/watching/searches/locked/{locked.id}/export.xlsx"
    assert any(WORD in str(cell) for line in workbook(client.get(frozen)) for cell in line)
    offering = client.session.get(Offering, key)
    assert offering is not None
    offering.state = OfferingState.withdrawn
    later = workbook(client.get(frozen))
    assert not any(WORD in str(cell) for line in later for cell in line)
    assert any("已不公开" in str(cell) for line in later for cell in line)
    assert client.submit(place, action=f"{place}/remove").status_code == 303
    assert client.get(place).status_code == 404


def workbook(answer: Any) -> list[tuple[Any, ...]]:
    assert answer.status_code == 200
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    return list(sheet.iter_rows(values_only=True))


def test_the_page_of_another_person(client: Client) -> None:
    row = service.add_search(
        client.session, actor_of(make_user(client.session)), name="x", query="", pace=Pace.never, known=[]
    )
    place = f"/watching/searches/{row.id}"
    sign_in(client, make_user(client.session, Role.operator))
    for path in (place, f"{place}/export.xlsx", f"/watching/searches/locked/{row.id}/export.xlsx"):
        assert client.get(path).status_code == 404
