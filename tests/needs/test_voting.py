"""看得懂 / 看不懂哪里: who votes, one each, what the owner and staff see, what an edit does; numbers and who is counted."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.core import clock
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.messages import Message
from app.core.permissions import Actor, Role
from app.needs import jobs, queries, seen, service
from app.needs.models import Need, NeedSeen, NeedVote
from tests.factories.accounts import make_user, sign_in
from tests.factories.needs import edit, make_other_owner, make_published
from tests.factories.offerings import Vendor, make_vendor
from tests.services.client import Client

PHONE = {"user-agent": "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 MicroMessenger/8.0"}


def make_interested(session: Session, need: Need, kind: str = "invited") -> Vendor:
    vendor = make_vendor(session)
    service.record_interest(session, need_id=need.id, organisation_id=vendor.organisation.id, kind=kind)
    return vendor


def unclear(session: Session, vendor: Vendor, need: Need, line: str = "conditions") -> NeedVote:
    return service.cast_vote(
        session, vendor.actor, need_id=need.id, clear=False, lines=[line], text="没写冲床是什么型号"
    )


@pytest.fixture
def need(session: Session, owner: Actor) -> Need:
    return make_published(session, owner)


def test_only_who_was_invited_or_offered_votes(session: Session, owner: Actor, need: Need):
    stranger = make_vendor(session)
    for actor in (stranger.actor, owner):
        with pytest.raises(Forbidden):
            service.cast_vote(session, actor, need_id=need.id, clear=True)
    for kind in ("invited", "interested"):
        service.cast_vote(session, make_interested(session, need, kind).actor, need_id=need.id, clear=True)
    assert queries.sum_votes(session, need.id).clear == 2


def test_one_vote_each_and_the_last_one_counts(session: Session, need: Need):
    vendor = make_interested(session, need)
    with pytest.raises(Invalid):
        service.cast_vote(session, vendor.actor, need_id=need.id, clear=False)
    unclear(session, vendor, need)
    service.cast_vote(session, vendor.actor, need_id=need.id, clear=True, lines=["time"], text="懂了")
    sums = queries.sum_votes(session, need.id)
    assert (sums.clear, sums.unclear, sums.lines, sums.remarks) == (1, 0, {}, ())


def test_an_edit_marks_it_improved_and_asks_again(session: Session, owner: Actor, need: Need):
    vendor, other = make_interested(session, need), make_interested(session, need)
    vote = unclear(session, vendor, need)
    service.cast_vote(session, other.actor, need_id=need.id, clear=True)
    edit(session, owner, need, title=need.title)  # nothing new
    assert vote.improved_at is None
    edit(session, owner, need, conditions_note="冲床是示例牌 J23-63")
    session.flush()
    assert vote.improved_at is not None
    asked = session.scalars(select(Message).where(Message.name == "needs.need.improved")).all()
    assert [row.organisation_id for row in asked] == [vendor.organisation.id]
    assert queries.sum_votes(session, need.id).improved == 1
    unclear(session, vendor, need)
    assert queries.sum_votes(session, need.id).unclear == 1


def test_two_of_them_bring_it_to_staff_until_somebody_acts(
    session: Session, staff: Actor, owner: Actor, need: Need
):
    unclear(session, make_interested(session, need), need)
    assert queries.list_unclear(session, least=2) == []
    unclear(session, make_interested(session, need), need)
    (row,) = queries.list_unclear(session, least=2)
    assert (row.need.id, row.votes) == (need.id, 2)
    assert queries.summarise_unclear(session, least=2) == (1, row.since)
    with pytest.raises(Forbidden):
        service.handle_unclear(session, owner, need_id=need.id, note="自己办了")
    assert service.handle_unclear(session, staff, need_id=need.id, note="已电话请企业补型号") == 2
    assert queries.summarise_unclear(session, least=2) == (0, None)
    with pytest.raises(Conflict):
        service.handle_unclear(session, staff, need_id=need.id, note="再办一次看看")


def test_interest_counts_once(session: Session, need: Need):
    key = make_vendor(session).organisation.id
    told = [
        service.record_interest(session, need_id=need.id, organisation_id=key, kind=kind)
        for kind in ("invited", "invited", "interested")
    ]
    assert told == [True, False, True]
    numbers = queries.load_numbers(session, [need.id])[need.id]
    assert (numbers.invited, numbers.interested, numbers.seen) == (1, 1, 0)


def test_the_buffer_counts_a_viewer_once_a_day(session: Session, need: Need):
    buffer = seen.SeenBuffer()
    assert [buffer.add(need.id, viewer) for viewer in ("a", "a", "b")] == [True, False, True]
    assert service.add_seen(session, buffer.take()) == 2
    assert buffer.take() == {}
    assert not buffer.add(need.id, "a")
    with clock.frozen(clock.now() + timedelta(days=1)):
        assert buffer.add(need.id, "a")
        assert service.add_seen(session, buffer.take()) == 1
    session.flush()
    session.expire_all()
    assert session.get_one(NeedSeen, need.id).seen == 3


def test_the_buffer_is_bounded(monkeypatch: pytest.MonkeyPatch, need: Need):
    monkeypatch.setattr(seen, "MOST_VIEWERS", 3)
    monkeypatch.setattr(seen, "MOST_NEEDS", 1)
    buffer = seen.SeenBuffer()
    for viewer in "abcdef":
        buffer.add(need.id, viewer)
    assert not buffer.add(uuid.uuid4(), "a")
    assert len(buffer.take()) == 1


@pytest.mark.parametrize(
    "agent", ["", "curl/8.1", "Mozilla/5.0 (compatible; Baiduspider/2.0)", "HeadlessChrome"]
)
def test_machines_do_not_count(agent: str):
    assert seen.is_machine(agent)


class TestOnThePage:
    pytestmark = pytest.mark.parametrize("backend", ["sqlite", "postgres"])

    def test_who_is_counted_and_who_reads_the_numbers(self, client: Client):
        session = client.session
        owner = make_other_owner(session)
        need = make_published(session, owner)
        vendor, reviewer = make_vendor(session), make_user(session, Role.reviewer)
        assert owner.user_id is not None
        house = people.get_user(session, owner.user_id)
        url, key = f"/needs/{need.case_number}", need.id
        for person in (vendor.user, house, reviewer):
            sign_in(client, person)
            for _ in range(2):
                assert client.get(url, headers=PHONE).status_code == 200
        client.cookies.clear()
        client.get(url, headers=PHONE)
        client.get(url, headers={"user-agent": "curl/8"})
        counts = jobs.seen_buffer(client.app.state.runtime).take()
        assert counts[key] == 2  # the vendor and a visitor
        service.add_seen(client.session, counts)
        public = client.get(url, headers=PHONE).text
        assert "有多少人在看" not in public
        sign_in(client, house)
        mine = client.get(url).text
        assert "看过</dt><dd>2" in mine
        for _ in range(3):
            make_interested(client.session, client.session.get_one(Need, key), "interested")
        client.cookies.clear()
        public = client.get(url, headers=PHONE).text
        assert "来谈的</dt><dd>3" in public
        assert "看过</dt>" not in public

    def test_the_owner_reads_what_but_not_who(self, client: Client):
        session = client.session
        owner = make_other_owner(session)
        need = make_published(session, owner)
        voter, rival = make_interested(session, need), make_interested(session, need)
        name, url = voter.organisation.name, f"/needs/{need.case_number}"
        sign_in(client, voter.user)
        answer = client.submit(
            url,
            {"clear": "no", "lines[]": ["baseline"], "remark": "次数是一台的还是全部的"},
            action=f"{url}/vote",
        )
        assert answer.headers["location"] == f"{url}#votes"
        assert owner.user_id is not None
        sign_in(client, people.get_user(client.session, owner.user_id))
        page = client.get(url).text
        assert "次数是一台的还是全部的" in page
        assert "edit?step=baseline" in page
        assert name not in page
        sign_in(client, rival.user)
        assert "次数是一台的还是全部的" not in client.get(url).text
        client.cookies.clear()
        assert "次数是一台的还是全部的" not in client.get(url).text
