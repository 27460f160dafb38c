"""The search index: how it stands, ordering a rebuild and watching it, the second try for what failed."""

import uuid
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor, FormData
from app.core.permissions import Permission
from app.core.runtime import Runtime
from app.desk import queries
from app.desk.service import index as service
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.policy import permission
from app.web.templating import redirect, render

router = APIRouter(prefix="/desk")


def _status(session: Session, runtime: Runtime) -> dict[str, Any]:
    return {"session": session, "index_status": service.index_status(session, runtime)}


@router.get("/index")
@permission(Permission.indexing_status_read)
def show_index(request: Request, session: ReadSession, runtime: RuntimeDep) -> Response:
    """Show how the index stands; while it is rebuilt the page asks for the progress by itself."""
    return render(request, "desk/index.html", _status(session, runtime), fragment="desk/_progress.html")


@router.post("/index/rebuild")
@permission(Permission.indexing_index_rebuild)
def rebuild(request: Request, session: WriteSession, actor: CurrentActor) -> Response:
    service.order_rebuild(session, actor)
    return redirect(request, "/desk/index", flash="已排队重建索引，搜索照常可用；可以离开，回来还看得到进度")


@router.post("/index/replay")
@permission(Permission.indexing_status_read)
def replay(request: Request, session: WriteSession, actor: CurrentActor, form: FormData) -> Response:
    row = form.text("row")
    number = service.replay_dead_letters(
        session, actor, row_id=int(row) if row.isascii() and row.isdecimal() and len(row) < 18 else None
    )
    return redirect(request, "/desk/failed", flash=f"{number} 条重新排队")


@router.get("/failed")
@permission(Permission.indexing_status_read)
def show_failed(request: Request, session: ReadSession) -> Response:
    """Show what gave up, with the reason, and try again."""
    context = {
        "session": session,
        "documents": queries.list_dead_documents(session),
        "jobs": queries.list_failed_jobs(session),
    }
    return render(request, "desk/failed.html", context)


@router.post("/jobs/{job_id}/retry")
@permission(Permission.indexing_status_read)
def retry_job(request: Request, session: WriteSession, actor: CurrentActor, job_id: uuid.UUID) -> Response:
    service.retry_job(session, actor, job_id=job_id)
    return redirect(request, "/desk/failed", flash="已重新排队")
