"""Offerings by Excel: the template, the import with its progress and problems, the exports."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor, FormData
from app.core import sheets
from app.core.errors import Invalid
from app.core.permissions import Actor, Permission
from app.core.sheets import Column
from app.files import service as files
from app.files.service import Received
from app.offerings import content, labels, queries, service, sheet
from app.offerings.models import ImportState, Offering, OfferingState
from app.offerings.pages import views
from app.offerings.service.importing import MARKED, load_names
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.exports import file_response, sheet_response
from app.web.idempotent import idempotent
from app.web.limits import per_address
from app.web.policy import permission
from app.web.templating import redirect, render

router = APIRouter()
CREATE, EDIT = Permission.offerings_offering_create, Permission.offerings_offering_edit
REVIEW = Permission.offerings_offering_review
PAGE, PROGRESS = "offerings/import.html", "offerings/_import.html"
BASE = "/workspace/offerings"


def _uploaded(form: FormData) -> Received | Invalid:
    """Open the upload before any transaction begins; what is wrong with it is told by the page."""
    try:
        return files.receive(form.files.get("file"), allow=files.SHEETS)
    except Invalid as error:
        return error


Uploaded = Annotated[Received | Invalid, Depends(_uploaded)]


def _page(session: Session, actor: Actor) -> dict[str, Any]:
    return {
        "session": session,
        "imports": queries.list_imports(session, actor),
        "import_labels": labels.IMPORT_LABELS,
        "import_tones": labels.IMPORT_TONES,
        "notes": sheet.NOTES,
    }


@router.get(f"{BASE}/import")
@permission(CREATE)
def show_import(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """Show how to import, the template, and what was imported lately."""
    return render(request, PAGE, _page(session, actor))


@router.get(f"{BASE}/import/template.xlsx")
@permission(CREATE)
def download_template(request: Request, session: ReadSession, runtime: RuntimeDep) -> Response:
    """Send the empty sheet with drop-down lists, an example and notes."""
    per_address(request, runtime, "offerings.template", "30/minute")
    names = load_names(session)
    data = sheets.workbook(
        "供给", sheet.COLUMNS, sheet.EXAMPLE, notes=sheet.NOTES, choices=sheet.choices(names)
    )
    return file_response(data, "供给导入模板.xlsx", sheets.MEDIA_TYPE)


@router.post(f"{BASE}/import")
@permission(CREATE)
@idempotent
def start_import(
    request: Request, actor: CurrentActor, form: FormData, uploaded: Uploaded, session: WriteSession
) -> Response:
    """Take the sheet; the worker reads it and the next page shows how far it is."""
    with form.rejecting(PAGE, lambda fresh: _page(fresh, actor)):
        if isinstance(uploaded, Invalid):
            raise uploaded
        row, is_new = service.begin_import(session, actor, received=uploaded)
    word = "已收到，正在检查" if is_new else "这张表已经传过，没有重复导入"
    return redirect(request, f"{BASE}/import/{row.id}", flash=word)


@router.get(f"{BASE}/import/{{import_id}}")
@permission(CREATE)
def show_progress(
    request: Request, session: ReadSession, actor: CurrentActor, import_id: uuid.UUID
) -> Response:
    """Show how far an import is, what it made, or what must be changed by row and column."""
    row = queries.get_own_import(session, actor, import_id)
    context = {
        "session": session,
        "row": row,
        "over": row.state is not ImportState.waiting,
        "problems": [sheet.Problem(**item) for item in row.errors],
        "marked": [file for file in queries.list_own_files(session, MARKED, row.id) if file.is_open],
        "import_labels": labels.IMPORT_LABELS,
        "import_tones": labels.IMPORT_TONES,
    }
    return render(request, "offerings/import_one.html", context, fragment=PROGRESS)


def _lines(session: Session, rows: list[Offering], *, staff: bool) -> list[dict[str, Any]]:
    names = load_names(session)
    vendors = queries.list_organisations(session, [row.organisation_id for row in rows]) if staff else {}
    found: list[dict[str, Any]] = []
    for number, row in enumerate(rows, 1):
        lines = sheet.lines_of(number, content.newest_of(row), names)
        if staff:
            lines[0] |= {
                "vendor": views.vendor_name(vendors, row),
                "state": labels.STATE_LABELS[row.state],
            }
        found += lines
    return found


def _value(key: str) -> Any:
    return lambda line: line.get(key)


@router.get(f"{BASE}/export.xlsx")
@permission(EDIT)
def export_own(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    runtime: RuntimeDep,
    state: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Send the organisation's offerings of the list in the columns of the template."""
    wanted = OfferingState(state) if state in set(OfferingState) else None
    rows = list(queries.list_own_whole(session, actor, state=wanted))
    return sheet_response(
        request,
        runtime,
        actor,
        name="offerings.own",
        title="我的供给",
        columns=sheet.COLUMNS,
        rows=_lines(session, rows, staff=False),
        notes=sheet.NOTES,
    )


@router.get("/desk/offerings/export.xlsx")
@permission(REVIEW)
def export_queue(
    request: Request, session: ReadSession, actor: CurrentActor, runtime: RuntimeDep
) -> Response:
    """Send what waits for review in the columns of the template, with the vendor and the state."""
    queue = queries.list_queue(session)
    rows = {row.id: row for row in queries.list_visible_by_ids(session, actor, [row.id for row in queue])}
    columns = [
        *sheet.COLUMNS,
        Column("机构", _value("vendor"), width=24),
        Column("状态", _value("state"), width=12),
    ]
    return sheet_response(
        request,
        runtime,
        actor,
        name="offerings.queue",
        title="等审核的供给",
        columns=columns,
        rows=_lines(session, [rows[row.id] for row in queue if row.id in rows], staff=True),
    )
