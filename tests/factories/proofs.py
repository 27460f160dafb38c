"""Second factors, and what a person reads in the mailbox or on the telephone."""

import re
import uuid
from datetime import timedelta

import pyotp
from sqlalchemy.orm import Session

from app.accounts import queries, service
from app.accounts.models import User
from app.core import clock, outgoing
from app.core.db import settings_of

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def enrol(session: Session, user: User, *, codes: int = 0) -> list[str]:
    """Give a person the second factor `SECRET`; returns `codes` recovery codes."""
    service.store_secret(session, user.id, SECRET)
    made = service.second_factor._renew_codes(session, user.id) if codes else []
    session.flush()
    return made[:codes]


def code_at(steps: int = 0, *, secret: str = SECRET) -> str:
    """The six digits shown now, or so many steps of 30 seconds later."""
    return pyotp.TOTP(secret).at(clock.now() + timedelta(seconds=30 * steps))


def wrong_code() -> str:
    """Six digits that are in no neighbouring step."""
    near = {code_at(step) for step in range(-2, 3)}
    return next(text for text in (f"{number:06d}" for number in range(100)) if text not in near)


def letters(session: Session, to: str) -> list[str]:
    """The texts of what was sent to an address or a number, the newest first."""
    rows = outgoing.list_latest(session, to=to)
    bodies = [outgoing.body_of(settings_of(session), row) for row in rows]
    return [body.text for body in bodies if body is not None]


def sms_code(session: Session, number: str) -> str:
    """The code in the latest SMS to a number."""
    found = re.search(r"验证码 (\d{6})", letters(session, number)[0])
    assert found is not None
    return found.group(1)


def mail_path(session: Session, address: str) -> str:
    """The path of the link in the latest mail to an address."""
    found = re.search(r"https?://[^/\s]+(/\S+)", letters(session, address)[0])
    assert found is not None
    return found.group(1)


def has_second_factor(session: Session, user_id: uuid.UUID) -> bool:
    return queries.find_totp(session, user_id) is not None
