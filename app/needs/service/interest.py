"""That a vendor and a need met: told by the room above, counted and asked for its opinion here."""

import uuid
from collections.abc import Mapping

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.core import clock
from app.needs import queries
from app.needs.models import InterestKind, NeedInterest, NeedSeen


def record_interest(
    session: Session, *, need_id: uuid.UUID, organisation_id: uuid.UUID, kind: InterestKind | str
) -> bool:
    """Note that the organisation was invited to the need or offered on it; returns whether that is new.

    Called in the transaction of the enquiry. Of equal calls at once exactly one is new.
    """
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    step = insert(NeedInterest).values(
        id=uuid.uuid4(),
        need_id=need_id,
        organisation_id=organisation_id,
        kind=InterestKind(kind),
        at=clock.now(),
    )
    step = step.on_conflict_do_nothing(index_elements=["need_id", "organisation_id", "kind"])
    return session.execute(step.returning(NeedInterest.id)).first() is not None


def add_seen(session: Session, counts: Mapping[uuid.UUID, int]) -> int:
    """Add counted views to the needs' numbers in one batch; returns how many views. Needs that are gone are left out."""
    known = queries.list_existing_ids(session, list(counts))
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    for need_id in sorted(known):
        step = insert(NeedSeen).values(need_id=need_id, seen=counts[need_id], updated_at=clock.now())
        step = step.on_conflict_do_update(
            index_elements=["need_id"],
            set_={"seen": NeedSeen.seen + counts[need_id], "updated_at": clock.now()},
        )
        session.execute(step)
    return sum(counts[need_id] for need_id in known)
