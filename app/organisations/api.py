"""JSON: whether a credit code is right, and whether it is taken."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from app.organisations import queries
from app.organisations.schemas import CodeCheckOut, CodeProblemOut
from app.web.deps import ReadSession, RuntimeDep
from app.web.policy import public_api

router = APIRouter(prefix="/api/v1/organisations", tags=["organisations"])


@router.get("/check-code")
@public_api
def check_code(
    request: Request,
    session: ReadSession,
    runtime: RuntimeDep,
    code: Annotated[str, Query(max_length=60, description="统一社会信用代码, as typed")],
) -> CodeCheckOut:
    """Check both check characters of a code (GB 32100, GB 11714) and say whether it is registered here."""
    runtime.throttle.hit([("30/minute", f"check-code:{request.client.host if request.client else ''}")])
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
