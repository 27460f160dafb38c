"""Reads an uploaded sheet and makes its drafts: short transactions of the worker, repeatable."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.accounts.models import MembershipState
from app.core import clock, jobs, sheets
from app.core.apart import Refused
from app.core.db import Database
from app.core.errors import Forbidden
from app.core.permissions import Actor, can
from app.core.sheets import Cell, Column
from app.files import queries as file_queries
from app.files import service as files
from app.files.models import FileKind, FileState
from app.files.service import Received
from app.offerings import queries, sheet
from app.offerings.models import ImportState, OfferingImport
from app.offerings.schemas import OfferingContent
from app.offerings.service.draft import MAX_OWN, add_draft
from app.offerings.service.importing import CREATE, JOB, MARKED, end_import, load_names
from app.offerings.sheet import Names, Problem

SHOWN, TRIES = 500, 40
PAUSE = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class _Task:
    """What the job needs of an import while no transaction is open."""

    import_id: uuid.UUID
    state: FileState
    data: bytes
    actor: Actor | None
    names: Names


def run_import(database: Database, import_id: uuid.UUID, *, tries: int = 0) -> dict[str, Any]:
    """Read the sheet and make the drafts; returns what became of it. Repeating it changes nothing."""
    task = _load(database, import_id)
    if task is None:
        return {"state": "over"}
    if task.state is FileState.quarantined and tries < TRIES:
        with database.writing() as session:
            again = jobs.enqueue(session, JOB, {"import_id": str(import_id), "tries": tries + 1})
            again.run_at = clock.now() + PAUSE
        return {"state": "scanning"}
    if task.state is not FileState.clean:
        return _refuse(database, task, "这个文件没有通过查毒，没有导入")
    if task.actor is None:
        return _refuse(database, task, "上传的人已不在这家机构，或者机构不能发布供给")
    try:
        rows = sheets.read_rows(task.data)
    except Refused as error:
        return _refuse(database, task, str(error))
    _progress(database, import_id, 0, len(rows))
    found, problems = sheet.read(rows, task.names)
    if problems:
        return _refuse(database, task, f"有 {len(problems)} 处要改", problems, rows)
    return _save(database, task, [content for _group, content in found])


def _load(database: Database, import_id: uuid.UUID) -> _Task | None:
    with database.reading() as session:
        row = queries.find_import(session, import_id)
        if row is None or row.state is not ImportState.waiting:
            return None
        file = file_queries.find_file(session, row.file_id)
        state = file.state if file is not None else FileState.removed
        data = files.bytes_of(session, file) if file is not None and state is FileState.clean else b""
        return _Task(import_id, state, data, _actor(session, row), load_names(session))


def _actor(session: Session, row: OfferingImport) -> Actor | None:
    """Return who uploaded it as he stands today, None when he may not make offerings there any more."""
    user = people.find_active_user(session, row.user_id)
    facts = people.find_organisation_facts(session, row.organisation_id)
    if user is None or facts is None:
        return None
    held = next(
        (
            item
            for item in user.memberships
            if item.organisation_id == row.organisation_id and item.state is MembershipState.active
        ),
        None,
    )
    if held is None:
        return None
    actor = Actor(
        user_id=user.id,
        name=user.name,
        organisation_id=row.organisation_id,
        organisation_name=facts["name"],
        organisation_verified=facts["state"] == "verified",
        capacities=facts["capacities"],
        roles=frozenset({held.role}),
    )
    return actor if can(actor, CREATE) else None


def _progress(database: Database, import_id: uuid.UUID, done: int, total: int) -> None:
    with database.writing() as session:
        row = queries.lock_import(session, import_id)
        if row is not None:
            row.done, row.total = done, total


def _save(database: Database, task: _Task, contents: Sequence[OfferingContent]) -> dict[str, Any]:
    """Make all drafts in one transaction; whoever comes second finds the import over."""
    actor = task.actor
    if actor is None or actor.organisation_id is None:
        raise Forbidden
    with database.writing() as session:
        row = queries.lock_import(session, task.import_id)
        if row is None or row.state is not ImportState.waiting:
            return {"state": "over"}
        own = sum(queries.count_own_by_state(session, actor).values())
        if own + len(contents) > MAX_OWN:
            reason = f"一家机构最多 {MAX_OWN} 项供给，现有 {own} 项，放不下这 {len(contents)} 项"
            end_import(session, actor, row, ImportState.refused, reason=reason)
            return {"state": "refused"}
        for content in contents:
            add_draft(session, actor, organisation_id=actor.organisation_id, given=content, origin="imported")
        row.done = row.total = len(contents)
        end_import(session, actor, row, ImportState.done, reason=f"存成 {len(contents)} 项草稿")
    return {"state": "done", "count": len(contents)}


def _refuse(
    database: Database,
    task: _Task,
    reason: str,
    problems: Sequence[Problem] = (),
    rows: Sequence[Sequence[Cell]] = (),
) -> dict[str, Any]:
    marked = _marked(rows, problems) if problems and len(rows) > 1 else None
    with database.writing() as session:
        row = queries.lock_import(session, task.import_id)
        if row is None or row.state is not ImportState.waiting:
            return {"state": "over"}
        row.errors = [asdict(item) for item in problems[:SHOWN]]
        actor = task.actor or Actor(user_id=row.user_id, organisation_id=row.organisation_id)
        if marked is not None:
            files.keep(
                session,
                actor,
                Received(FileKind.sheet, "标出问题的表格.xlsx", sheets.MEDIA_TYPE, marked),
                purpose=MARKED,
                object_id=row.id,
                organisation_id=row.organisation_id,
            )
        end_import(session, actor, row, ImportState.refused, reason=reason)
    return {"state": "refused", "problems": len(problems)}


def _marked(rows: Sequence[Sequence[Cell]], problems: Sequence[Problem]) -> bytes:
    """Return the sheet as it came, each cell to change tinted with the reason as its comment."""
    head = [str(cell or "") for cell in rows[0]]
    place_of = {title: number for number, title in enumerate(head)}

    def cell(number: int) -> Any:
        return lambda row: row[number] if number < len(row) else None

    columns = [Column(title, cell(number), kind="number") for number, title in enumerate(head)]
    marks = {(item.row - 2, place_of.get(item.title, 0)): item.reason for item in problems if item.row > 1}
    notes = [f"第 {item.row} 行，{item.title}：{item.reason}" for item in problems]
    return sheets.workbook("供给", columns, rows[1:], marks=marks, notes=notes)
