import uuid
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Response

from app.accounts.deps import CurrentActor
from app.files import service
from app.web.deps import ReadSession
from app.web.policy import public

router = APIRouter()
SANDBOX = "default-src 'none'; sandbox"


@router.get("/files/{file_id}")
@public
def read(
    session: ReadSession,
    actor: CurrentActor,
    file_id: uuid.UUID,
    inline: Annotated[str, Query(max_length=1)] = "",
) -> Response:
    """Send a file as an attachment; a picture, written afresh by us, also within the page.

    Public by route: the room that keeps the file decides each time (404 for everybody else).
    """
    row, data = service.read_file(session, actor, file_id)
    within = bool(inline) and row.is_picture
    return Response(
        data,
        media_type=row.media_type,
        headers={
            "Content-Disposition": f"{'inline' if within else 'attachment'}; filename*=UTF-8''{quote(row.name)}",
            "Content-Security-Policy": SANDBOX,
            "Cache-Control": "private, no-store",
        },
    )
