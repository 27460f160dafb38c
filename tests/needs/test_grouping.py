"""共性需求: what makes needs alike, staff's word, the firms' own; who did not agree is named nowhere."""

import json
import uuid
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.core.errors import Conflict, EditConflict, Forbidden, Invalid
from app.core.messages import Message
from app.core.permissions import Actor, Role
from app.needs import grouping, queries, service
from app.needs.grouping import Item
from app.needs.models import Confidentiality, GroupState, MemberState, NeedGroup
from tests.factories.accounts import make_user, sign_in
from tests.factories.needs import make_published
from tests.factories.offerings import make_vendor
from tests.factories.organisations import acting_for, add_member, make_organisation
from tests.services.client import Client

TEXTS = (
    "夜班冲床停机没人知道，早上接班才发现，上个月误了三次交期",
    "冲床半夜停机，三色灯没人看，报警靠人走过去，误了交期",
    "两台冲床老停机，停机了不报警，班长第二天才知道，交期保不住",
)


def item(words: str, *, firm: int, **more: Any) -> Item:
    values = {"scenario_code": "S08", "pain_points": ("S08-1",), "industry": None, "district": None, **more}
    return Item(
        uuid.uuid5(uuid.NAMESPACE_OID, f"{words}{firm}"),
        uuid.UUID(int=firm),
        words=frozenset(words),
        **values,
    )


class TestLikeness:
    def test_one_word_alone_says_nothing(self):
        assert grouping.likeness(item("ab", firm=1), item("bc", firm=2)) == 0
        assert grouping.likeness(item("abc", firm=1), item("bcd", firm=2)) == 50

    def test_trade_and_place_add_a_little(self):
        one, other = (item("ab", firm=firm, industry="C34", district="banan") for firm in (1, 2))
        assert grouping.likeness(one, other) == 108

    def test_the_same_needs_give_the_same_clusters_in_any_order(self):
        items = [item("abc", firm=1), item("abd", firm=2), item("abe", firm=3), item("xyz", firm=4)]
        (cluster,) = grouping.find_clusters(items, least=3, alike=30)
        assert cluster.words == ("a", "b")
        assert {member.organisation_id.int for member in cluster.items} == {1, 2, 3}
        (again,) = grouping.find_clusters(items[::-1], least=3, alike=30)
        assert again == cluster

    def test_three_needs_of_two_firms_are_too_few(self):
        items = [item("abc", firm=1), item("abd", firm=2), item("abe", firm=2)]
        assert grouping.find_clusters(items, least=3, alike=30) == []

    def test_another_trouble_is_not_compared(self):
        items = [
            item("abc", firm=firm, pain_points=(f"S0{firm}-1",), scenario_code=f"S0{firm}")
            for firm in (1, 2, 3)
        ]
        assert grouping.find_clusters(items, least=3, alike=30) == []


def make_three(session: Session, confidentiality: Confidentiality = Confidentiality.public) -> list[Actor]:
    owners = []
    for number, text in enumerate(TEXTS):
        house = make_organisation(session, name=f"示例鸢尾{'甲乙丙'[number]}冲压有限公司")
        owner = acting_for(add_member(session, house), house)
        make_published(session, owner, confidentiality, problem=text, title=f"示例停机{number}")
        owners.append(owner)
    return owners


def suggest(session: Session) -> NeedGroup | None:
    service.suggest_groups(session, service.find_groups(session))
    rows = queries.list_groups(session, state=GroupState.suggested)
    return rows[0] if rows else None


def confirm(session: Session, staff: Actor, group: NeedGroup) -> None:
    service.confirm_group(
        session, staff, group_id=group.id, version=group.version, title="示例：冲床停机没人知道"
    )


def need_of(session: Session, group: NeedGroup, owner: Actor) -> uuid.UUID:
    rows = queries.list_members(session, group.id)
    return next(row.need.id for row in rows if row.need.organisation_id == owner.organisation_id)


def say(session: Session, group: NeedGroup, owner: Actor, *, join: bool) -> None:
    service.answer_invitation(
        session, owner, group_id=group.id, need_id=need_of(session, group, owner), join=join
    )


def opened(session: Session, staff: Actor) -> tuple[NeedGroup, list[Actor]]:
    owners = make_three(session)
    group = suggest(session)
    assert group is not None
    confirm(session, staff, group)
    return group, owners


def test_three_alike_are_found_once_and_say_why(session: Session):
    make_three(session)
    group = suggest(session)
    assert group is not None
    assert group.pain_point_code == "S08-1"
    assert {"冲床", "停机"} <= set(group.words)
    assert len(queries.list_members(session, group.id)) == 3
    again = service.suggest_groups(session, service.find_groups(session))
    assert again == {"groups": 0, "added": 0}


def test_what_is_not_public_takes_no_part(session: Session):
    make_three(session, Confidentiality.verified_vendors)
    assert suggest(session) is None


def test_confirming_asks_every_firm(session: Session, staff: Actor):
    group, owners = opened(session, staff)
    asked = session.scalars(select(Message).where(Message.name == "needs.group.invited")).all()
    assert {row.organisation_id for row in asked} == {owner.organisation_id for owner in owners}
    assert group.state is GroupState.open
    with pytest.raises(EditConflict):
        service.rename_group(session, staff, group_id=group.id, version=1, title="示例：换个名字")
    with pytest.raises(Forbidden):
        service.rename_group(session, owners[0], group_id=group.id, version=group.version, title="我们的组")


def test_joining_declining_and_leaving(session: Session, staff: Actor):
    group, (one, two, three) = opened(session, staff)
    say(session, group, one, join=True)
    say(session, group, two, join=True)
    say(session, group, three, join=False)
    assert len(queries.list_joined(session, group.id)) == 2
    say(session, group, one, join=False)
    states = {row.need.organisation_id: row.member.state for row in queries.list_members(session, group.id)}
    assert states == {
        one.organisation_id: MemberState.left,
        two.organisation_id: MemberState.joined,
        three.organisation_id: MemberState.declined,
    }
    say(session, group, one, join=True)
    stranger = make_vendor(session).actor
    with pytest.raises(Forbidden):
        service.answer_invitation(
            session, stranger, group_id=group.id, need_id=need_of(session, group, one), join=True
        )


def test_only_its_own_people_agree_for_a_firm(session: Session, staff: Actor):
    group, (one, *_others) = opened(session, staff)
    acting = Actor(
        user_id=staff.user_id,
        organisation_id=one.organisation_id,
        roles=frozenset({Role.member}),
        on_behalf=True,
    )
    with pytest.raises(Forbidden):
        say(session, group, acting, join=True)


def test_a_need_that_ends_leaves_its_group(session: Session, staff: Actor):
    group, (one, *_others) = opened(session, staff)
    say(session, group, one, join=True)
    need = queries.get_need(session, one, need_of(session, group, one))
    service.withdraw_need(session, one, need_id=need.id, version=need.version, code="solved")
    assert queries.list_joined(session, group.id) == []


def test_ending_and_splitting(session: Session, staff: Actor):
    group, _owners = opened(session, staff)
    ids = [row.need.id for row in queries.list_members(session, group.id)]
    with pytest.raises(Invalid):
        service.split_group(
            session, staff, group_id=group.id, version=group.version, need_ids=ids[:2], title="示例：两条"
        )
    service.end_group(session, staff, group_id=group.id, version=group.version, reason="不是一回事")
    assert group.state is GroupState.closed
    assert suggest(session) is None  # nothing is suggested twice
    with pytest.raises(Conflict):
        confirm(session, staff, group)


class TestNamesOnThePages:
    """One joined, one declined, one silent: the last two stand on no page, export, API answer or mail to others."""

    pytestmark = pytest.mark.parametrize("backend", ["sqlite", "postgres"])

    def test_who_did_not_agree_is_named_nowhere(self, client: Client):
        session = client.session
        reviewer = make_user(session, Role.reviewer)
        staff = Actor(user_id=reviewer.id, roles=frozenset({Role.reviewer}))
        group, (joined, declined, silent) = opened(session, staff)
        say(session, group, joined, join=True)
        say(session, group, declined, join=False)
        vendor = make_vendor(session)
        key = str(group.id)
        session.flush()
        readers = {"visitor": None, "vendor": vendor.user.id, "staff": reviewer.id}
        readers |= {"joined": joined.user_id, "declined": declined.user_id, "silent": silent.user_id}
        for reader, user_id in readers.items():
            client.cookies.clear()
            if user_id is not None:
                sign_in(client, people.get_user(client.session, user_id))
            page = client.get(f"/common-needs/{key}")
            listed = client.get("/common-needs").text
            own = {"joined": "甲", "declined": "乙", "silent": "丙"}.get(reader)
            body = page.text.split("<main", 1)[1]
            for letter in "甲乙丙":
                named = f"示例鸢尾{letter}冲压" in body
                may = letter == "甲" and reader in {"vendor", "staff", "joined"}
                assert named == may, (reader, letter, own)
                assert f"示例鸢尾{letter}冲压" not in listed.split("<main", 1)[1]
            assert "1 家企业" not in body  # below three no count
        sign_in(client, people.get_user(client.session, reviewer.id))
        desk = client.get(f"/desk/common-needs/{key}").text
        assert "示例鸢尾甲冲压" in desk
        assert "示例鸢尾乙冲压" not in desk
        assert "示例鸢尾丙冲压" not in desk
        told = client.session.scalars(select(Message).where(Message.name.startswith("needs.group"))).all()
        assert "鸢尾" not in json.dumps([row.payload for row in told], ensure_ascii=False)
        # control: with her consent she is named
        silent_group = client.session.get_one(NeedGroup, uuid.UUID(key))
        say(client.session, silent_group, silent, join=True)
        sign_in(client, people.get_user(client.session, vendor.user.id))
        assert "示例鸢尾丙冲压" in client.get(f"/common-needs/{key}").text

    def test_sums_appear_from_three_on(self, client: Client):
        session = client.session
        staff = Actor(user_id=make_user(session, Role.reviewer).id, roles=frozenset({Role.reviewer}))
        group, owners = opened(session, staff)
        key = str(group.id)
        for number, owner in enumerate(owners, 1):
            say(client.session, client.session.get_one(NeedGroup, uuid.UUID(key)), owner, join=True)
            page = client.get(f"/common-needs/{key}").text
            assert ("3 家企业同意一起谈" in page) == (number == 3)
            assert ("3–5 万" in page) == (number == 3)
