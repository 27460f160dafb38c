"""What follows a first proof, whichever it was: the second proof, or a session."""

from urllib.parse import quote

from fastapi import Request, Response
from sqlalchemy.orm import Session

from app.accounts import queries, service
from app.accounts.models import User
from app.accounts.policy import home
from app.core import clock
from app.web import sessions
from app.web.limits import address_of
from app.web.templating import redirect, safe_next

STEP, STEP_S = "funeng_step", 600


def let_in(
    request: Request,
    session: Session,
    user: User,
    *,
    method: str,
    place: str,
    flash: str | None = None,
    rehash: str | None = None,
    proved_twice: bool = False,
) -> Response:
    """Answer somebody who gave a first proof: lead to the second if they have one, else start the session.

    `place` is the `next` of the form, checked here; `proved_twice` says that the second proof is given too.
    """
    user = queries.get_user(session, user.id)
    if not proved_twice and queries.find_totp(session, user.id) is not None:
        if rehash is not None:
            user.password_hash = rehash
        token = service.begin_step(session, user, method=method)
        response = redirect(request, f"/sign-in/second-factor?next={quote(safe_next(place, ''))}")
        sessions.put(request, response, STEP, token, STEP_S)
        return response
    token = service.start_session(
        session,
        user,
        ip=address_of(request),
        agent=request.headers.get("user-agent", ""),
        visitor=sessions.anonymous_owner(request),
        replaces=sessions.session_token(request),
        rehash=rehash,
        second_factor_at=clock.now() if proved_twice else None,
    )
    roles = frozenset(grant.role for grant in user.grants)
    response = redirect(request, safe_next(place, home(roles)), flash=flash)
    sessions.set_session(request, response, token)
    sessions.drop(request, response, STEP)
    return response
