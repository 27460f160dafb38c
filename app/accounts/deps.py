"""Who is asking: the actor of a request, and the gate that enforces every route's policy."""

from datetime import timedelta
from typing import Annotated

import structlog
from fastapi import Depends, Request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.models import MembershipState, UserSession
from app.accounts.sweeping import ABSOLUTE, IDLE
from app.core import audit, clock
from app.core.errors import Forbidden, Unauthenticated
from app.core.permissions import ANONYMOUS, STAFF_ROLES, Actor, Permission, Role, can
from app.core.runtime import Runtime
from app.core.security import token_hash
from app.web import csrf, sessions
from app.web.deps import get_runtime
from app.web.forms import Form, load_form
from app.web.policy import Access, policy_of

STAFF_IDLE, TOUCH = timedelta(minutes=15), timedelta(minutes=1)


def load_actor(session: Session, token: str, request_id: str | None) -> Actor:
    """Return the actor behind a session token, `ANONYMOUS` when it is unknown, idle or too old."""
    row = queries.find_session(session, token_hash(token))
    if row is None:
        return ANONYMOUS
    user = queries.find_active_user(session, row.user_id)
    if user is None:
        return ANONYMOUS
    roles = {grant.role for grant in user.grants}
    moment = clock.now()
    idle = STAFF_IDLE if roles & STAFF_ROLES else IDLE
    if moment - row.created_at > ABSOLUTE or moment - row.last_seen_at > idle:
        return ANONYMOUS
    district = next((grant.district for grant in user.grants if grant.role is Role.district_officer), None)
    membership = next(
        (
            item
            for item in user.memberships
            if item.state is MembershipState.active and item.organisation_id == row.organisation_id
        ),
        None,
    )
    facts = None
    if membership is not None:
        roles.add(membership.role)
        facts = queries.find_organisation_facts(session, membership.organisation_id)
    return Actor(
        user_id=user.id,
        name=user.name,
        organisation_id=membership.organisation_id if membership and facts else None,
        organisation_name=facts["name"] if facts else None,
        organisation_verified=bool(facts and facts["state"] == "verified"),
        capacities=facts["capacities"] if facts else frozenset(),
        roles=frozenset(roles),
        district=district,
        session_id=row.id,
        request_id=request_id,
        extra={"touch": moment - row.last_seen_at > TOUCH},
    )


def _touch(runtime: Runtime, actor: Actor) -> None:
    """Note that the session is alive, at most once a minute, in its own short transaction."""
    try:
        with runtime.database.writing() as session:
            row = session.get(UserSession, actor.session_id)
            if row is not None:
                row.last_seen_at = clock.now()
    except SQLAlchemyError:  # a busy database must not cost anyone the page
        return


def _note_denied(runtime: Runtime, actor: Actor, wanted: Permission) -> None:
    """Leave an audit row that somebody asked for what their roles never allow."""
    try:
        with runtime.database.writing() as session:
            audit.record(session, actor, "accounts.access.denied", kind="permission", object_id=wanted.value)
    except SQLAlchemyError:  # the refusal stands without its row
        return


def enforce(
    request: Request,
    runtime: Annotated[Runtime, Depends(get_runtime)],
    form: Annotated[Form, Depends(load_form)],
) -> None:
    """Load the actor and hold the route's declared policy: sign-in, role, origin, token.

    A global dependency of the application; the service asks again with the object at hand.
    """
    policy = policy_of(request.scope["route"].endpoint)
    token = sessions.session_token(request)
    actor = ANONYMOUS
    if token is not None:
        with runtime.database.reading() as session:
            actor = load_actor(session, token, request.scope.get("state", {}).get("request_id"))
        if actor.extra.get("touch"):
            _touch(runtime, actor)
    request.state.actor = actor
    request.state.signed_in = actor.signed_in
    if actor.signed_in:
        structlog.contextvars.bind_contextvars(user_id=str(actor.user_id))
    unsafe = request.method not in csrf.SAFE
    if unsafe:
        csrf.check_origin(request)
    if policy.access is not Access.public and not actor.signed_in:
        raise Unauthenticated  # before the token: one of a session that ended must lead to signing in again
    if unsafe and policy.csrf:
        csrf.check(request, form.csrf_token)
    if policy.permission is not None and not can(actor, policy.permission):
        _note_denied(runtime, actor, policy.permission)
        raise Forbidden


def current_actor(request: Request) -> Actor:
    actor: Actor = getattr(request.state, "actor", ANONYMOUS)
    return actor


CurrentActor = Annotated[Actor, Depends(current_actor)]
FormData = Annotated[Form, Depends(load_form)]
