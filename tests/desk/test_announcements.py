"""Announcements: a draft is nobody's, an audience reads its own, time begins and ends them."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.audit import AuditEvent
from app.core.errors import Conflict, EditConflict, Forbidden
from app.core.permissions import ANONYMOUS, Actor, Role
from app.core.sheets import read_rows
from app.desk import queries
from app.desk.models import Announcement, AnnouncementState, Audience
from app.desk.schemas import AnnouncementForm
from app.desk.service import announcing
from app.organisations.models import Capacity
from tests.factories.accounts import actor_of, make_user, sign_in
from tests.factories.organisations import acting_for, add_member, make_organisation
from tests.services.client import Client

pytestmark = pytest.mark.parametrize("backend", ["sqlite", "postgres"])
OPERATOR = Actor(user_id=uuid.uuid4(), name="示例", roles=frozenset({Role.operator}))
HOSTILE = "<script>alert(1)</script>"


def form(**fields: object) -> AnnouncementForm:
    start = {"title": "示例：夜间停机维护", "text": "两小时内登不上。", "audience": "everyone"}
    return AnnouncementForm.model_validate({**start, "starts_on": clock.today().isoformat(), **fields})


def published(session: Session, **fields: object) -> Announcement:
    row = announcing.save(session, OPERATOR, data=form(**fields))
    return announcing.publish(session, OPERATOR, announcement_id=row.id, version=row.version)


def read_by(session: Session, actor: Actor) -> list[str]:
    return [row.title for row in queries.list_running(session, actor, limit=50)]


class TestReaders:
    def test_each_audience_reads_its_own(self, session: Session) -> None:
        for audience in Audience:
            published(session, audience=audience.value, title=f"给 {audience.value}")
        firm = make_organisation(session, Capacity.enterprise)
        vendor = make_organisation(session, Capacity.vendor)
        people = {
            "visitor": ANONYMOUS,
            "newcomer": actor_of(make_user(session)),
            "firm": acting_for(add_member(session, firm), firm),
            "vendor": acting_for(add_member(session, vendor), vendor),
            "officer": actor_of(make_user(session, Role.city_officer), Role.city_officer),
        }
        seen = {who: {title.split()[1] for title in read_by(session, actor)} for who, actor in people.items()}
        assert seen == {
            "visitor": {"everyone"},
            "newcomer": {"everyone", "signed_in"},
            "firm": {"everyone", "signed_in", "enterprise"},
            "vendor": {"everyone", "signed_in", "vendor"},
            "officer": {"everyone", "signed_in", "staff"},
        }

    def test_it_begins_and_ends_by_itself(self, session: Session) -> None:
        day = clock.today()
        published(
            session,
            starts_on=(day + timedelta(days=1)).isoformat(),
            ends_on=(day + timedelta(days=2)).isoformat(),
        )
        shown = []
        for days in range(5):
            with clock.frozen(clock.now() + timedelta(days=days)):
                shown.append(bool(read_by(session, ANONYMOUS)))
        assert shown == [False, True, True, False, False]

    def test_pinned_ones_stand_first(self, session: Session) -> None:
        published(session, title="示例普通一条", starts_on=clock.today().isoformat())
        earlier = (clock.today() - timedelta(days=9)).isoformat()
        published(session, title="示例置顶一条", pinned=True, starts_on=earlier)
        assert read_by(session, ANONYMOUS) == ["示例置顶一条", "示例普通一条"]

    def test_a_draft_a_withdrawn_and_a_foreign_one_are_404(self, client: Client) -> None:
        session = client.session
        draft = announcing.save(session, OPERATOR, data=form()).id
        gone = published(session)
        announcing.withdraw(session, OPERATOR, announcement_id=gone.id, version=gone.version)
        inner = published(session, audience="staff").id
        for each in (draft, gone.id, inner, uuid.uuid4()):
            assert client.get(f"/announcements/{each}").status_code == 404
        sign_in(client, make_user(session, Role.reviewer))
        assert client.get(f"/announcements/{inner}").status_code == 200
        assert client.get(f"/announcements/{draft}").status_code == 404


class TestWriting:
    def test_from_the_draft_to_the_front_page_and_away(self, client: Client) -> None:
        sign_in(client, make_user(client.session, Role.operator))
        typed = {
            "title": "示例：平台夜间维护",
            "text": f"第一段 {HOSTILE}\r\n\r\n- 第一条\r\n- 第二条",
            "audience": "everyone",
            "starts_on": clock.today().isoformat(),
        }
        made = client.submit("/desk/announcements/new", typed)
        page = made.headers["location"]
        shown = client.get(page).text
        assert "<li>第一条</li><li>第二条</li>" in shown
        assert HOSTILE not in shown
        assert "平台夜间维护" not in client.get("/").text
        assert client.submit(page, action=f"{page}/publish").status_code == 303
        assert "平台夜间维护" in client.get("/").text
        assert "平台夜间维护" in client.get("/announcements").text
        assert "平台夜间维护" in client.get("/desk").text
        assert read_rows(client.get("/desk/announcements/export.xlsx").content)
        assert client.submit(page, action=f"{page}/withdraw").status_code == 303
        assert "平台夜间维护" not in client.get("/").text
        names = list(client.session.scalars(select(AuditEvent.name).where(AuditEvent.kind == "announcement")))
        assert names == [
            "desk.announcement.saved",
            "desk.announcement.published",
            "desk.announcement.withdrawn",
        ]

    def test_two_who_change_the_same_one(self, client: Client) -> None:
        row = published(client.session)
        page, version = f"/desk/announcements/{row.id}", row.version
        sign_in(client, make_user(client.session, Role.operator))
        fields = {
            "title": "示例：后来的标题",
            "text": "后来的正文",
            "audience": "everyone",
            "starts_on": "2026-11-24",
        }
        assert client.submit(page, fields, action=page).status_code == 303
        late = client.submit(
            page, {**fields, "title": "示例：迟到的标题", "version": str(version)}, action=page
        )
        assert late.status_code == 409
        assert "示例：后来的标题" in late.text
        assert "示例：迟到的标题" in late.text
        again = client.submit(page, {"version": str(version)}, action=f"{page}/withdraw")
        assert again.status_code == 409

    @pytest.mark.parametrize(
        ("fields", "reason"),
        [
            ({"ends_on": "2026-01-01", "starts_on": "2026-01-02"}, "不能早于"),
            ({"starts_on": "2025-01-01", "ends_on": "2025-01-02"}, "已经过了"),
            ({"starts_on": "0001-01-01"}, "2000 年至 2100 年"),
            ({"title": "短"}, "至少 4 个字"),
            ({"audience": "nobody"}, "请从列出的选项中选一个"),
        ],
    )
    def test_refusals_keep_what_was_typed(self, client: Client, fields: dict[str, str], reason: str) -> None:
        sign_in(client, make_user(client.session, Role.operator))
        typed = {
            "title": "示例：标题留着",
            "text": "正文留着不丢",
            "audience": "staff",
            "starts_on": "2026-11-24",
        }
        answer = client.submit("/desk/announcements/new", {**typed, **fields})
        assert answer.status_code == 422
        assert reason in answer.text
        assert "正文留着不丢" in answer.text

    def test_the_states_allow_one_way(self, session: Session) -> None:
        row = announcing.save(session, OPERATOR, data=form())
        with pytest.raises(Conflict):
            announcing.withdraw(session, OPERATOR, announcement_id=row.id, version=row.version)
        announcing.publish(session, OPERATOR, announcement_id=row.id, version=row.version)
        with pytest.raises(Conflict):
            announcing.publish(session, OPERATOR, announcement_id=row.id, version=row.version)
        with pytest.raises(EditConflict):
            announcing.withdraw(session, OPERATOR, announcement_id=row.id, version=1)
        assert row.state is AnnouncementState.published
        with pytest.raises(Forbidden):
            announcing.save(session, actor_of(make_user(session, Role.reviewer), Role.reviewer), data=form())

    def test_what_is_over_is_not_published(self, session: Session) -> None:
        row = announcing.save(session, OPERATOR, data=form(ends_on=clock.today().isoformat()))
        with clock.frozen(clock.now() + timedelta(days=2)), pytest.raises(Conflict, match="已经过了"):
            announcing.publish(session, OPERATOR, announcement_id=row.id, version=row.version)
