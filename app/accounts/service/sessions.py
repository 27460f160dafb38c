"""Sessions: start, end, act for another organisation."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.models import MembershipState, User, UserSession
from app.accounts.service.behalf import finish_behalf
from app.accounts.service.common import user_id_of
from app.accounts.service.consents import owes_consent
from app.core import audit, drafts, security
from app.core.errors import NotFound, Unauthenticated
from app.core.permissions import Actor

audit.register_name("accounts.session.started", "登录")
audit.register_name("accounts.session.ended", "退出登录")
audit.register_name("accounts.sessions.revoked", "退出其他设备")


def start_session(
    session: Session,
    user: User,
    *,
    ip: str,
    agent: str,
    visitor: str | None = None,
    rehash: str | None = None,
    replaces: str | None = None,
    second_factor_at: datetime | None = None,
) -> str:
    """Start a server-side session for a user who proved themselves; returns the new token.

    A visitor's drafts (`anon:…`) go to the user; `rehash` is a newer password hash to store; the browser's
    earlier session (token `replaces`) ends. `second_factor_at` says that the second proof was given too.
    """
    earlier = queries.find_session(session, security.token_hash(replaces)) if replaces else None
    if earlier is not None:
        session.delete(earlier)
    for login in (user.email, user.mobile):
        failure = queries.find_failure(session, security.token_hash(login)) if login else None
        if failure is not None:
            session.delete(failure)
    if rehash is not None:
        user.password_hash = rehash
    memberships = sorted(
        (
            item
            for item in queries.get_user(session, user.id).memberships
            if item.state is MembershipState.active
        ),
        key=lambda item: item.created_at,
    )
    token = security.new_token()
    row = UserSession(
        id=uuid.uuid4(),
        token_hash=security.token_hash(token),
        user_id=user.id,
        organisation_id=memberships[0].organisation_id if memberships else None,
        ip=ip[:64],
        agent=agent[:200],
        second_factor_at=second_factor_at,
        consent_due=owes_consent(session, user),
    )
    session.add(row)
    if visitor is not None:
        drafts.hand_over(session, old=visitor, new=drafts.user_owner(user.id))
    actor = Actor(user_id=user.id, name=user.name)
    audit.record(session, actor, "accounts.session.started", kind="session", object_id=row.id)
    return token


def rotate_session(session: Session, actor: Actor, *, second_factor_at: datetime) -> str:
    """Give the actor's session a new token once the second proof is given; the old token is worth nothing."""
    row = session.get(UserSession, actor.session_id) if actor.session_id is not None else None
    if row is None:
        raise Unauthenticated
    token = security.new_token()
    row.token_hash, row.second_factor_at = security.token_hash(token), second_factor_at
    return token


def end_session(session: Session, actor: Actor, *, token: str) -> None:
    """End this browser's session; ending one that is gone is no error."""
    row = queries.find_session(session, security.token_hash(token))
    if row is not None:
        finish_behalf(session, actor, session_row=row)
        audit.record(session, actor, "accounts.session.ended", kind="session", object_id=row.id)
        session.delete(row)


def act_for(session: Session, actor: Actor, *, organisation_id: uuid.UUID) -> None:
    """Let the actor's session act for another of their organisations."""
    membership = queries.find_membership(session, user_id_of(actor), organisation_id)
    if membership is None or membership.state is not MembershipState.active:
        raise NotFound("没有这家机构，或者您不是它的成员")
    if actor.session_id is not None:
        row = session.get(UserSession, actor.session_id)
        if row is not None:
            row.organisation_id = organisation_id


def adopt_organisation(session: Session, *, user_id: uuid.UUID, organisation_id: uuid.UUID) -> None:
    """Let a person's open sessions that act for no organisation act for this one."""
    for row in queries.list_sessions(session, user_id):
        if row.organisation_id is None:
            row.organisation_id = organisation_id


def move_sessions(session: Session, *, user_id: uuid.UUID, organisation_id: uuid.UUID) -> None:
    """Let a person's sessions that acted for an organisation they left act for another one, or for none."""
    active = [
        item.organisation_id
        for item in queries.get_user(session, user_id).memberships
        if item.state is MembershipState.active and item.organisation_id != organisation_id
    ]
    for row in queries.list_sessions(session, user_id):
        if row.organisation_id == organisation_id:
            row.organisation_id = active[0] if active else None


def end_own_session(session: Session, actor: Actor, *, session_id: uuid.UUID) -> None:
    """End one of one's own sessions; its browser is out at its next request.

    Raises:
        NotFound: gone already, or another person's.

    """
    row = session.get(UserSession, session_id)
    if row is None or row.user_id != user_id_of(actor):
        raise NotFound("这处登录已经退出了")
    finish_behalf(session, actor, session_row=row)
    audit.record(session, actor, "accounts.session.ended", kind="session", object_id=row.id)
    session.delete(row)


def end_other_sessions(session: Session, actor: Actor, *, keep: uuid.UUID | None) -> int:
    """End the actor's sessions in other browsers; returns how many."""
    rows = [row for row in queries.list_sessions(session, user_id_of(actor)) if row.id != keep]
    for row in rows:
        finish_behalf(session, actor, session_row=row)
        session.delete(row)
    if rows:
        audit.record(
            session,
            actor,
            "accounts.sessions.revoked",
            kind="user",
            object_id=user_id_of(actor),
            data={"count": len(rows)},
        )
    return len(rows)
