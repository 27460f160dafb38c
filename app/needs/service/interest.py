"""That a vendor and a need met: told by the room above, counted and asked for its opinion here."""

import uuid

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.core import clock
from app.needs.models import InterestKind, NeedInterest


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
