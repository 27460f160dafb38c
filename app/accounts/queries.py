import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from app.accounts.models import (
    Membership,
    MembershipState,
    OneTimeToken,
    RoleGrant,
    SignInFailure,
    User,
    UserSession,
)
from app.core.db import Base
from app.core.errors import NotFound


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


def list_users(session: Session, limit: int = 200) -> Sequence[User]:
    """Return the newest users with grants and memberships, for administrators."""
    return session.scalars(
        select(User)
        .options(selectinload(User.memberships), selectinload(User.grants))
        .order_by(User.created_at.desc(), User.id)
        .limit(limit)
    ).all()


def list_sessions(session: Session, user_id: uuid.UUID) -> Sequence[UserSession]:
    """Return a person's sessions, the one used last first."""
    return session.scalars(
        select(UserSession).where(UserSession.user_id == user_id).order_by(UserSession.last_seen_at.desc())
    ).all()


def find_membership_by_id(session: Session, membership_id: uuid.UUID) -> Membership | None:
    return session.get(Membership, membership_id)


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
