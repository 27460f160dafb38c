"""Who works on which waiting thing: told to colleagues, never a lock on the decision itself."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.errors import Invalid
from app.core.permissions import Actor, Permission, require
from app.desk import queries
from app.desk.models import Hold

LOOKING, ASSIGNED = timedelta(minutes=3), timedelta(days=3)
audit.register_name("desk.item.taken", "认领待办")
audit.register_name("desk.item.released", "放下待办")


@dataclass(frozen=True, slots=True)
class Held:
    """Who works on a thing, as the page shows it; `mine` and `assigned` say how."""

    key: str
    name: str
    mine: bool
    assigned: bool


def check_key(key: str, queues: frozenset[str]) -> str:
    """Return the key if it is `queue:id` of a queue that there is."""
    name, _, rest = key.partition(":")
    if name not in queues or not 0 < len(rest) <= 80 or not rest.isprintable():
        raise Invalid({"key": "没有这件待办"})
    return key


def look(session: Session, actor: Actor, *, key: str) -> None:
    """Note that the actor has the thing open; somebody else's running note stays. Nothing is audited: it is no act."""
    require(actor, Permission.desk_item_hold)
    row = queries.lock_hold(session, key)
    if row is not None and row.until > clock.now() and (row.user_id != actor.user_id or row.assigned):
        return
    _put(session, actor, row, key, assigned=False)


def take(session: Session, actor: Actor, *, key: str) -> None:
    """Take the thing on, also from a colleague (who sees it on the desk); it comes free after three days."""
    require(actor, Permission.desk_item_hold)
    row = queries.lock_hold(session, key)
    before = row.user_id if row is not None and row.assigned and row.until > clock.now() else None
    if before == actor.user_id:
        return
    _put(session, actor, row, key, assigned=True)
    name, _, object_id = key.partition(":")
    audit.record(
        session,
        actor,
        "desk.item.taken",
        kind=f"queue:{name}"[:40],
        object_id=object_id[:64],
        data={"from": str(before)} if before else {},
    )


def release(session: Session, actor: Actor, *, key: str) -> None:
    """Put the thing down again; only one's own."""
    require(actor, Permission.desk_item_hold)
    row = queries.lock_hold(session, key)
    if row is None or row.user_id != actor.user_id:
        return
    if row.assigned:
        name, _, object_id = key.partition(":")
        audit.record(
            session, actor, "desk.item.released", kind=f"queue:{name}"[:40], object_id=object_id[:64]
        )
    session.delete(row)
    session.flush()


def _put(session: Session, actor: Actor, row: Hold | None, key: str, *, assigned: bool) -> None:
    assert actor.user_id is not None
    moment = clock.now()
    values = {
        "user_id": actor.user_id,
        "assigned": assigned,
        "until": moment + (ASSIGNED if assigned else LOOKING),
    }
    if row is None:
        try:
            with session.begin_nested():
                session.add(Hold(key=key, since=moment, **values))
        except IntegrityError:  # a colleague was quicker by an instant
            row = queries.lock_hold(session, key)
        if row is None or not assigned:
            return
    if row.user_id != actor.user_id:
        row.since = moment
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()


def show(session: Session, actor: Actor, *, keys: list[str]) -> dict[str, Held]:
    """Return who works on each of these things now, in two queries at most."""
    rows = queries.list_holds(session, keys)
    names = queries.names_of(session, [row.user_id for row in rows])
    return {
        row.key: Held(row.key, names.get(row.user_id, "同事"), row.user_id == actor.user_id, row.assigned)
        for row in rows
    }
