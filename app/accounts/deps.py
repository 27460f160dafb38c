"""Who is asking: the actor of a request, and the gate that enforces every route's policy."""

import uuid
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Any

import structlog
from fastapi import Depends, Request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.accounts import passwords, queries
from app.accounts.models import ApiToken, Behalf, Membership, MembershipState, User, UserSession
from app.accounts.service.second_factor import ADMINS_TOO, is_obliged
from app.accounts.service.tokens import PREFIX
from app.accounts.sweeping import ABSOLUTE, IDLE
from app.core import audit, clock, parameters
from app.core.db import settings_of
from app.core.errors import (
    ConsentRequired,
    Forbidden,
    Hindered,
    PasswordExpired,
    ScopeMissing,
    SecondFactorRequired,
    TokenRefused,
    Unauthenticated,
)
from app.core.permissions import (
    ANONYMOUS,
    STAFF_ROLES,
    Actor,
    Permission,
    Role,
    can,
    require_in_person,
)
from app.core.runtime import Runtime
from app.core.scopes import Scope
from app.core.security import token_hash
from app.web import csrf, sessions
from app.web.deps import get_runtime
from app.web.forms import Form, load_form
from app.web.limits import per_address
from app.web.policy import Access, policy_of, scope_of

STAFF_IDLE, TOUCH = timedelta(minutes=15), timedelta(minutes=1)
API = "/api/v1"


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
    actor = _actor_of(session, user, row.organisation_id, request_id)
    behalf = _standing_behalf(session, row, roles)
    extra: dict[str, Any] = {
        "touch": moment - row.last_seen_at > TOUCH,
        "second_factor": row.second_factor_at is not None,
        "hindered": _hindered(session, row, user, set(actor.roles)),
        "others": [] if behalf else _others(session, user, row.organisation_id),
    }
    if behalf is not None:
        actor = _as_member(session, actor, behalf.organisation_id)
        extra["behalf_until"] = behalf.until
    return replace(actor, session_id=row.id, extra=extra)


def _actor_of(
    session: Session, user: User, organisation_id: uuid.UUID | None, request_id: str | None
) -> Actor:
    """Return what a person may do now, for one organisation if they are an active member of it."""
    roles = {grant.role for grant in user.grants}
    district = next((grant.district for grant in user.grants if grant.role is Role.district_officer), None)
    actor = Actor(
        user_id=user.id, name=user.name, roles=frozenset(roles), district=district, request_id=request_id
    )
    membership = next((item for item in _active(user) if item.organisation_id == organisation_id), None)
    if membership is None:
        return actor
    return _with_house(
        session, replace(actor, roles=frozenset(roles | {membership.role})), membership.organisation_id
    )


def _with_house(session: Session, actor: Actor, organisation_id: uuid.UUID) -> Actor:
    facts = queries.find_organisation_facts(session, organisation_id)
    if facts is None:
        return actor
    return replace(
        actor,
        organisation_id=organisation_id,
        organisation_name=facts["name"],
        organisation_verified=facts["state"] == "verified",
        capacities=facts["capacities"],
    )


def _active(user: User) -> list[Membership]:
    return [item for item in user.memberships if item.state is MembershipState.active]


def _others(session: Session, user: User, present: uuid.UUID | None) -> list[tuple[uuid.UUID, str]]:
    """Return id and name of the further organisations that a person may change to, for the menu."""
    ids = [item.organisation_id for item in _active(user) if item.organisation_id != present]
    return sorted(queries.organisation_names(session, ids).items(), key=lambda item: item[1]) if ids else []


def _standing_behalf(session: Session, row: UserSession, roles: set[Role]) -> Behalf | None:
    """Return for whom an operator's session acts now, None once the hour or the role is over."""
    if row.behalf_id is None or Role.operator not in roles:
        return None
    behalf = queries.find_behalf(session, row.behalf_id)
    stands = behalf is not None and behalf.ended_at is None and behalf.until > clock.now()
    return behalf if stands else None


def _as_member(session: Session, actor: Actor, organisation_id: uuid.UUID) -> Actor:
    """Return the operator as a plain member of the organisation: the staff roles rest meanwhile."""
    bare = replace(actor, roles=frozenset({Role.member}), district=None, on_behalf=True)
    return _with_house(session, bare, organisation_id)


@dataclass(frozen=True, slots=True)
class Program:
    """A program's request: whose token it carries, as they are now, and what the token opens."""

    actor: Actor
    token_id: uuid.UUID
    scopes: frozenset[str]
    touch: bool


def load_program(session: Session, text: str, request_id: str | None) -> Program | None:
    """Return what a token stands for; None when it is worth nothing."""
    row = queries.find_api_token(session, token_hash(text))
    moment = clock.now()
    if row is None or row.revoked_at is not None or row.expires_at <= moment:
        return None
    user = queries.find_active_user(session, row.user_id)
    if user is None:
        return None
    actor = _actor_of(session, user, row.organisation_id, request_id)
    if actor.organisation_id is None:
        return None
    touch = row.last_used_at is None or moment - row.last_used_at > TOUCH
    return Program(actor, row.id, frozenset(row.scopes), touch)


def _hindered(session: Session, row: UserSession, user: User, roles: set[Role]) -> type[Hindered] | None:
    """Return what the person must do before anything else: a second factor, a new password."""
    held = frozenset(roles)
    if row.second_factor_at is None:
        admin = Role.organisation_admin in held
        if is_obliged(held, admins_too=admin and bool(parameters.value(session, ADMINS_TOO))):
            return SecondFactorRequired
    if row.consent_due:
        return ConsentRequired
    if passwords.is_expired(settings_of(session).accounts.password_profile, held, user.password_changed_at):
        return PasswordExpired
    return None


def _touch(runtime: Runtime, actor: Actor) -> None:
    """Note that the session is alive, at most once a minute, in its own short transaction."""
    try:
        with runtime.database.writing() as session:
            row = session.get(UserSession, actor.session_id)
            if row is not None:
                row.last_seen_at = clock.now()
    except SQLAlchemyError:  # a busy database must not cost anyone the page
        return


def _bearer(request: Request) -> str | None:
    """Return the token of a program's request, None for a browser's."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    is_api = request.url.path.startswith(API)
    if not is_api and text.startswith(PREFIX):
        raise Forbidden(f"令牌只能用在 {API} 下的接口", hint="在浏览器里请登录")
    return text.strip() if is_api else None


def _enforce_program(request: Request, runtime: Runtime, text: str) -> None:
    """Load the actor of a program's token and hold token, scope and policy; no cookie, so no CSRF."""
    endpoint = request.scope["route"].endpoint
    policy, scope = policy_of(endpoint), scope_of(endpoint)
    with runtime.database.reading() as session:
        found = load_program(session, text, request.scope.get("state", {}).get("request_id"))
    if found is None:
        per_address(request, runtime, "token", "30/minute", message="错误的令牌太多")
        raise TokenRefused
    actor = found.actor
    runtime.throttle.hit([("300/minute", f"token:{found.token_id}")], message="这个令牌调用太频繁")
    request.state.actor, request.state.signed_in = actor, True
    structlog.contextvars.bind_contextvars(user_id=str(actor.user_id))
    if found.touch:
        _touch_token(runtime, found.token_id)
    if scope is None or (scope is not Scope.open and scope.value not in found.scopes):
        raise ScopeMissing(hint=f"需要 {scope.value}" if scope else "这个接口不接受令牌")
    if policy.permission is not None and not can(actor, policy.permission):
        _note_denied(runtime, actor, policy.permission)
        raise Forbidden


def _touch_token(runtime: Runtime, token_id: uuid.UUID) -> None:
    """Note that a token is in use, at most once a minute."""
    try:
        with runtime.database.writing() as session:
            row = session.get(ApiToken, token_id)
            if row is not None:
                row.last_used_at = clock.now()
    except SQLAlchemyError:  # a busy database must not cost anyone the answer
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
    bearer = _bearer(request)
    if bearer is not None:
        _enforce_program(request, runtime, bearer)
        return
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
    hindered: type[Hindered] | None = actor.extra.get("hindered")
    if hindered is not None and policy.gated:
        raise hindered
    if policy.access is not Access.public and not actor.signed_in:
        raise Unauthenticated  # before the token: one of a session that ended must lead to signing in again
    if unsafe and policy.csrf:
        csrf.check(request, form.csrf_token)
    if policy.permission is not None and not can(actor, policy.permission):
        _note_denied(runtime, actor, policy.permission)
        require_in_person(actor, "做这一步")
        raise Forbidden


def current_actor(request: Request) -> Actor:
    actor: Actor = getattr(request.state, "actor", ANONYMOUS)
    return actor


CurrentActor = Annotated[Actor, Depends(current_actor)]
FormData = Annotated[Form, Depends(load_form)]
