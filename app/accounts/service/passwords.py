"""Changing a password, and setting a new one after proving oneself another way (RELIABILITY S2, S5)."""

import uuid

from sqlalchemy.orm import Session

from app.accounts import passwords, queries
from app.accounts.models import PastPassword, User
from app.accounts.service import links
from app.accounts.service.common import user_id_of
from app.accounts.service.letters import tell
from app.accounts.service.sessions import end_other_sessions
from app.core import audit, clock
from app.core.db import settings_of
from app.core.permissions import Actor

NO_PASSWORD = "!"  # noqa: S105  not a hash, so that no password ever fits
CHANGED = "您的登录密码刚刚改过，各处的登录都已退出。不是您本人操作的，请马上重设密码并联系中心。"

audit.register_name("accounts.password.changed", "修改密码")
audit.register_name("accounts.password.asked", "申请重设密码")
audit.register_name("accounts.password.reset", "重设密码")


def earlier_hashes(session: Session, user: User) -> list[str]:
    """Return the hashes of the passwords that this person may not take again, the present one first."""
    count = passwords.remembered(settings_of(session).accounts.password_profile)
    if count == 0:
        return []
    past = queries.list_past_passwords(session, user.id)[: count - 1]
    return [user.password_hash, *(row.password_hash for row in past)]


def change_password(session: Session, actor: Actor, *, password_hash: str, keep: uuid.UUID | None) -> None:
    """Store a new password hash and end every session but `keep`; the old password was checked before."""
    user = queries.get_user(session, user_id_of(actor))
    _store(session, user, password_hash)
    audit.record(session, actor, "accounts.password.changed", kind="user", object_id=user.id)
    end_other_sessions(session, actor, keep=keep)


def ask_for_reset(session: Session, *, user: User | None, address: str) -> None:
    """Send the link to an e-mail address if a working account has it; the answer is the same otherwise."""
    who = Actor(user_id=user.id) if user is not None else Actor()
    audit.record(
        session, who, "accounts.password.asked", kind="user", object_id=user.id if user is not None else "-"
    )
    if user is not None:
        links.issue_link(session, purpose=links.RESET, user_id=user.id, address=address)


def reset_password(session: Session, user: User, *, password_hash: str) -> None:
    """Store a new password after a link or a code: every session ends, the second factor stays as it is."""
    _store(session, user, password_hash)
    for row in queries.list_sessions(session, user.id):
        session.delete(row)
    who = Actor(user_id=user.id)
    audit.record(session, who, "accounts.password.reset", kind="user", object_id=user.id)
    tell(session, user, subject="密码已重设", text=CHANGED)


def _store(session: Session, user: User, password_hash: str) -> None:
    if passwords.remembered(settings_of(session).accounts.password_profile):
        session.add(PastPassword(id=uuid.uuid4(), user_id=user.id, password_hash=user.password_hash))
    for row in queries.list_past_passwords(session, user.id)[passwords.REMEMBERED :]:
        session.delete(row)
    user.password_hash, user.password_changed_at = password_hash, clock.now()
    links.end_links(session, user_id=user.id, purpose=links.RESET)
