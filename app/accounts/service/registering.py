"""Making accounts; the first administrator."""

import uuid
from datetime import timedelta

from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.models import OneTimeToken, User
from app.accounts.service.roles import grant_role
from app.core import audit, clock, security
from app.core.errors import Conflict, Invalid
from app.core.permissions import SYSTEM, Actor, Role

FIRST_ADMIN = "first-admin"

audit.register_name("accounts.user.registered", "注册账号")


def register_user(
    session: Session,
    actor: Actor,
    *,
    name: str,
    login: str,
    password_hash: str,
    origin: str = "registered",
    proven: bool = False,
) -> User:
    """Make an account; `login` is normalised, the password already hashed (never hash in a write transaction).

    `proven` says that a code sent to the number, or the identity provider, showed that it is the person's.

    Raises:
        Invalid: the e-mail or number has an account.

    """
    if queries.find_user_by_login(session, login) is not None:
        raise Invalid({"login": "这个手机号或邮箱已经注册过，请直接登录"})
    is_mobile = "@" not in login
    proven_at = clock.now() if proven else None
    user = User(
        id=uuid.uuid4(),
        name=name,
        email=None if is_mobile else login,
        mobile=login if is_mobile else None,
        password_hash=password_hash,
        origin=origin,
        email_verified_at=None if is_mobile else proven_at,
        mobile_verified_at=proven_at if is_mobile else None,
    )
    session.add(user)
    session.flush()
    audit.record(session, actor, "accounts.user.registered", kind="user", object_id=user.id)
    return user


def make_first_admin_token(session: Session) -> str | None:
    """Return a one-time token for the first administrator, or None when any account exists."""
    if queries.count_users(session):
        return None
    token = security.new_token()
    session.add(
        OneTimeToken(
            token_hash=security.token_hash(token),
            purpose=FIRST_ADMIN,
            expires_at=clock.now() + timedelta(hours=24),
        )
    )
    return token


def use_first_admin_token(session: Session, *, token: str, name: str, login: str, password_hash: str) -> User:
    """Make the first security administrator, who then grants every other role.

    Raises:
        Conflict: the token is unknown, used or too old.

    """
    row = queries.find_token(session, security.token_hash(token), FIRST_ADMIN)
    if row is None or row.used_at is not None or row.expires_at < clock.now():
        raise Conflict("这个一次性口令无效或已用过；请在服务器上运行 funeng admin-token 重新生成")
    row.used_at = clock.now()
    user = register_user(
        session, SYSTEM, name=name, login=login, password_hash=password_hash, origin="first_admin"
    )
    grant_role(session, SYSTEM, user_id=user.id, role=Role.security_admin)
    return user
