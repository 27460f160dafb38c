"""The health page for staff: /status."""

from fastapi import APIRouter, Request, Response

from app.accounts.deps import CurrentActor
from app.core.permissions import Permission
from app.desk.service import health
from app.web.deps import ReadSession, RuntimeDep
from app.web.policy import permission
from app.web.templating import render

router = APIRouter()


@router.get("/status")
@permission(Permission.desk_health_read)
def status(request: Request, session: ReadSession, runtime: RuntimeDep, actor: CurrentActor) -> Response:
    """Show how database, search, queues, worker, disk and backups stand."""
    facts = health.facts(session, runtime, actor)
    return render(request, "desk/status.html", {"session": session, "facts": facts})
