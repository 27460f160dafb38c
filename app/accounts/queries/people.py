import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, selectinload

from app.accounts.models import (
    Membership,
    MembershipState,
    OneTimeToken,
    RoleGrant,
    SignInFailure,
    User,
    UserSession,
    UserState,
)
from app.core import clock
from app.core.audit import AuditEvent
from app.core.db import Base
from app.core.errors import NotFound
from app.core.pagination import Paged, PageRequest
from app.core.permissions import Role

SWEEP = 1000


def find_user_by_login(session: Session, login: str) -> User | None:
    return session.scalar(select(User).where((User.email == login) | (User.mobile == login)))


def get_user(session: Session, user_id: uuid.UUID) -> User:
    user = session.scalar(
        select(User)
        .where(User.id == user_id)
        .options(selectinload(User.memberships), selectinload(User.grants))
    )
    if user is None:
        raise NotFound
    return user


@dataclass(frozen=True, slots=True)
class UserFilter:
    """What an administrator asks for: a part of the name, e-mail or number; a state; a platform role."""

    text: str = ""
    state: UserState | None = None
    erased: bool = False
    role: Role | None = None


def _users(wanted: UserFilter) -> Select[User]:
    query = select(User)
    for part in wanted.text.lower().split()[:5]:
        columns = (User.name, User.email, User.mobile)
        query = query.where(or_(*(func.lower(column).contains(part, autoescape=True) for column in columns)))
    if wanted.erased:
        query = query.where(User.erased_at.is_not(None))
    if wanted.state is not None:
        query = query.where(User.state == wanted.state, User.erased_at.is_(None))
    if wanted.role is not None:
        query = query.where(User.id.in_(select(RoleGrant.user_id).where(RoleGrant.role == wanted.role)))
    return query


def search_users(session: Session, wanted: UserFilter, request: PageRequest) -> Paged[User]:
    """Return a page of users, newest first; for administrators."""
    query = _users(wanted)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(
        query.options(selectinload(User.memberships), selectinload(User.grants))
        .order_by(User.created_at.desc(), User.id)
        .offset(request.offset)
        .limit(request.size)
    ).all()
    return Paged(rows, total, request.page, request.size)


def list_users(session: Session, wanted: UserFilter, *, limit: int) -> Sequence[User]:
    """Return what `search_users` pages through, at most `limit` of it; for the export."""
    return session.scalars(
        _users(wanted)
        .options(selectinload(User.memberships), selectinload(User.grants))
        .order_by(User.created_at.desc(), User.id)
        .limit(limit)
    ).all()


def user_names(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Return id → name."""
    return dict(list(session.execute(select(User.id, User.name).where(User.id.in_(list(ids))))))


def organisation_names(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Return id → name of organisations (a table of the room above)."""
    table = Base.metadata.tables["organisations"]
    return dict(list(session.execute(select(table.c.id, table.c.name).where(table.c.id.in_(list(ids))))))


def count_active_holders(session: Session, role: Role) -> int:
    """Return how many working accounts hold a platform role."""
    query = (
        select(func.count(RoleGrant.id))
        .join(User, User.id == RoleGrant.user_id)
        .where(RoleGrant.role == role, User.state == UserState.active)
    )
    return session.scalar(query) or 0


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What the auditor asks for; days are the city's, both ends included."""

    name: str = ""
    who: str = ""
    object_id: str = ""
    since: date | None = None
    until: date | None = None


def list_audit(session: Session, wanted: AuditFilter, request: PageRequest) -> Paged[AuditEvent]:
    """Return a page of the audit trail, newest first. `who` is a part of a person's name or a login."""
    query = select(AuditEvent)
    if wanted.name:
        query = query.where(AuditEvent.name == wanted.name)
    if wanted.object_id:
        query = query.where(AuditEvent.object_id == wanted.object_id)
    if wanted.who:
        text = wanted.who.lower()
        people = select(User.id).where(
            or_(User.name.contains(wanted.who, autoescape=True), User.email == text, User.mobile == text)
        )
        query = query.where(AuditEvent.actor_user_id.in_(people))
    if wanted.since is not None:
        query = query.where(AuditEvent.at >= _midnight(wanted.since))
    if wanted.until is not None:
        query = query.where(AuditEvent.at < _midnight(wanted.until + timedelta(days=1)))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(
        query.order_by(AuditEvent.id.desc()).offset(request.offset).limit(request.size)
    ).all()
    return Paged(rows, total, request.page, request.size)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=clock.LOCAL)


def list_sessions(session: Session, user_id: uuid.UUID) -> Sequence[UserSession]:
    """Return a person's sessions, the one used last first."""
    return session.scalars(
        select(UserSession).where(UserSession.user_id == user_id).order_by(UserSession.last_seen_at.desc())
    ).all()


def find_membership_by_id(session: Session, membership_id: uuid.UUID) -> Membership | None:
    return session.get(Membership, membership_id)


def list_ended_sessions(
    session: Session, *, begun_before: datetime, seen_before: datetime
) -> Sequence[UserSession]:
    """Return sessions that no request can use any more."""
    over = or_(UserSession.created_at < begun_before, UserSession.last_seen_at < seen_before)
    return session.scalars(select(UserSession).where(over).limit(SWEEP)).all()


def list_old_failures(session: Session, *, before: datetime) -> Sequence[SignInFailure]:
    """Return counts of failed sign-ins that began before a moment and lock nothing now."""
    unlocked = or_(SignInFailure.locked_until.is_(None), SignInFailure.locked_until < clock.now())
    return session.scalars(
        select(SignInFailure).where(SignInFailure.first_at < before, unlocked).limit(SWEEP)
    ).all()


def find_session(session: Session, token_hash: str) -> UserSession | None:
    return session.scalar(select(UserSession).where(UserSession.token_hash == token_hash))


def find_active_user(session: Session, user_id: uuid.UUID) -> User | None:
    """Return the user with grants and memberships, or None when gone or disabled."""
    return session.scalar(
        select(User)
        .where(User.id == user_id, User.state == "active")
        .options(selectinload(User.grants), selectinload(User.memberships))
    )


def find_organisation_facts(session: Session, organisation_id: uuid.UUID) -> dict[str, Any] | None:
    """Return name, state, district and capacities of an organisation (a table of the room above)."""
    organisations = Base.metadata.tables["organisations"]
    capacities = Base.metadata.tables["organisation_capacities"]
    row = session.execute(
        select(organisations.c.name, organisations.c.state, organisations.c.district_slug).where(
            organisations.c.id == organisation_id
        )
    ).one_or_none()
    if row is None:
        return None
    held = session.scalars(
        select(capacities.c.capacity).where(capacities.c.organisation_id == organisation_id)
    ).all()
    return {
        "name": row.name,
        "state": str(getattr(row.state, "value", row.state)),
        "district": row.district_slug,
        "capacities": frozenset(str(getattr(item, "value", item)) for item in held),
    }


def find_failure(session: Session, key: str) -> SignInFailure | None:
    return session.get(SignInFailure, key)


def lock_failure(session: Session, key: str) -> SignInFailure | None:
    """Return the count of one account name, its row locked until the transaction ends."""
    return session.get(SignInFailure, key, with_for_update=True, populate_existing=True)


def find_token(session: Session, token_hash: str, purpose: str) -> OneTimeToken | None:
    return session.scalar(
        select(OneTimeToken).where(OneTimeToken.token_hash == token_hash, OneTimeToken.purpose == purpose)
    )


def count_users(session: Session) -> int:
    return session.scalar(select(func.count(User.id))) or 0


def find_membership(session: Session, user_id: uuid.UUID, organisation_id: uuid.UUID) -> Membership | None:
    return session.scalar(
        select(Membership).where(Membership.user_id == user_id, Membership.organisation_id == organisation_id)
    )


def list_memberships(
    session: Session, organisation_id: uuid.UUID, state: MembershipState | None = None
) -> Sequence[Membership]:
    query = (
        select(Membership)
        .where(Membership.organisation_id == organisation_id)
        .options(selectinload(Membership.user))
        .order_by(Membership.created_at)
    )
    if state is not None:
        query = query.where(Membership.state == state)
    return session.scalars(query).all()


def list_grants(session: Session, user_id: uuid.UUID) -> Sequence[RoleGrant]:
    return session.scalars(select(RoleGrant).where(RoleGrant.user_id == user_id)).all()


def list_roles_held(session: Session, user_id: uuid.UUID) -> frozenset[Any]:
    """Return every role the user holds: grants and active memberships."""
    granted = session.scalars(select(RoleGrant.role).where(RoleGrant.user_id == user_id)).all()
    member = session.scalars(
        select(Membership.role).where(
            Membership.user_id == user_id, Membership.state == MembershipState.active
        )
    ).all()
    return frozenset([*granted, *member])
