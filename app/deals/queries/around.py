"""What stands around enquiries: titles, needs, names, in a constant number of queries for any number of rows."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.permissions import Actor
from app.deals.models import Enquiry
from app.deals.queries.threads import list_consents, unread_of
from app.needs import queries as needs
from app.needs.models import Need
from app.offerings.models import Offering
from app.organisations import queries as organisations
from app.organisations.models import Organisation


@dataclass(frozen=True, slots=True)
class Around:
    """Lookups by id; `seen_needs` are those that the actor may see whatever the enquiry's state."""

    titles: Mapping[uuid.UUID, str]
    needs: Mapping[uuid.UUID, Need]
    seen_needs: frozenset[uuid.UUID]
    organisations: Mapping[uuid.UUID, Organisation]
    consents: Mapping[uuid.UUID, frozenset[uuid.UUID]]
    unread: Mapping[uuid.UUID, int]


def offering_titles(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    if not ids:
        return {}
    query = select(Offering.id, Offering.title).where(Offering.id.in_(list(ids)))
    return dict(list(session.execute(query)))


def load_around(session: Session, actor: Actor, rows: Sequence[Enquiry]) -> Around:
    """Return everything that a list or page of these enquiries shows, in seven queries."""
    need_ids = sorted({row.need_id for row in rows if row.need_id})
    parties = sorted({key for row in rows for key in (row.sme_id, row.vendor_id)})
    ids = [row.id for row in rows]
    return Around(
        titles=offering_titles(session, sorted({row.offering_id for row in rows})),
        needs={need.id: need for need in needs.list_by_ids(session, need_ids)} if need_ids else {},
        seen_needs=frozenset(
            need.id for need in (needs.list_visible_by_ids(session, actor, need_ids) if need_ids else ())
        ),
        organisations={row.id: row for row in organisations.list_by_ids(session, parties)} if rows else {},
        consents={key: frozenset(given) for key, given in list_consents(session, ids).items()},
        unread=unread_of(session, actor, ids),
    )
