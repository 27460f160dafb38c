"""The second factor: a time-based code (RFC 6238) or one of ten recovery codes (RELIABILITY S4)."""

import secrets
import uuid
from datetime import datetime, timedelta

import pyotp
from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.models import RecoveryCode, SignInStep, TotpKey, User, UserSession
from app.accounts.service import failures
from app.accounts.service.common import user_id_of
from app.accounts.service.sessions import end_other_sessions, rotate_session
from app.core import audit, clock, messages, outgoing, parameters, sealing, security
from app.core.db import settings_of
from app.core.errors import Conflict, Invalid, SecondFactorRequired
from app.core.permissions import PLATFORM_ROLES, Actor, Permission, Role, require

SECONDS = 30
RECOVERY_CODES = 10
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that reads like something else
STEP_LIFE = timedelta(minutes=10)
PURPOSE = "accounts.totp"
ADMINS_TOO = "accounts.second_factor.organisation_admins"
WRONG_CODE = "动态码不对，或者已经用过；请等下一个再试"
RULE = failures.LockRule(
    failures=5, window=timedelta(minutes=5), first=timedelta(minutes=5), longest=timedelta(hours=1)
)

audit.register_name("accounts.second_factor.enrolled", "开启两步验证")
audit.register_name("accounts.second_factor.removed", "关闭两步验证")
audit.register_name("accounts.second_factor.reset", "重置他人的两步验证")
audit.register_name("accounts.second_factor.passed", "通过两步验证")
audit.register_name("accounts.recovery_codes.renewed", "更换恢复码")
audit.register_name("accounts.recovery_code.used", "使用恢复码")
messages.announce(
    "accounts.second_factor.reset",
    topic="accounts",
    title="您的两步验证已被重置",
    text="安全管理员重置了您的两步验证。如果不是您要求的，请马上联系中心。",
    link="/account/second-factor",
)
parameters.declare(
    ADMINS_TOO,
    default=False,
    title="机构管理员必须开两步验证",
    unit="是/否",
    note="中心规则：从生效日起，机构管理员登录后先设置两步验证；不设时到第一次签约步骤才要求。",
)


def new_secret() -> str:
    """Return a fresh secret, 160 random bits in base32."""
    return pyotp.random_base32()


def seal_secret(session: Session, owner: uuid.UUID, secret: str) -> str:
    """Return the secret encrypted and bound to its owner."""
    return sealing.seal(settings_of(session), PURPOSE, f"{owner}:{secret}")


def open_secret(session: Session, owner: uuid.UUID, sealed: str) -> str | None:
    """Return the secret, or None when it was sealed for somebody else or by a key that is gone."""
    text = sealing.unseal(settings_of(session), PURPOSE, sealed)
    if text is None:
        return None
    whose, _, secret = text.partition(":")
    return secret if whose == str(owner) else None


def provisioning_uri(session: Session, user: User, secret: str) -> str:
    """Return what the QR code says: the secret, for an authenticator application."""
    site = settings_of(session).site.name
    return pyotp.TOTP(secret).provisioning_uri(name=user.mobile or user.email or user.name, issuer_name=site)


def matching_step(secret: str, code: str, *, after_step: int) -> int | None:
    """Return the time step whose code this is (now ± 1) if it is later than the last one used."""
    totp, now = pyotp.TOTP(secret), int(clock.now().timestamp()) // SECONDS
    found = None
    for step in (now - 1, now, now + 1):
        fits = secrets.compare_digest(totp.generate_otp(step).encode(), code.encode())
        if fits and step > after_step:
            found = step
    return found


def is_obliged(roles: frozenset[Role], *, admins_too: bool) -> bool:
    """Return whether somebody with these roles works with a second factor only."""
    return bool(roles & PLATFORM_ROLES) or (admins_too and Role.organisation_admin in roles)


def require_second_factor(session: Session, actor: Actor) -> None:
    """Let pass only whoever signed in with a second factor; for an organisation's contract steps.

    Raises:
        SecondFactorRequired: the page leads to setting it up, the API answers 403 with this code.

    """
    user_id_of(actor)
    if not is_obliged(actor.roles, admins_too=True):
        return
    row = session.get(UserSession, actor.session_id) if actor.session_id is not None else None
    if row is None or row.second_factor_at is None:
        raise SecondFactorRequired


def store_secret(session: Session, user_id: uuid.UUID, secret: str, *, last_step: int = 0) -> None:
    """Keep a person's secret sealed; the codes up to `last_step` count as used."""
    session.add(TotpKey(user_id=user_id, sealed=seal_secret(session, user_id, secret), last_step=last_step))
    session.flush()


def enrol(session: Session, actor: Actor, *, sealed: str, code: str) -> tuple[str, list[str]]:
    """Turn the second factor on after its first code; returns the session's new token and the recovery codes.

    Every other session of the person ends, this one gets a new token.

    Raises:
        Invalid: the code is wrong, or the page is too old.
        Conflict: there is a second factor already.

    """
    user_id = user_id_of(actor)
    if queries.find_totp(session, user_id) is not None:
        raise Conflict("两步验证已经开着")
    secret = open_secret(session, user_id, sealed)
    if secret is None:
        raise Invalid({"form": "这个二维码已经失效，请刷新页面重新扫一次"})
    step = matching_step(secret, plain(code), after_step=0)
    if step is None:
        raise Invalid({"code": "动态码不对。请核对手机时间是否自动校准，再输入现在显示的 6 位数字"})
    store_secret(session, user_id, secret, last_step=step)
    codes = _renew_codes(session, user_id)
    audit.record(session, actor, "accounts.second_factor.enrolled", kind="user", object_id=user_id)
    end_other_sessions(session, actor, keep=actor.session_id)
    return rotate_session(session, actor, second_factor_at=clock.now()), codes


def renew_recovery_codes(session: Session, actor: Actor, *, code: str) -> list[str]:
    """Replace the recovery codes; wants a code of the authenticator."""
    user_id = user_id_of(actor)
    prove(session, user_id, code=code, recovery=False)
    codes = _renew_codes(session, user_id)
    audit.record(session, actor, "accounts.recovery_codes.renewed", kind="user", object_id=user_id)
    return codes


def remove_second_factor(session: Session, actor: Actor, *, code: str, obliged: bool) -> None:
    """Turn the own second factor off; wants a code, and is refused to whoever must have one."""
    user_id = user_id_of(actor)
    if obliged:
        raise Conflict("您的身份必须使用两步验证，不能关闭；换手机请重新设置")
    prove(session, user_id, code=code, recovery=False)
    _forget(session, user_id)
    audit.record(session, actor, "accounts.second_factor.removed", kind="user", object_id=user_id)


def reset_second_factor(session: Session, actor: Actor, *, user_id: uuid.UUID) -> None:
    """Take a person's lost second factor away: the security administrator only, logged, with a notice.

    Ends the person's sessions; at the next sign-in they set up a new one if they must have one.
    """
    user = queries.get_user(session, user_id)
    require(actor, Permission.accounts_second_factor_reset, user)
    if queries.find_totp(session, user_id) is None:
        raise Conflict("这个账号没有开两步验证")
    _forget(session, user_id)
    for row in queries.list_sessions(session, user_id):
        session.delete(row)
    audit.record(session, actor, "accounts.second_factor.reset", kind="user", object_id=user_id)
    unique = uuid.uuid4().hex
    messages.post(
        session,
        "accounts.second_factor.reset",
        dedupe_key=f"accounts.second_factor.reset:{unique}",
        user_id=user_id,
    )
    if user.email is not None:
        text = "安全管理员重置了您的两步验证，您在各处的登录都已退出。如果不是您要求的，请马上联系中心。"
        outgoing.post(
            session,
            outgoing.Channel.mail,
            user.email,
            subject="您的两步验证已被重置",
            text=text,
            key=f"accounts.second_factor.reset:{unique}",
        )


def prove(session: Session, user_id: uuid.UUID, *, code: str, recovery: bool = True) -> None:
    """Use up a code of the authenticator or (`recovery`) a recovery code; a wrong one is counted.

    Raises:
        Invalid: wrong or used before.
        RateLimited: five wrong ones in five minutes.

    """
    name = f"totp:{user_id}"
    failures.check_lock(session, name, what="两步验证")
    typed = plain(code)
    key = queries.lock_totp(session, user_id)
    if key is None:
        raise Conflict("两步验证没有开")
    secret = open_secret(session, user_id, key.sealed)
    step = matching_step(secret, typed, after_step=key.last_step) if secret is not None else None
    if step is not None and secret is not None:
        key.last_step = step
        key.sealed = seal_secret(session, user_id, secret)  # under the newest key from now on
        return
    if recovery:
        row = queries.lock_recovery_code(session, user_id, security.token_hash(typed))
        if row is not None:
            row.used_at = clock.now()
            who = Actor(user_id=user_id)
            audit.record(session, who, "accounts.recovery_code.used", kind="user", object_id=user_id)
            return
    failures.note_failure(session, name, rule=RULE)
    raise Invalid({"code": WRONG_CODE})


def begin_step(session: Session, user: User, *, method: str) -> str:
    """Note that a person gave the first proof; returns the token with which they give the second."""
    token = security.new_token()
    session.add(SignInStep(token_hash=security.token_hash(token), user_id=user.id, method=method))
    return token


def standing_step(session: Session, token: str | None) -> SignInStep | None:
    """Return the step that a token stands for, None when it is unknown or older than ten minutes."""
    row = queries.find_step(session, security.token_hash(token)) if token else None
    return row if row is not None and _fresh(row.created_at) else None


def finish_step(session: Session, *, token: str | None, code: str) -> User:
    """Return the person once the second proof is right; the step is used up.

    Raises:
        Conflict: the first proof is too long ago.

    """
    row = standing_step(session, token)
    user = queries.find_active_user(session, row.user_id) if row is not None else None
    if row is None or user is None:
        raise Conflict("离输入密码已超过 10 分钟，请重新登录")
    prove(session, user.id, code=code)
    session.delete(row)
    audit.record(
        session, Actor(user_id=user.id), "accounts.second_factor.passed", kind="user", object_id=user.id
    )
    return user


def pass_second_factor(session: Session, actor: Actor, *, code: str) -> str:
    """Give the second proof inside a session that began without it; returns the session's new token."""
    prove(session, user_id_of(actor), code=code)
    audit.record(session, actor, "accounts.second_factor.passed", kind="user", object_id=user_id_of(actor))
    return rotate_session(session, actor, second_factor_at=clock.now())


def plain(code: str) -> str:
    """Return a typed code without spaces and hyphens, in lower case."""
    return "".join(code.split()).replace("-", "").lower()


def _fresh(moment: datetime) -> bool:
    return clock.now() - moment <= STEP_LIFE


def _forget(session: Session, user_id: uuid.UUID) -> None:
    key = queries.lock_totp(session, user_id)
    for row in [key, *queries.list_recovery_codes(session, user_id)]:
        if row is not None:
            session.delete(row)
    session.flush()


def _renew_codes(session: Session, user_id: uuid.UUID) -> list[str]:
    for row in queries.list_recovery_codes(session, user_id):
        session.delete(row)
    session.flush()
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    session.add_all(
        RecoveryCode(id=uuid.uuid4(), user_id=user_id, code_hash=security.token_hash(code)) for code in codes
    )
    return [f"{code[:5]}-{code[5:]}" for code in codes]
