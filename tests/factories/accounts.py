"""People: with or without platform roles, and the browser they are signed in with."""

import itertools
import uuid
from functools import cache

from sqlalchemy.orm import Session

from app.accounts import queries, service
from app.accounts.models import Consent, RoleGrant, User
from app.core import clock, security
from app.core.permissions import Actor, Role
from app.web.sessions import cookie_name
from tests.services.client import Client

PASSWORD = "五金车间10月夜班Ok开始记数"  # long enough for staff too
_numbers = itertools.count(13_800_000_001)


@cache
def _hashed() -> str:
    return security.hash_password(PASSWORD)


def make_user(
    session: Session,
    *roles: Role,
    name: str = "示例甲",
    login: str | None = None,
    district: str | None = None,
    agreed: bool = True,
) -> User:
    """Add an account with platform roles that agreed to the terms; its password is `PASSWORD`."""
    login = login or str(next(_numbers))
    user = User(
        id=uuid.uuid4(),
        name=name,
        email=login if "@" in login else None,
        mobile=None if "@" in login else login,
        password_hash=_hashed(),
    )
    session.add(user)
    session.flush()
    for role in roles:
        where = (district or "banan") if role is Role.district_officer else None
        session.add(RoleGrant(id=uuid.uuid4(), user_id=user.id, role=role, district=where))
    if agreed:
        session.add(
            Consent(
                id=uuid.uuid4(),
                user_id=user.id,
                purpose=service.TERMS,
                text_version=service.TERMS_VERSION,
            )
        )
    session.flush()
    return user


def actor_of(
    user: User, *roles: Role, organisation_id: uuid.UUID | None = None, verified: bool = False
) -> Actor:
    """The actor of a person, as a command would get it."""
    return Actor(
        user_id=user.id,
        name=user.name,
        roles=frozenset(roles),
        organisation_id=organisation_id,
        organisation_verified=verified,
    )


def sign_in(client: Client, user: User, *, second_factor: bool = True) -> str:
    """Give the client a session of the user, without the cost of proofs; returns the token."""
    session = client.session
    person = queries.get_user(session, user.id)
    second = clock.now() if second_factor else None
    token = service.start_session(session, person, ip="127.0.0.1", agent="test", second_factor_at=second)
    session.flush()  # the session begins now, not when the next request (with a stopped clock?) writes it
    name = cookie_name(client.app.state.runtime.settings, "funeng")
    client.cookies.clear()
    client.cookies.set(name, token, domain=client.base_url.host)
    return token


def make_staff(session: Session, role: Role = Role.reviewer) -> User:
    return make_user(session, role, name="示例审核员")
