import uuid

from fastapi import APIRouter, Request, Response

from app.accounts.deps import CurrentActor
from app.core.permissions import Permission
from app.matching import finding
from app.matching.schemas import LIMITS, read_ask
from app.web.deps import ReadSession, RuntimeDep
from app.web.limits import per_address
from app.web.policy import permission
from app.web.templating import render

router = APIRouter()


@router.get("/workspace/needs/{need_id}/matches")
@permission(Permission.matching_need_read)
def need_matches(
    request: Request, need_id: uuid.UUID, session: ReadSession, runtime: RuntimeDep, actor: CurrentActor
) -> Response:
    """Show who can solve a posted need or a draft; corrections stand in the address, the need's words do not."""
    per_address(request, runtime, "match", *LIMITS)
    ask = read_ask([(name, value) for name, value in request.query_params.multi_items() if name != "text"])
    context = finding.need_answer(session, runtime.engine, actor, need_id=need_id, ask=ask)
    return render(request, "matching/need.html", context, fragment="matching/_answer.html")
