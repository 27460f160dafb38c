"""Background commands of needs: publishing on verification, ending on expiry, following an organisation's changes."""

import uuid
from typing import Any

from app.core import outbox
from app.core.jobs import JobContext, job
from app.needs import queries, service
from app.needs.models import KIND, Need


@job("organisations.verified")
def publish_waiting(context: JobContext, *, organisation_id: str) -> dict[str, Any]:
    """Publish the needs that waited for this organisation."""
    with context.database.writing() as session:
        return {"published": service.publish_waiting(session, organisation_id=uuid.UUID(organisation_id))}


@job("organisations.changed")
def refresh_documents(context: JobContext, *, organisation_id: str) -> dict[str, Any]:
    """Mark the organisation's needs for the index: their documents may show its name."""
    with context.database.writing() as session:
        ids = queries.list_ids_of_organisation(session, uuid.UUID(organisation_id))
        return {"marked": outbox.mark_many(session, Need, ids, kind=KIND, reason="organisation changed")}


@job(service.publish.EXPIRE)
def end_expired(context: JobContext, *, need_id: str) -> dict[str, Any]:
    """End a need whose time is over."""
    with context.database.writing() as session:
        return {"ended": service.close_expired(session, need_id=uuid.UUID(need_id))}
