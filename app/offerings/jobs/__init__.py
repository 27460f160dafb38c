"""What the worker does for offerings: other rooms' news, and the terms of listings."""

import uuid
from typing import Any

from app.core import outbox
from app.core.db import Database
from app.core.jobs import JobContext, job
from app.core.worker import ticker
from app.offerings import queries
from app.offerings.jobs.importing import run_import
from app.offerings.jobs.terms import sweep_terms
from app.offerings.models import KIND, Offering
from app.offerings.service.importing import JOB


@job("organisations.changed")
def reindex_organisation(context: JobContext, organisation_id: str) -> dict[str, Any]:
    """Bring the offerings of a renamed or moved organisation to the index anew."""
    with context.database.writing() as session:
        ids = queries.list_ids_of_organisation(session, uuid.UUID(organisation_id))
        marked = outbox.mark_many(session, Offering, ids, kind=KIND, reason="organisation")
    return {"marked": marked}


@job(JOB)
def import_sheet(context: JobContext, import_id: str, tries: int = 0) -> dict[str, Any]:
    """Read an uploaded sheet and make its drafts, all or none."""
    return run_import(context.database, uuid.UUID(import_id), tries=tries)


@ticker("offerings.terms", every_s=60.0)
def watch_terms(runtime: Any, database: Database) -> bool:
    """Remind vendors of listings that run out, and hide those that have."""
    del runtime
    return sweep_terms(database)
