"""JSON: who am I, and the token that unsafe requests carry."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from app.accounts.deps import CurrentActor
from app.accounts.schemas import MeOut, MyOrganisationOut
from app.core.scopes import Scope
from app.web import csrf, sessions
from app.web.policy import beforehand, public, scope

router = APIRouter(prefix="/api/v1", tags=["accounts"])


@router.get("/me", response_model=MeOut)
@scope(Scope.open)
@beforehand
@public
def show_me(request: Request, actor: CurrentActor) -> JSONResponse:
    """Return the caller and the CSRF token for `X-CSRF-Token`; a visitor gets one for signing in."""
    organisation = None
    if actor.organisation_id is not None:
        organisation = MyOrganisationOut(
            id=actor.organisation_id,
            name=actor.organisation_name or "",
            verified=actor.organisation_verified,
            capacities=sorted(actor.capacities),
        )
    answer = MeOut(
        signed_in=actor.signed_in,
        id=actor.user_id,
        name=actor.name,
        roles=sorted(actor.roles),
        district=actor.district,
        organisation=organisation,
        csrf_token=csrf.token_for(request),
    )
    response = JSONResponse(answer.model_dump(mode="json"))
    sessions.finish(request, response, {})
    return response
