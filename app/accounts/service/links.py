"""Single-use links sent by mail: 256 random bits, stored hashed, half an hour (RELIABILITY S5)."""

import uuid
from datetime import timedelta

from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.models import ProofLink
from app.core import clock, outgoing, security
from app.core.db import settings_of
from app.core.errors import Conflict

LIFE = timedelta(minutes=30)
RESET, CONTACT = "reset", "contact"
SPENT = "这个链接无效、用过了或者过期了（30 分钟），请重新申请"
_PLACES = {RESET: "/reset-password/link", CONTACT: "/confirm-email"}
_WORDS = {
    RESET: ("重设密码", "有人为您的账号申请了重设密码。是您本人的话，请打开下面的链接设新密码："),
    CONTACT: ("验证邮箱", "请打开下面的链接，确认这个邮箱是您的："),
}


def issue_link(session: Session, *, purpose: str, user_id: uuid.UUID, address: str) -> None:
    """Send a link to `address`; earlier links of the same purpose end. The address of our pages is the setting's."""
    end_links(session, user_id=user_id, purpose=purpose)
    settings = settings_of(session)
    token, expires = security.new_token(), clock.now() + LIFE
    session.add(
        ProofLink(
            token_hash=security.token_hash(token),
            purpose=purpose,
            user_id=user_id,
            target=address,
            expires_at=expires,
        )
    )
    title, words = _WORDS[purpose]
    url = f"{settings.public_url.rstrip('/')}{_PLACES[purpose]}?token={token}"
    text = f"{words}\n\n{url}\n\n30 分钟内有效，只能用一次。不是您申请的，不用理会，账号没有变化。\n\n{settings.site.name}"
    outgoing.post(
        session,
        outgoing.Channel.mail,
        address,
        subject=f"{title}（{settings.site.name}）",
        text=text,
        key=f"accounts.link:{uuid.uuid4()}",
        secret=True,
        expires_at=expires,
    )


def stands(session: Session, *, token: str, purpose: str) -> bool:
    """Return whether a link could be used now, without using it: what a page asks before showing its form."""
    return _good(queries.find_proof_link(session, security.token_hash(token)), purpose)


def check(session: Session, *, token: str, purpose: str) -> ProofLink:
    """Return a link that could be used now, without using it.

    Raises:
        Conflict: unknown, of another purpose, used or too old.

    """
    row = queries.find_proof_link(session, security.token_hash(token))
    if row is None or not _good(row, purpose):
        raise Conflict(SPENT)
    return row


def use_link(session: Session, *, token: str, purpose: str) -> ProofLink:
    """Use a link up.

    Raises:
        Conflict: unknown, of another purpose, used or too old.

    """
    row = queries.lock_proof_link(session, security.token_hash(token))
    if row is None or not _good(row, purpose):
        raise Conflict(SPENT)
    row.used_at = clock.now()
    return row


def end_links(session: Session, *, user_id: uuid.UUID, purpose: str) -> None:
    """Make a person's unused links of this purpose worth nothing."""
    for row in queries.list_proof_links(session, user_id, purpose):
        if row.used_at is None:
            row.used_at = clock.now()


def _good(row: ProofLink | None, purpose: str) -> bool:
    return row is not None and row.purpose == purpose and row.used_at is None and row.expires_at > clock.now()
