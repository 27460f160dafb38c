"""What the administrator of the verified enterprise follows: nobody else's, not the members' either."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.core import clock
from app.organisations.models import Organisation
from app.watching import service
from app.watching.models import Glance, Kind, LockedList, Pace
from tests.factories.organisations import acting_for
from tests.matrix.world import World

ROOM = "watching"
PLACES = {
    "{search_id}": lambda world, _role, situation: world.more[ROOM][situation],
    "{locked_id}": lambda world, _role, situation: world.more[ROOM][situation],
    "{mark_id}": lambda world, _role, situation: world.more[ROOM][situation],
}
_NOW: Any = lambda *_: {"data": {"through": clock.now().isoformat()}}  # noqa: E731  a row of the table below
CALLS: dict[str, Any] = {
    "POST /watching/marks/read": _NOW,
    "POST /watching/searches/{search_id}/read": _NOW,
    "POST /watching/marks": lambda world, _role, situation: {
        "data": {"kind": "offering", "object_id": str(world.offerings[situation])}
    },
    "POST /watching/searches": lambda *_: {
        "data": {"name": "示例", "pace": "daily", "query": f"q={uuid.uuid4().hex}"}
    },
    "POST /watching/searches/{search_id}/edit": lambda *_: {
        "data": {"name": "示例", "pace": "never", "version": 1}
    },
}


def build(session: Session, world: World, houses: dict[str, Organisation]) -> None:
    kept = world.more[ROOM]
    user = people.get_user(session, world.people["admin"])
    actor = acting_for(user, houses["own"])
    name = world.canary("watching: the name of a saved search", ("admin",))
    row = service.add_search(session, actor, name=name, query=f"q={name}", pace=Pace.never, known=[])
    kept["saved"] = row.id
    locked = LockedList(
        id=uuid.uuid4(), user_id=user.id, name=name, query=row.query, total=0, rows=[], digest="0" * 64
    )
    session.add(locked)
    kept["locked"] = locked.id
    mark = service.add_mark(session, actor, kind=Kind.offering, object_id=world.offerings["listed"])
    before = world.canary("watching: what a watched thing cost before", ("admin",))
    mark.changes = [{"what": "价格", "before": before, "now": "5 万元"}]
    mark.changed_at = clock.now()
    kept["mark"] = mark.id
    session.add(
        Glance(user_id=user.id, kind=Kind.offering, object_id=world.offerings["listed"], seen_at=clock.now())
    )
    session.flush()
