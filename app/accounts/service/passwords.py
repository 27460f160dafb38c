"""Changing a password."""

import uuid

from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.service.common import user_id_of
from app.accounts.service.sessions import end_other_sessions
from app.core import audit, clock
from app.core.permissions import Actor

audit.register_name("accounts.password.changed", "修改密码")


def change_password(session: Session, actor: Actor, *, password_hash: str, keep: uuid.UUID | None) -> None:
    """Store a new password hash and end every session but `keep`; the old password was checked before."""
    user = queries.get_user(session, user_id_of(actor))
    user.password_hash, user.password_changed_at = password_hash, clock.now()
    audit.record(session, actor, "accounts.password.changed", kind="user", object_id=user.id)
    end_other_sessions(session, actor, keep=keep)
