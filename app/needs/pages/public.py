"""The page of a need, masked by its confidentiality."""

from fastapi import APIRouter, Request, Response

from app.accounts.deps import CurrentActor
from app.core.errors import NotFound
from app.needs import case_number as numbers
from app.needs import queries
from app.needs.models import EDITABLE
from app.needs.pages import views
from app.web.deps import ReadSession
from app.web.policy import public
from app.web.templating import redirect, render

router = APIRouter(prefix="/needs")


@router.get("/{case_number}")
@public
def show_need(request: Request, session: ReadSession, actor: CurrentActor, case_number: str) -> Response:
    """Show a need to whoever may see it; a case number typed otherwise leads to its own address."""
    try:
        number = str(numbers.parse(case_number))
    except ValueError as error:
        raise NotFound(str(error)) from error
    need = queries.get_by_case_number(session, actor, number)
    if number != case_number:
        return redirect(request, f"/needs/{number}")
    return render(
        request,
        "needs/detail.html",
        {
            "session": session,
            "need": need,
            "shown": views.shown(session, actor, need),
            "editable": need.state in EDITABLE,
        },
    )
