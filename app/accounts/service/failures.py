"""Failed sign-ins and locks (RELIABILITY S3)."""

from datetime import timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.models import SignInFailure
from app.core import after, audit, clock, security
from app.core.errors import RateLimited
from app.core.permissions import SYSTEM

FAILURES, WINDOW, FIRST_LOCK, LONGEST_LOCK = (
    5,
    timedelta(minutes=15),
    timedelta(minutes=15),
    timedelta(hours=1),
)
WRONG = "账号或密码不对"

audit.register_name("accounts.session.refused", "登录失败")


def check_lock(session: Session, login: str) -> None:
    """Raise `RateLimited` while this account name is locked (also for names that do not exist)."""
    row = queries.find_failure(session, security.token_hash(login))
    if row is not None and row.locked_until is not None and row.locked_until > clock.now():
        seconds = int((row.locked_until - clock.now()).total_seconds()) + 1
        raise RateLimited(f"连续输错太多次，这个账号先锁 {-(-seconds // 60)} 分钟", retry_after=seconds)


def note_failure(session: Session, login: str) -> None:
    """Count a failed sign-in; the count survives the refusal of the request."""
    key = security.token_hash(login)

    def step(own: Session) -> None:
        moment = clock.now()
        row = queries.lock_failure(own, key)
        if row is None:
            try:
                with own.begin_nested():
                    own.add(SignInFailure(key=key, count=0, locks=0, first_at=moment))
            except IntegrityError:  # another guess at the same name came first
                pass
            row = queries.lock_failure(own, key)
            assert row is not None
        if moment - row.first_at > WINDOW:
            row.count, row.first_at = 0, moment
        row.count += 1
        if row.count >= FAILURES:
            row.locked_until = moment + min(LONGEST_LOCK, FIRST_LOCK * 2**row.locks)
            row.locks, row.count, row.first_at = row.locks + 1, 0, moment
        audit.record(own, SYSTEM, "accounts.session.refused", kind="login", object_id=key[:16])

    after.keep(session, step)
