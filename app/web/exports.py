"""Sends a list as an Excel file: limited per person, with an audit row, named in Chinese."""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response

from app.core import audit, clock, sheets
from app.core.permissions import Actor
from app.core.runtime import Runtime
from app.core.sheets import Column
from app.web.limits import address_of

LIMIT = "10/hour"
audit.register_name("web.list.exported", "导出列表")


def sheet_response(
    request: Request,
    runtime: Runtime,
    actor: Actor,
    *,
    name: str,
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Any],
    notes: Sequence[str] = (),
) -> Response:
    """Return the rows that the list shows as `title 2026-11-23.xlsx`; `name` (`needs.own`) stands in the audit.

    Raises:
        RateLimited: the eleventh export of this person within an hour (RELIABILITY I9).

    """
    who = str(actor.user_id or address_of(request))
    runtime.throttle.hit([(LIMIT, f"export:{who}")], message="一小时内导出太多次")
    data = sheets.workbook(title, columns, rows, notes=notes)
    with runtime.database.writing() as session:
        audit.record(session, actor, "web.list.exported", kind="list", object_id=name)
    return file_response(data, f"{title} {clock.today().isoformat()}.xlsx", sheets.MEDIA_TYPE)


def file_response(data: bytes, name: str, media_type: str) -> Response:
    """Return bytes as a download that no browser opens by itself."""
    return Response(
        data,
        media_type=media_type,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            "Cache-Control": "private, no-store",
        },
    )


def noted_response(
    runtime: Runtime, actor: Actor, event: str, data: bytes, *, name: str, media_type: str
) -> Response:
    """Return a person's own file as a download and leave an audit row `event` about them."""
    with runtime.database.writing() as session:
        audit.record(session, actor, event, kind="user", object_id=actor.user_id)
    return file_response(data, name, media_type)
