"""What this room holds about a person, for their copy, and how it goes (app/core/personal.py)."""

import uuid

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.device import device_name, place_of
from app.accounts.models import (
    ApiToken,
    ExternalIdentity,
    Invitation,
    MembershipState,
    PastPassword,
    PersonalExport,
    ProofLink,
    RecoveryCode,
    RoleGrant,
    SignInFailure,
    SignInStep,
    TotpKey,
    User,
    UserSession,
    UserState,
)
from app.accounts.service.consents import purposes
from app.core import clock, personal, security
from app.core.outgoing import Letter
from app.core.permissions import ROLE_LABELS
from app.core.personal import ERASED_NAME, Tables

NO_PASSWORD = "!"  # noqa: S105  not a hash, so that no password ever fits
MEMBER_STATES = {"active": "在册", "requested": "申请中", "refused": "未同意", "ended": "已移出"}
OWN_ROWS = (
    UserSession,
    ApiToken,
    PersonalExport,
    RoleGrant,
    SignInStep,
    TotpKey,
    RecoveryCode,
    ProofLink,
    PastPassword,
    ExternalIdentity,
)
"""Deleted whole: they let somebody in, or say how somebody got in."""


def collect(session: Session, user_id: uuid.UUID) -> Tables:
    """Return the account, memberships, roles, sessions, tokens, consents and invitations."""
    user = queries.get_user(session, user_id)
    names = queries.organisation_names(session, [item.organisation_id for item in user.memberships])
    titles = {name: purpose.title for name, purpose in purposes().items()}
    key = queries.find_totp(session, user_id)
    return {
        "账号": [
            {
                "姓名": user.name,
                "手机号": user.mobile,
                "邮箱": user.email,
                "注册于": user.created_at,
                "手机号验证于": user.mobile_verified_at,
                "邮箱验证于": user.email_verified_at,
                "密码改于": user.password_changed_at,
                "两步验证开启于": key.created_at if key is not None else None,
                "状态": "正常" if user.state is UserState.active else "已停用",
            }
        ],
        "所在机构": [
            {
                "机构": names.get(item.organisation_id),
                "身份": ROLE_LABELS[item.role],
                "状态": MEMBER_STATES[item.state.value],
                "申请时写的话": item.note,
                "从": item.created_at,
            }
            for item in user.memberships
        ],
        "平台角色": [
            {"角色": ROLE_LABELS[grant.role], "区县": grant.district, "授予于": grant.granted_at}
            for grant in user.grants
        ],
        "登录过的设备": [
            {
                "设备": device_name(row.agent),
                "网络地址": row.ip,
                "网络": place_of(row.ip),
                "登录于": row.created_at,
                "最近": row.last_seen_at,
            }
            for row in queries.list_sessions(session, user_id)
        ],
        "接口令牌": [
            {
                "名称": row.name,
                "范围": row.scopes,
                "建于": row.created_at,
                "到期": row.expires_at,
                "最近使用": row.last_used_at,
                "作废于": row.revoked_at,
            }
            for row in queries.list_api_tokens(session, user_id)
        ],
        "统一身份认证": [
            {"认证方": row.issuer, "在那里的编号": row.subject, "绑定于": row.created_at}
            for row in queries.list_identities(session, user_id)
        ],
        "同意记录": [
            {
                "事项": titles.get(row.purpose, row.purpose),
                "文本版本": row.text_version,
                "同意于": row.given_at,
                "撤回于": row.withdrawn_at,
            }
            for row in queries.list_consents(session, user_id)
        ],
        "收到的邀请": [
            {"发到": row.login, "发于": row.created_at, "结果": row.state.value}
            for row in queries.list_invitations_to(session, _logins(user))
        ],
        "代机构办事": [
            {"从": row.started_at, "到": row.ended_at or row.until, "事由": row.reason}
            for row in queries.list_behalves_of(session, user_id)
        ],
    }


def erase(session: Session, user_id: uuid.UUID) -> None:
    """Leave a row without name, login or key; its id is all that audit and business rows still point at."""
    user = queries.get_user(session, user_id)
    logins = _logins(user)
    session.execute(delete(Letter).where(Letter.recipient.in_(logins)))
    session.execute(delete(Invitation).where(Invitation.login.in_(logins)))
    keys = [security.token_hash(login) for login in logins]
    session.execute(delete(SignInFailure).where(SignInFailure.key.in_(keys)))
    for membership in user.memberships:
        membership.note, membership.state = "", MembershipState.ended
    for model in OWN_ROWS:
        session.execute(delete(model).where(model.user_id == user_id))
    user.name, user.mobile, user.email = ERASED_NAME, None, f"{user.id.hex}@erased.invalid"
    user.password_hash, user.state = NO_PASSWORD, UserState.disabled
    user.erased_at = user.erased_at or clock.now()


def _logins(user: User) -> list[str]:
    return [login for login in (user.email, user.mobile) if login]


personal.register(
    "accounts",
    title="账号",
    collect=collect,
    erase=erase,
    kept="您给过的同意（只剩编号、版本和时间），用来证明当时确有同意",
)
