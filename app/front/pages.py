from fastapi import APIRouter, Request, Response

from app.accounts.deps import CurrentActor
from app.core.permissions import Permission
from app.front import service
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.policy import permission, public, signed_in
from app.web.templating import redirect, render

router = APIRouter()


@router.get("/workspace")
@signed_in
def workspace(request: Request, session: ReadSession) -> Response:
    """Show the signed-in person what is theirs and what comes next."""
    return render(request, "front/workspace.html", {"session": session})


@router.get("/desk")
@permission(Permission.indexing_status_read)
def desk(request: Request, session: ReadSession, runtime: RuntimeDep) -> Response:
    """Show staff every queue with its length and age."""
    context = {"session": session, "index_status": service.index_status(session, runtime)}
    return render(request, "front/desk.html", context)


@router.post("/desk/index/rebuild")
@permission(Permission.indexing_index_rebuild)
def rebuild(request: Request, session: WriteSession, actor: CurrentActor) -> Response:
    service.order_rebuild(session, actor)
    return redirect(request, "/desk", flash="已排队重建索引，搜索照常可用")


@router.post("/desk/index/replay")
@permission(Permission.indexing_status_read)
def replay(request: Request, session: WriteSession, actor: CurrentActor) -> Response:
    number = service.replay_dead_letters(session, actor)
    return redirect(request, "/desk", flash=f"{number} 条重新排队")


@router.get("/terms")
@public
def terms(request: Request) -> Response:
    return render(request, "front/terms.html")


@router.get("/privacy")
@public
def privacy(request: Request) -> Response:
    return render(request, "front/privacy.html")
