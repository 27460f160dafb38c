"""What others do with needs, in the states that change who may do what: questions, votes, outcomes, groups."""

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.core.permissions import Actor, Role
from app.needs import service
from app.needs.models import (
    GroupState,
    MemberState,
    Need,
    NeedGroup,
    NeedGroupMember,
    NeedRecording,
    Outcome,
)
from app.organisations.models import Capacity, Organisation
from tests.factories.needs import make_published
from tests.factories.organisations import acting_for, add_member, make_organisation
from tests.matrix.world import HOUSES, OWN, STAFF, World

CIRCLE = (*OWN, *STAFF)


def build(session: Session, world: World, houses: dict[str, Organisation]) -> None:
    def actor(role: str) -> Actor:
        house, member_role, _capacity = HOUSES[role]
        user = session.get(User, world.people[role])
        assert user is not None
        return acting_for(user, houses[house], member_role)

    own, other, vendor = actor("admin"), actor("other_member"), actor("vendor_admin")
    staff = Actor(user_id=world.people["reviewer"], roles=frozenset({Role.reviewer}))
    made = {
        "needs_asked": make_published(session, own, title="示例：有人问的难处"),
        "needs_soon": make_published(session, own, title="示例：快到期的难处"),
        "needs_recorded": make_published(session, own, title="示例：中心代录的难处"),
        "needs_ended": make_published(session, own, title=world.canary("need ended: title", CIRCLE)),
    }
    _ask(session, world, made["needs_asked"], staff, vendor, houses)
    made["needs_soon"].expires_at = clock.now() + timedelta(days=5)
    session.add(
        NeedRecording(
            need_id=made["needs_recorded"].id,
            recorded_by=world.people["operator"],
            basis=world.canary("need recorded: basis", CIRCLE),
        )
    )
    service.conclude_need(
        session,
        own,
        need_id=made["needs_ended"].id,
        version=made["needs_ended"].version,
        conclusion=service.Conclusion(
            Outcome.awarded,
            "other",
            world.canary("need ended: reason", CIRCLE),
            chosen_name=world.canary("need ended: who got it", CIRCLE),
        ),
    )
    _groups(session, world, made["needs_asked"], own, other)
    session.flush()
    for name, need in made.items():
        world.needs[name], world.case_numbers[name] = need.id, need.case_number
        world.versions[f"need {name}"] = need.version


def _ask(
    session: Session,
    world: World,
    need: Need,
    staff: Actor,
    vendor: Actor,
    houses: dict[str, Organisation],
) -> None:
    """The vendor's open question, another that staff hid, and its vote; vendor and rival were invited."""
    for name in ("vendor", "rival"):
        service.record_interest(session, need_id=need.id, organisation_id=houses[name].id, kind="invited")
    question = service.ask_question(session, vendor, need_id=need.id, text="示例：控制柜里有没有空位？")
    asker = ("vendor_admin", *STAFF)
    hidden = service.ask_question(
        session, vendor, need_id=need.id, text=f"示例：{world.canary('question: hidden text', asker)}"
    )
    service.hide_question(
        session,
        staff,
        need_id=need.id,
        question_id=hidden.id,
        version=hidden.version,
        reason=world.canary("question: why hidden", asker),
    )
    service.cast_vote(
        session,
        vendor,
        need_id=need.id,
        clear=False,
        lines=["baseline"],
        text=world.canary("vote: remark", (*CIRCLE, "vendor_admin")),
    )
    world.more["needs"]["question"] = question.id


def _groups(session: Session, world: World, asked: Need, own: Actor, other: Actor) -> None:
    """An open group (own and other joined, a third firm keeps silent), a suggested one of four needs, a closed one."""
    silent = make_organisation(
        session,
        Capacity.enterprise,
        name=world.canary(
            "group: name of a firm that keeps silent", (*STAFF, "system_admin", "security_admin")
        ),
    )
    quiet = acting_for(add_member(session, silent), silent)
    places: dict[str, list[tuple[Need, MemberState]]] = {
        "open": [
            (asked, MemberState.joined),
            (make_published(session, other, title="示例：另一家的难处"), MemberState.joined),
            (make_published(session, quiet, title="示例：不出声的一家"), MemberState.invited),
        ],
        "suggested": [
            (make_published(session, by, title="示例：像的一条"), MemberState.found)
            for by in (own, own, other, quiet)
        ],
        "closed": [(make_published(session, own, title="示例：结束了的一组"), MemberState.joined)],
    }
    for name, rows in places.items():
        group = NeedGroup(
            id=uuid.uuid4(),
            state=GroupState[name],
            title="示例：停机没人知道",
            words=["停机", "冲床"],
            fingerprint=name,
            confirmed_at=None if name == "suggested" else clock.now(),
        )
        session.add(group)
        session.flush()
        for need, state in rows:
            session.add(
                NeedGroupMember(
                    id=uuid.uuid4(),
                    group_id=group.id,
                    need_id=need.id,
                    organisation_id=need.organisation_id,
                    state=state,
                    words=["停机"],
                    invited_at=None if state is MemberState.found else clock.now(),
                    ended_at=clock.now() if name == "closed" else None,
                )
            )
        world.more["needs"][name] = group.id
        world.more["needs"][f"{name} needs"] = [need.id for need, _state in rows]


PLACES = {
    "{question_id}": lambda world, *_: world.more["needs"]["question"],
    "{group_id}": lambda world, _role, situation: world.more["needs"][situation],
}


def _version(**fields: Any) -> Any:
    return lambda world, _role, situation: {
        "data": {"version": world.versions[f"need {situation}"], **fields}
    }


def _group(**fields: Any) -> Any:
    return lambda *_: {"data": {"version": 1, **fields}}


def _split(world: World, _role: str, situation: str) -> dict[str, Any]:
    ids = [str(key) for key in world.more["needs"][f"{situation} needs"][:2]]
    return {"data": {"version": 1, "title": "示例：拆出来的", "need_ids[]": ids}}


def _join(world: World, _role: str, situation: str) -> dict[str, Any]:
    return {"data": {"need_id": str(world.more["needs"][f"{situation} needs"][0]), "join": "1"}}


CALLS: dict[str, Any] = {
    "POST /needs/{case_number}/questions": lambda *_: {"data": {"text": "示例：有没有备用电源？"}},
    "POST /needs/{case_number}/questions/{question_id}/answer": lambda *_: {
        "data": {"version": 1, "answer": "示例：有一路"}
    },
    "POST /needs/{case_number}/questions/{question_id}/hide": lambda *_: {
        "data": {"version": 1, "reason": "示例：是广告"}
    },
    "POST /needs/{case_number}/vote": lambda *_: {"data": {"clear": "yes"}},
    "POST /workspace/needs/{need_id}/renew": _version(),
    "POST /workspace/needs/{need_id}/outcome": _version(outcome="cancelled", reason_code="budget"),
    "POST /desk/needs/unclear/{need_id}/handled": lambda *_: {"data": {"note": "示例：已打电话"}},
    "POST /common-needs/{group_id}/answer": _join,
    "POST /desk/common-needs/{group_id}/confirm": _group(title="示例：停机没人知道"),
    "POST /desk/common-needs/{group_id}/rename": _group(title="示例：换个名字"),
    "POST /desk/common-needs/{group_id}/end": _group(reason="示例：不是一回事"),
    "POST /desk/common-needs/{group_id}/split": _split,
}
