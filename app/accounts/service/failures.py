"""Failed sign-ins and locks (RELIABILITY S3)."""

from dataclasses import dataclass
from datetime import timedelta

from prometheus_client import Counter
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.models import SignInFailure
from app.core import after, audit, clock, messages, parameters, security
from app.core.errors import RateLimited
from app.core.permissions import SYSTEM, Role


@dataclass(frozen=True, slots=True)
class LockRule:
    """So many failures within a window lock for `first`, each further time twice as long up to `longest`."""

    failures: int
    window: timedelta
    first: timedelta
    longest: timedelta


SIGN_IN = LockRule(5, timedelta(minutes=15), timedelta(minutes=15), timedelta(hours=1))
WRONG = "账号或密码不对"
REFUSED = "accounts.session.refused"
REFUSED_TOTAL = Counter("funeng_sign_ins_refused_total", "Refused sign-ins")
ALARM, ALARM_WINDOW = "accounts.alarm.refused_sign_ins", timedelta(minutes=5)

audit.register_name(REFUSED, "登录失败")
messages.announce(
    "accounts.alarm.raised",
    topic="accounts",
    title="登录失败异常增多",
    text="最近 5 分钟全平台登录失败 {count} 次，可能有人在试密码。请查看审计记录和网络来源。",
    link="/admin/users",
    urgent=True,
)
parameters.declare(
    ALARM,
    default=100,
    title="登录失败报警",
    unit="次/5 分钟",
    note="中心规则：全平台 5 分钟内登录失败达到这个数，通知安全管理员。",
)


def check_lock(session: Session, name: str, *, what: str = "这个账号") -> None:
    """Raise `RateLimited` while this name (a login, also one that does not exist) is locked."""
    row = queries.find_failure(session, security.token_hash(name))
    if row is not None and row.locked_until is not None and row.locked_until > clock.now():
        seconds = int((row.locked_until - clock.now()).total_seconds()) + 1
        raise RateLimited(f"连续输错太多次，{what}先锁 {-(-seconds // 60)} 分钟", retry_after=seconds)


def note_failure(session: Session, name: str, *, rule: LockRule = SIGN_IN) -> None:
    """Count a failed proof of this name; the count survives the refusal of the request."""
    key = security.token_hash(name)

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
        if moment - row.first_at > rule.window:
            row.count, row.first_at = 0, moment
        row.count += 1
        if row.count >= rule.failures:
            row.locked_until = moment + min(rule.longest, rule.first * 2**row.locks)
            row.locks, row.count, row.first_at = row.locks + 1, 0, moment
        audit.record(own, SYSTEM, REFUSED, kind="login", object_id=key[:16])
        _watch(own)

    after.keep(session, step)


def _watch(session: Session) -> None:
    """Raise the alarm, once an hour, when the whole platform sees too many failures at once."""
    REFUSED_TOTAL.inc()
    session.flush()
    moment = clock.now()
    count = queries.count_refused_sign_ins(session, REFUSED, since=moment - ALARM_WINDOW)
    if count >= parameters.value(session, ALARM):
        messages.post(
            session,
            "accounts.alarm.raised",
            dedupe_key=f"accounts.alarm.raised:{moment:%Y%m%d%H}",
            role=Role.security_admin,
            payload={"count": count},
        )
