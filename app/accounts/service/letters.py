"""Notices about the account itself: to the mailbox, or to the number where there is no mailbox."""

import uuid

from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import outgoing
from app.core.db import settings_of


def tell(session: Session, user: User, *, subject: str, text: str) -> None:
    """Write to the person's mailbox, else to their mobile number."""
    send(session, email=user.email, mobile=user.mobile, subject=subject, text=text)


def send(session: Session, *, email: str | None, mobile: str | None, subject: str, text: str) -> None:
    """Write to this mailbox, else to this number; what happened to an account is never sent as a secret."""
    site = settings_of(session).site.name
    key = f"accounts.notice:{uuid.uuid4()}"
    if email is not None:
        outgoing.post(
            session,
            outgoing.Channel.mail,
            email,
            subject=f"{subject}（{site}）",
            text=f"{text}\n\n{site}",
            key=key,
        )
    elif mobile is not None:
        outgoing.post(session, outgoing.Channel.sms, mobile, text=f"【{site}】{text}", key=key)
