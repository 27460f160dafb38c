"""Accounts at the city's identity provider that people bound to theirs; never without a proof of ours."""

import uuid

from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.models import ExternalIdentity, User
from app.accounts.service.common import user_id_of
from app.accounts.service.letters import tell
from app.core import audit
from app.core.errors import Conflict, NotFound
from app.core.permissions import Actor

audit.register_name("accounts.identity.bound", "绑定统一身份认证")
audit.register_name("accounts.identity.removed", "解除统一身份认证")


def bind_identity(session: Session, user: User, *, issuer: str, subject: str) -> None:
    """Bind the provider's account to a person who has just proven to be the account's owner.

    Raises:
        Conflict: it is bound to another account.

    """
    known = queries.find_identity(session, issuer, subject)
    if known is not None and known.user_id != user.id:
        raise Conflict("这个统一身份认证账号已经绑定在另一个账号上")
    if known is not None:
        return
    session.add(ExternalIdentity(id=uuid.uuid4(), issuer=issuer, subject=subject, user_id=user.id))
    session.flush()
    who = Actor(user_id=user.id, name=user.name)
    audit.record(session, who, "accounts.identity.bound", kind="user", object_id=user.id)
    text = "您的账号刚刚绑定了统一身份认证，以后可以用它登录。不是您本人操作的，请马上联系中心。"
    tell(session, user, subject="已绑定统一身份认证", text=text)


def remove_identity(session: Session, actor: Actor, *, identity_id: uuid.UUID) -> None:
    """Let the provider's account no longer sign in here."""
    rows = {row.id: row for row in queries.list_identities(session, user_id_of(actor))}
    if identity_id not in rows:
        raise NotFound
    session.delete(rows[identity_id])
    audit.record(session, actor, "accounts.identity.removed", kind="user", object_id=user_id_of(actor))
