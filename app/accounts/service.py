import uuid
from datetime import timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import policy, queries
from app.accounts.models import (
    Membership,
    MembershipState,
    OneTimeToken,
    RoleGrant,
    SignInFailure,
    User,
    UserSession,
    UserState,
)
from app.core import after, audit, clock, drafts, security
from app.core.errors import Conflict, Invalid, NotFound, RateLimited
from app.core.permissions import ORGANISATION_ROLES, ROLE_LABELS, SYSTEM, Actor, Permission, Role, require

FAILURES, WINDOW, FIRST_LOCK, LONGEST_LOCK = (
    5,
    timedelta(minutes=15),
    timedelta(minutes=15),
    timedelta(hours=1),
)
FIRST_ADMIN = "first-admin"
WRONG = "账号或密码不对"

audit.register_name("accounts.user.registered", "注册账号")
audit.register_name("accounts.session.started", "登录")
audit.register_name("accounts.session.ended", "退出登录")
audit.register_name("accounts.session.refused", "登录失败")
audit.register_name("accounts.role.granted", "授予角色")
audit.register_name("accounts.role.revoked", "收回角色")
audit.register_name("accounts.user.disabled", "停用账号")
audit.register_name("accounts.user.restored", "恢复账号")
audit.register_name("accounts.membership.added", "加入机构")
audit.register_name("accounts.membership.changed", "调整成员角色")
audit.register_name("accounts.membership.ended", "移出机构")
audit.register_name("accounts.password.changed", "修改密码")
audit.register_name("accounts.sessions.revoked", "退出其他设备")
audit.register_name("accounts.access.denied", "越权访问被拒")


def register_user(
    session: Session,
    actor: Actor,
    *,
    name: str,
    login: str,
    password_hash: str,
    origin: str = "registered",
) -> User:
    """Make an account; `login` is normalised, the password already hashed (never hash in a write transaction).

    Raises:
        Invalid: the e-mail or number has an account.

    """
    if queries.find_user_by_login(session, login) is not None:
        raise Invalid({"login": "这个手机号或邮箱已经注册过，请直接登录"})
    is_mobile = "@" not in login
    user = User(
        id=uuid.uuid4(),
        name=name,
        email=None if is_mobile else login,
        mobile=login if is_mobile else None,
        password_hash=password_hash,
        origin=origin,
    )
    session.add(user)
    session.flush()
    audit.record(session, actor, "accounts.user.registered", kind="user", object_id=user.id)
    return user


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


def start_session(
    session: Session,
    user: User,
    *,
    ip: str,
    agent: str,
    visitor: str | None = None,
    rehash: str | None = None,
    replaces: str | None = None,
) -> str:
    """Start a server-side session for a user who proved themselves; returns the new token.

    A visitor's drafts (`anon:…`) go to the user; `rehash` is a newer password hash to store; the browser's
    earlier session (token `replaces`) ends.
    """
    earlier = queries.find_session(session, security.token_hash(replaces)) if replaces else None
    if earlier is not None:
        session.delete(earlier)
    failure = queries.find_failure(session, security.token_hash(user.email or user.mobile or ""))
    if failure is not None:
        session.delete(failure)
    if rehash is not None:
        user.password_hash = rehash
    memberships = sorted(
        (
            item
            for item in queries.get_user(session, user.id).memberships
            if item.state is MembershipState.active
        ),
        key=lambda item: item.created_at,
    )
    token = security.new_token()
    row = UserSession(
        id=uuid.uuid4(),
        token_hash=security.token_hash(token),
        user_id=user.id,
        organisation_id=memberships[0].organisation_id if memberships else None,
        ip=ip[:64],
        agent=agent[:200],
    )
    session.add(row)
    if visitor is not None:
        drafts.hand_over(session, old=visitor, new=drafts.user_owner(user.id))
    actor = Actor(user_id=user.id, name=user.name)
    audit.record(session, actor, "accounts.session.started", kind="session", object_id=row.id)
    return token


def end_session(session: Session, actor: Actor, *, token: str) -> None:
    """End this browser's session; ending one that is gone is no error."""
    row = queries.find_session(session, security.token_hash(token))
    if row is not None:
        audit.record(session, actor, "accounts.session.ended", kind="session", object_id=row.id)
        session.delete(row)


def act_for(session: Session, actor: Actor, *, organisation_id: uuid.UUID) -> None:
    """Let the actor's session act for another of their organisations."""
    membership = queries.find_membership(session, user_id_of(actor), organisation_id)
    if membership is None or membership.state is not MembershipState.active:
        raise NotFound("没有这家机构，或者您不是它的成员")
    if actor.session_id is not None:
        row = session.get(UserSession, actor.session_id)
        if row is not None:
            row.organisation_id = organisation_id


def add_membership(
    session: Session,
    actor: Actor,
    *,
    user_id: uuid.UUID,
    organisation_id: uuid.UUID,
    role: Role,
    state: MembershipState = MembershipState.active,
    note: str = "",
) -> Membership:
    """Make a user a member (or an applicant) of an organisation; the role exclusions hold.

    Raises:
        Conflict: a held role excludes membership, or there is a membership already.

    """
    if role not in ORGANISATION_ROLES:
        raise Conflict("机构里只有成员和管理员两种角色")
    against = policy.conflict(queries.list_roles_held(session, user_id), role)
    if against is not None:
        raise Conflict(f"「{ROLE_LABELS[against]}」不能同时代表企业或机构")
    known = queries.find_membership(session, user_id, organisation_id)
    if known is not None and known.state in {MembershipState.active, MembershipState.requested}:
        raise Conflict("已经是成员，或已经提出过申请")
    row = known or Membership(id=uuid.uuid4(), user_id=user_id, organisation_id=organisation_id)
    row.role, row.state, row.note = role, state, note
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor,
        "accounts.membership.added",
        kind="organisation",
        object_id=organisation_id,
        data={"user": str(user_id), "role": role.value, "state": state.value},
    )
    return row


def decide_membership(session: Session, actor: Actor, *, membership: Membership, accept: bool) -> None:
    """Accept or refuse an application; the caller has checked the actor's right on the organisation."""
    if membership.state is not MembershipState.requested:
        raise Conflict("这个申请已经处理过")
    membership.state = MembershipState.active if accept else MembershipState.refused
    audit.record(
        session,
        actor,
        "accounts.membership.added",
        kind="organisation",
        object_id=membership.organisation_id,
        data={"user": str(membership.user_id), "state": membership.state.value},
    )


def set_membership_role(session: Session, actor: Actor, *, membership: Membership, role: Role) -> None:
    """Make an active member an admin or the other way round; the caller has checked the actor's right."""
    if role not in ORGANISATION_ROLES or membership.state is not MembershipState.active:
        raise Conflict("只有在册成员能调整角色")
    membership.role = role
    _record_membership(session, actor, "accounts.membership.changed", membership)


def end_membership(session: Session, actor: Actor, *, membership: Membership) -> None:
    """End a membership; the person's next request no longer acts for the organisation."""
    if membership.state is not MembershipState.active:
        raise Conflict("这位成员已经不在册")
    membership.state = MembershipState.ended
    _record_membership(session, actor, "accounts.membership.ended", membership)


def _record_membership(session: Session, actor: Actor, name: str, membership: Membership) -> None:
    audit.record(
        session,
        actor,
        name,
        kind="organisation",
        object_id=membership.organisation_id,
        data={"user": str(membership.user_id), "role": membership.role.value},
    )


def adopt_organisation(session: Session, *, user_id: uuid.UUID, organisation_id: uuid.UUID) -> None:
    """Let a person's open sessions that act for no organisation act for this one."""
    for row in queries.list_sessions(session, user_id):
        if row.organisation_id is None:
            row.organisation_id = organisation_id


def change_password(session: Session, actor: Actor, *, password_hash: str, keep: uuid.UUID | None) -> None:
    """Store a new password hash and end every session but `keep`; the old password was checked before."""
    user = queries.get_user(session, user_id_of(actor))
    user.password_hash, user.password_changed_at = password_hash, clock.now()
    audit.record(session, actor, "accounts.password.changed", kind="user", object_id=user.id)
    end_other_sessions(session, actor, keep=keep)


def end_other_sessions(session: Session, actor: Actor, *, keep: uuid.UUID | None) -> int:
    """End the actor's sessions in other browsers; returns how many."""
    rows = [row for row in queries.list_sessions(session, user_id_of(actor)) if row.id != keep]
    for row in rows:
        session.delete(row)
    if rows:
        audit.record(
            session,
            actor,
            "accounts.sessions.revoked",
            kind="user",
            object_id=user_id_of(actor),
            data={"count": len(rows)},
        )
    return len(rows)


def grant_role(
    session: Session, actor: Actor, *, user_id: uuid.UUID, role: Role, district: str | None = None
) -> None:
    """Grant a platform role; needs the security administrator, and the exclusions hold.

    Raises:
        Conflict: another held role excludes it, or a district officer without a district.

    """
    user = queries.get_user(session, user_id)
    if actor is not SYSTEM:
        require(actor, Permission.accounts_role_grant, user)
    if role in ORGANISATION_ROLES:
        raise Conflict("机构内的角色由机构管理员给")
    if (role is Role.district_officer) != (district is not None):
        raise Conflict("区县工作人员要写明区县，其他角色不写")
    against = policy.conflict(queries.list_roles_held(session, user_id), role)
    if against is not None:
        raise Conflict(f"已有「{ROLE_LABELS[against]}」，不能再授予「{ROLE_LABELS[role]}」")
    if any(grant.role is role for grant in user.grants):
        return
    session.add(
        RoleGrant(id=uuid.uuid4(), user_id=user_id, role=role, district=district, granted_by=actor.user_id)
    )
    session.flush()
    audit.record(
        session, actor, "accounts.role.granted", kind="user", object_id=user_id, data={"role": role.value}
    )


def revoke_role(session: Session, actor: Actor, *, user_id: uuid.UUID, role: Role) -> None:
    """Take a platform role back; the next request of the user already lacks it."""
    user = queries.get_user(session, user_id)
    require(actor, Permission.accounts_role_grant, user)
    for grant in user.grants:
        if grant.role is role:
            session.delete(grant)
            audit.record(
                session,
                actor,
                "accounts.role.revoked",
                kind="user",
                object_id=user_id,
                data={"role": role.value},
            )


def set_user_state(session: Session, actor: Actor, *, user_id: uuid.UUID, state: UserState) -> None:
    """Disable or restore an account; a disabled one is out at its next request.

    Raises:
        Conflict: it is the last working account that can grant roles.

    """
    user = queries.get_user(session, user_id)
    require(actor, Permission.accounts_user_manage, user)
    if user.state is state:
        return
    grants = any(grant.role is Role.security_admin for grant in user.grants)
    if (
        state is UserState.disabled
        and grants
        and queries.count_active_holders(session, Role.security_admin) < 2
    ):
        raise Conflict("这是最后一位安全管理员，停用后没有人能授予角色")
    user.state = state
    name = "accounts.user.disabled" if state is UserState.disabled else "accounts.user.restored"
    audit.record(session, actor, name, kind="user", object_id=user_id)


def make_first_admin_token(session: Session) -> str | None:
    """Return a one-time token for the first administrator, or None when any account exists."""
    if queries.count_users(session):
        return None
    token = security.new_token()
    session.add(
        OneTimeToken(
            token_hash=security.token_hash(token),
            purpose=FIRST_ADMIN,
            expires_at=clock.now() + timedelta(hours=24),
        )
    )
    return token


def use_first_admin_token(session: Session, *, token: str, name: str, login: str, password_hash: str) -> User:
    """Make the first security administrator, who then grants every other role.

    Raises:
        Conflict: the token is unknown, used or too old.

    """
    row = queries.find_token(session, security.token_hash(token), FIRST_ADMIN)
    if row is None or row.used_at is not None or row.expires_at < clock.now():
        raise Conflict("这个一次性口令无效或已用过；请在服务器上运行 funeng admin-token 重新生成")
    row.used_at = clock.now()
    user = register_user(
        session, SYSTEM, name=name, login=login, password_hash=password_hash, origin="first_admin"
    )
    grant_role(session, SYSTEM, user_id=user.id, role=Role.security_admin)
    return user


def user_id_of(actor: Actor) -> uuid.UUID:
    """Return the signed-in person's id."""
    if actor.user_id is None:
        raise Conflict("请先登录")
    return actor.user_id
