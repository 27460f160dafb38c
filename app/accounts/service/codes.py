"""Six-digit codes sent to a mobile number: single use, five minutes, five tries."""

import secrets
import uuid
from datetime import timedelta

from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.models import ProofCode
from app.core import clock, outgoing, security
from app.core.db import settings_of
from app.core.errors import Invalid

LIFE, TRIES = timedelta(minutes=5), 5
WRONG = "验证码不对或已过期；请核对，或者重新发送一个"
USES = {"sign-in": "登录", "reset": "重设密码", "contact": "验证手机号"}


def issue_code(session: Session, *, purpose: str, number: str, send: bool = True) -> None:
    """Make a code for this number and send it by SMS; an earlier one of the same purpose ends.

    `purpose` is one of `USES`, with an id behind a colon where it belongs to one person. With `send=False` the same
    is done but nothing goes out: nobody learns from the answer whether a number has an account.
    """
    code = f"{secrets.randbelow(1_000_000):06d}"
    key = _key(purpose, number)
    row = queries.lock_proof_code(session, key) or ProofCode(key=key)
    row.code_mac, row.tries, row.used_at = _signer(session).mac("proof-code", key + code), 0, None
    row.expires_at = clock.now() + LIFE
    session.add(row)
    if not send:
        return
    site, use = settings_of(session).site.name, USES[purpose.partition(":")[0]]
    text = f"【{site}】验证码 {code}，用于{use}，5 分钟内有效。任何人向您索要都不要给。"
    outgoing.post(
        session,
        outgoing.Channel.sms,
        number,
        text=text,
        key=f"accounts.code:{uuid.uuid4()}",
        secret=True,
        expires_at=row.expires_at,
    )


class Guess:
    """One try at a code. `count` runs first, in a transaction of its own: no try is free, whatever follows."""

    def __init__(self, *, purpose: str, number: str, typed: str) -> None:
        self._key = _key(purpose, number)
        self._typed = "".join(typed.split())
        self._right: str | None = None

    def count(self, session: Session) -> None:
        """Spend a try (`core.after.run`) and note whether the code fits."""
        row = queries.lock_proof_code(session, self._key)
        if row is None or row.used_at is not None or row.expires_at < clock.now() or row.tries >= TRIES:
            return
        row.tries += 1
        if _signer(session).check_mac("proof-code", self._key + self._typed, row.code_mac):
            self._right = row.code_mac

    def check(self) -> None:
        """Raise `Invalid` unless the code fitted; it is not used up yet."""
        if self._right is None:
            raise Invalid({"code": WRONG})

    def use(self, session: Session) -> None:
        """Use the code up in the caller's transaction.

        Raises:
            Invalid: wrong, too old, used before, or tried too often.

        """
        row = queries.lock_proof_code(session, self._key) if self._right is not None else None
        if row is None or row.used_at is not None or row.code_mac != self._right:
            raise Invalid({"code": WRONG})
        row.used_at = clock.now()


def _key(purpose: str, number: str) -> str:
    return security.token_hash(f"{purpose}|{number}")


def _signer(session: Session) -> security.Signer:
    return security.Signer(settings_of(session).signing_keys())
