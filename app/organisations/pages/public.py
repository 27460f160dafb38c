"""What everybody sees of a verified organisation."""

import uuid

from fastapi import APIRouter, Request, Response

from app.accounts.deps import CurrentActor
from app.organisations import queries
from app.organisations.pages import views
from app.organisations.policy import sees_contacts
from app.organisations.pools import IN_POOL
from app.organisations.queries import pools as pool_queries
from app.organisations.queries import standing as standing_queries
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
    titles = standing_queries.list_qualifications(session, actor, organisation_id, confirmed_only=True)
    badges = pool_queries.list_entries(session, actor, organisation_id=organisation_id, states=tuple(IN_POOL))
    return render(
        request,
        "organisations/detail.html",
        {
            "session": session,
            "organisation": organisation,
            "shows_contacts": sees_contacts(actor, organisation),
            **views.facts(session, organisation),
            **views.size_view(session, organisation),
            "titles": [views.title_view(row) for row in titles],
            "pool_badges": [{"row": row, **views.entry_state(row)} for row in badges],
        },
    )
