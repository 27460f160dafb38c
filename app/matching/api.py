import uuid

from fastapi import APIRouter, Request

from app.accounts.deps import CurrentActor
from app.core.permissions import Permission
from app.core.scopes import Scope
from app.matching import finding, output
from app.matching.schemas import LIMITS, MatchOut, PreviewIn
from app.web.deps import ReadSession, RuntimeDep
from app.web.limits import per_address
from app.web.policy import permission, public_api, scope

router = APIRouter(prefix="/api/v1", tags=["matching"])


@router.post("/match/preview")
@scope(Scope.search_read)
@public_api
def preview(
    request: Request, given: PreviewIn, session: ReadSession, runtime: RuntimeDep, actor: CurrentActor
) -> MatchOut:
    """Read a sentence and rank the listed offerings for it, every point explained; nothing is stored."""
    per_address(request, runtime, "match", *LIMITS)
    result = finding.preview(
        session, runtime.engine, actor, need=finding.input_of_preview(given), limit=given.limit
    )
    return output.to_out(result)


@router.get("/needs/{need_id}/matches")
@scope(Scope.needs_read)
@permission(Permission.matching_need_read)
def need_matches(
    request: Request,
    need_id: uuid.UUID,
    session: ReadSession,
    runtime: RuntimeDep,
    actor: CurrentActor,
) -> MatchOut:
    """Rank the listed offerings for a need of the own organisation; staff for any need they may see."""
    per_address(request, runtime, "match", *LIMITS)
    return output.to_out(finding.match_need(session, runtime.engine, actor, need_id=need_id))
