"""Many offerings from one sheet: all of them become drafts, or none."""

import uuid

from sqlalchemy.orm import Session

from app.core import audit, clock, jobs, messages
from app.core.errors import Forbidden
from app.core.permissions import Actor, Permission, require
from app.files import service as files
from app.files.models import StoredFile
from app.files.service import Received
from app.offerings import queries
from app.offerings.models import ImportState, OfferingImport
from app.offerings.sheet import Names
from app.reference import queries as reference
from app.reference.models import IndustryLevel

JOB, PURPOSE, MARKED = "offerings.import", "offerings.import", "offerings.import.errors"
CREATE = Permission.offerings_offering_create

audit.register_name("offerings.import.uploaded", "上传供给表格")
audit.register_name("offerings.import.done", "从表格导入供给")
audit.register_name("offerings.import.refused", "供给表格没有导入")


def load_names(session: Session) -> Names:
    """Return the reference lists that a sheet is read and written with, in four queries."""
    divisions = reference.list_industries(session, level=IndustryLevel.division)
    return Names(
        scenarios={row.code: row.name for row in reference.list_scenarios(session)},
        pain_points={row.code: row.name for row in reference.list_pain_points(session)},
        industries=reference.industry_names(session),
        divisions=tuple(row.code for row in divisions),
    )


def begin_import(session: Session, actor: Actor, *, received: Received) -> tuple[OfferingImport, bool]:
    """Take a sheet and let the worker read it; the same file again is the same import.

    Returns the import and whether it is a new one.
    """
    require(actor, CREATE)
    if actor.organisation_id is None or actor.user_id is None:
        raise Forbidden
    kept = files.keep(
        session,
        actor,
        received,
        purpose=PURPOSE,
        object_id=actor.organisation_id,
        organisation_id=actor.organisation_id,
    )
    known = queries.find_import_of(session, actor.organisation_id, kept.sha256)
    if known is not None and known.state is not ImportState.refused:
        files.remove(session, actor, kept)
        return known, False
    row = OfferingImport(
        id=uuid.uuid4(),
        organisation_id=actor.organisation_id,
        user_id=actor.user_id,
        file_id=kept.id,
        file_name=kept.name,
        sha256=kept.sha256,
        state=ImportState.waiting,
        errors=[],
    )
    session.add(row)
    session.flush()
    _record(session, actor, "uploaded", row)
    jobs.enqueue(session, JOB, {"import_id": str(row.id)}, key=f"{JOB}:{row.id}")
    return row, True


def end_import(
    session: Session, actor: Actor, row: OfferingImport, state: ImportState, *, reason: str
) -> None:
    """Write down how an import ended and tell who uploaded it."""
    row.state, row.reason, row.finished_at = state, reason[:300], clock.now()
    session.flush()
    verb = "done" if state is ImportState.done else "refused"
    _record(session, actor, verb, row)
    messages.post(
        session,
        f"offerings.import.{'finished' if verb == 'done' else 'refused'}",
        user_id=row.user_id,
        payload={"import_id": str(row.id), "count": row.done},
        dedupe_key=f"offerings.import:{row.id}",
    )


def _record(session: Session, actor: Actor, verb: str, row: OfferingImport) -> None:
    audit.record(
        session,
        actor,
        f"offerings.import.{verb}",
        kind="offering_import",
        object_id=row.id,
        data={"count": row.done, "problems": len(row.errors)},
    )


def _may_read(session: Session, actor: Actor, file: StoredFile) -> bool:
    """The organisation whose sheet it is, and nobody else."""
    del session
    return actor.organisation_id is not None and file.organisation_id == actor.organisation_id


files.register_reader(PURPOSE, _may_read)
files.register_reader(MARKED, _may_read)
