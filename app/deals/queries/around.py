"""What stands around enquiries: titles, needs, names, in a constant number of queries for any number of rows."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.permissions import Actor
from app.deals import policy
from app.deals.models import Enquiry
from app.deals.queries.threads import list_consents, unread_of
from app.deals.showing import Field, readable
from app.deals.states import Party
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


def fields_of(actor: Actor, row: Enquiry, around: Around) -> frozenset[Field]:
    """Return which fields of the other side the actor may read in this enquiry."""
    need = around.needs.get(row.need_id) if row.need_id else None
    return readable(
        reader=policy.side_of(actor, row) or Party.vendor,
        state=row.state,
        both_consent={row.sme_id, row.vendor_id} <= around.consents.get(row.id, frozenset()),
        name_hidden=bool(need and need.hide_name),
        need_visible=row.need_id in around.seen_needs,
    )


def fields_about(session: Session, actor: Actor, rows: Sequence[Enquiry]) -> frozenset[Field]:
    """Return what the actor may read of a need's firm by any of these enquiries about it, for the page of the case."""
    around = load_around(session, actor, rows)
    return frozenset(field for row in rows for field in fields_of(actor, row, around))
