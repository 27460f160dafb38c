"""Messages to a person, an organisation, its administrators, a role; letters; a webhook with two calls."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.core import clock, messages, outgoing
from app.core.db import settings_of
from app.core.messages import Message
from app.core.outgoing import Channel
from app.core.permissions import Role
from app.notifications import service
from app.notifications.models import Delivery, DeliveryState
from app.notifications.service.letters import unsubscribe_path
from app.organisations.models import Organisation
from tests.factories.organisations import acting_for
from tests.matrix.world import World

ROOM = "notifications"
PLACES = {
    "{notice_id}": lambda world, _role, situation: world.more[ROOM][situation],
    "{letter_id}": lambda world, _role, situation: world.more[ROOM].get(
        f"letter {situation}", world.more[ROOM]["letter sent"]
    ),
    "{hook_id}": lambda world, _role, _situation: world.more[ROOM]["hook"],
    "{delivery_id}": lambda world, _role, situation: world.more[ROOM][f"delivery {situation}"],
}


def _token(world: World, situation: str) -> str:
    token: str = world.more[ROOM]["unsubscribe"]
    return token if situation == "signed" else "forged"


CALLS: dict[str, Any] = {
    "POST /notices/read": lambda *_: {"data": {"through": clock.now().isoformat()}},
    "POST /notices/preferences": lambda *_: {"data": {"mail-needs": "daily"}},
    "GET /unsubscribe": lambda world, _role, situation: {"query": f"?token={_token(world, situation)}"},
    "POST /unsubscribe": lambda world, _role, situation: {"data": {"token": _token(world, situation)}},
    "POST /unsubscribe/one-click": lambda world, _role, situation: {
        "query": f"?token={_token(world, situation)}"
    },
    "POST /organisations/mine/webhooks": lambda *_: {
        "data": {"url": "https://erp.example.com/new", "topics[]": ["needs"]}
    },
    "POST /organisations/mine/webhooks/{hook_id}/edit": lambda *_: {
        "data": {"url": "https://erp.example.com/changed", "topics[]": ["needs"], "version": 1}
    },
}


def build(session: Session, world: World, houses: dict[str, Organisation]) -> None:
    kept = world.more[ROOM]
    receivers: dict[str, dict[str, Any]] = {
        "notice_own": {"organisation_id": houses["own"].id},
        "notice_admins": {"organisation_id": houses["own"].id},
        "notice_person": {"user_id": world.people["newcomer"]},
        "notice_role": {"role": Role.reviewer},
    }
    for name, receiver in receivers.items():
        case = f"FN-{name}"  # a canary has no place in a payload: who reads it stands in the table
        posted = "organisations.join_requested" if name == "notice_admins" else "needs.need.published"
        payload = {"need_id": str(uuid.uuid4()), "case_number": case, "title": case, "days": 1}
        payload |= {"membership": case, "name": case}
        messages.post(session, posted, dedupe_key=f"matrix:{name}", payload=payload, **receiver)
        session.flush()
        kept[name] = session.query(Message).filter_by(dedupe_key=f"matrix:{name}").one().id
    for name in ("sent", "dead"):
        row = outgoing.post(
            session,
            Channel.mail,
            "li@example.com",
            subject="示例",
            text="x",
            html="<p>x</p>",
            key=f"matrix:{name}",
        )
        assert row is not None
        session.flush()
        kept[f"letter {name}"] = row.id
    outgoing.complete(session, kept["letter sent"])
    outgoing.fail(session, kept["letter dead"], "550", final=True)
    path = unsubscribe_path(settings_of(session), world.people["member"], "needs")
    kept["unsubscribe"] = path.partition("token=")[2]
    _hook(session, world, houses["own"])


def _hook(session: Session, world: World, house: Organisation) -> None:
    from app.accounts import queries as people

    kept = world.more[ROOM]
    actor = acting_for(people.get_user(session, world.people["admin"]), house)
    url = f"https://erp.example.com/{uuid.uuid4().hex}"
    world.secret(url, "notifications: the address of a webhook", ("admin",))
    hook = service.add_hook(session, actor, url=url, topics=["needs"])
    session.flush()
    service.make_secret(session, actor, hook_id=hook.id)
    kept["hook"] = hook.id
    for name, state in (("failed", DeliveryState.failed), ("waiting", DeliveryState.waiting)):
        row = Delivery(
            id=uuid.uuid4(),
            hook_id=hook.id,
            message_id=uuid.uuid4(),
            name="n",
            body={},
            state=state,
            attempts=1,
        )
        session.add(row)
        kept[f"delivery {name}"] = row.id
    session.flush()
