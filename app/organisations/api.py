"""JSON: whether a credit code is right, and whether it is taken."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query, Request

from app.accounts.deps import CurrentActor
from app.core.scopes import Scope
from app.organisations import queries
from app.organisations.models import Capacity, Origin
from app.organisations.schemas import CodeCheckOut, CodeProblemOut, OrganisationOut
from app.web.deps import ReadSession, RuntimeDep
from app.web.limits import per_address
from app.web.policy import public, public_api, scope

router = APIRouter(prefix="/api/v1/organisations", tags=["organisations"])


@router.get("/check-code")
@scope(Scope.open)
@public_api
def check_code(
    request: Request,
    session: ReadSession,
    runtime: RuntimeDep,
    code: Annotated[str, Query(max_length=60, description="统一社会信用代码, as typed")],
) -> CodeCheckOut:
    """Check both check characters of a code (GB 32100, GB 11714) and say whether it is registered here."""
    per_address(request, runtime, "check-code", "30/minute")
    check = queries.check_code(session, code)
    return CodeCheckOut(
        code=check.code,
        valid=check.valid,
        registered=check.registered,
        problems=[
            CodeProblemOut(
                fault=problem.fault.value,
                message=problem.message,
                position=problem.position,
                found=problem.found,
                expected=problem.expected,
            )
            for problem in check.problems
        ],
    )


@router.get("/{organisation_id}")
@scope(Scope.organisations_read)
@public
def show_organisation(
    session: ReadSession, actor: CurrentActor, organisation_id: uuid.UUID
) -> OrganisationOut:
    """Return the public fields of a verified organisation (or of one's own)."""
    row = queries.get_organisation(session, actor, organisation_id)
    return OrganisationOut(
        id=row.id,
        name=row.name,
        short_name=row.short_name,
        capacities=[item for item in Capacity if item in row.capacity_set],
        district=row.district_slug,
        industry=row.industry_code,
        verified=row.is_verified,
        demo=row.origin is Origin.demo,
    )
