"""What everybody sees of a verified organisation."""

import uuid

from fastapi import APIRouter, Request, Response

from app.accounts.deps import CurrentActor
from app.organisations import queries
from app.organisations.pages import views
from app.organisations.policy import sees_contacts
from app.web.deps import ReadSession
from app.web.policy import public
from app.web.templating import render

router = APIRouter(prefix="/organisations")


@router.get("/{organisation_id}")
@public
def show_organisation(
    request: Request, session: ReadSession, actor: CurrentActor, organisation_id: uuid.UUID
) -> Response:
    organisation = queries.get_organisation(session, actor, organisation_id)
    return render(
        request,
        "organisations/detail.html",
        {
            "session": session,
            "organisation": organisation,
            "shows_contacts": sees_contacts(actor, organisation),
            **views.facts(session, organisation),
        },
    )
