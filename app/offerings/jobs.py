"""What other rooms' news means for offerings."""

import uuid
from typing import Any

from app.core import outbox
from app.core.jobs import JobContext, job
from app.offerings import queries
from app.offerings.models import KIND, Offering


@job("organisations.changed")
def reindex_organisation(context: JobContext, organisation_id: str) -> dict[str, Any]:
    """Bring the offerings of a renamed or moved organisation to the index anew."""
    with context.database.writing() as session:
        ids = queries.list_ids_of_organisation(session, uuid.UUID(organisation_id))
        marked = outbox.mark_many(session, Offering, ids, kind=KIND, reason="organisation")
    return {"marked": marked}
