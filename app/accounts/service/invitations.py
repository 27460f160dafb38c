"""Inviting people into an organisation by a single-use link; the caller has checked the actor's right on it."""

import uuid
from datetime import timedelta

from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.models import Invitation, InvitationState, Membership, MembershipState
from app.accounts.service.common import user_id_of
from app.accounts.service.memberships import add_membership, decide_membership, set_membership_role
from app.accounts.service.sessions import adopt_organisation
from app.core import audit, clock, letters, messages, outgoing, security
from app.core.db import settings_of
from app.core.errors import Conflict, NotFound
from app.core.outgoing import Channel
from app.core.permissions import ORGANISATION_ROLES, ROLE_LABELS, Actor, Role, require_in_person

LIFE = timedelta(days=7)
MAX_OPEN = 30
GONE = "这个邀请链接无效、已用过或已过期；请让邀请您的人再发一次"

audit.register_name("accounts.invitation.sent", "邀请成员")
audit.register_name("accounts.invitation.revoked", "撤回邀请")
audit.register_name("accounts.invitation.accepted", "接受邀请")
audit.register_name("accounts.invitation.declined", "谢绝邀请")
messages.announce(
    "accounts.invitation.accepted",
    topic="organisations",
    title="有人接受了邀请",
    text="您邀请的人已经加入机构，身份是{role}。如果不认识，请在成员里移出。",
    link="/organisations/mine/members",
    admins_only=True,
)
messages.announce(
    "accounts.invitation.declined",
    topic="organisations",
    title="有人谢绝了邀请",
    text="您邀请的人没有加入机构。",
    link="/organisations/mine/members",
    admins_only=True,
)


def make_invitation(
    session: Session, actor: Actor, *, organisation_id: uuid.UUID, login: str, role: Role
) -> Invitation:
    """Send a link to an e-mail or mobile number; an earlier unanswered one to the same address ends.

    Raises:
        Forbidden: staff acting for the organisation.
        Conflict: a member already, or 30 invitations open.

    """
    require_in_person(actor, "邀请成员")
    if role not in ORGANISATION_ROLES:
        raise Conflict("机构里只有成员和管理员两种角色")
    facts = queries.find_organisation_facts(session, organisation_id)
    if facts is None:
        raise NotFound
    known = queries.find_user_by_login(session, login)
    member = queries.find_membership(session, known.id, organisation_id) if known is not None else None
    if member is not None and member.state is MembershipState.active:
        raise Conflict("对方已经是成员")
    open_ones = queries.list_open_invitations(session, organisation_id)
    for earlier in open_ones:
        if earlier.login == login:
            earlier.state, earlier.answered_at = InvitationState.revoked, clock.now()
    if sum(row.state is InvitationState.pending for row in open_ones) >= MAX_OPEN:
        raise Conflict(f"最多同时有 {MAX_OPEN} 个没答复的邀请；请先撤回一些")
    token = security.new_token()
    row = Invitation(
        id=uuid.uuid4(),
        organisation_id=organisation_id,
        login=login,
        role=role,
        token_hash=security.token_hash(token),
        invited_by=user_id_of(actor),
        expires_at=clock.now() + LIFE,
    )
    session.add(row)
    session.flush()
    _send(session, row, token, organisation=facts["name"], inviter=actor.name)
    _record(session, actor, "accounts.invitation.sent", row)
    return row


def revoke_invitation(session: Session, actor: Actor, *, invitation: Invitation) -> None:
    """Take an unanswered invitation back; its link opens nothing any more."""
    require_in_person(actor, "撤回邀请")
    row = queries.lock_invitation(session, invitation.id)
    if row.state is not InvitationState.pending:
        raise Conflict("对方已经答复过")
    row.state, row.answered_at = InvitationState.revoked, clock.now()
    _record(session, actor, "accounts.invitation.revoked", row)


def revoke_open_invitations(
    session: Session, actor: Actor, *, organisation_id: uuid.UUID, invited_by: uuid.UUID | None = None
) -> int:
    """Take back what an organisation (or one person of it) sent and nobody answered; returns how many.

    For when rights are taken from somebody: the link of an invitation must not lead back in.
    """
    ended = 0
    for found in queries.list_open_invitations(session, organisation_id):
        if invited_by is not None and found.invited_by != invited_by:
            continue
        row = queries.lock_invitation(session, found.id)
        if row.state is InvitationState.pending:
            row.state, row.answered_at = InvitationState.revoked, clock.now()
            _record(session, actor, "accounts.invitation.revoked", row)
            ended += 1
    return ended


def get_invitation(session: Session, token: str) -> Invitation:
    """Return the open invitation behind a link.

    Raises:
        NotFound: unknown, answered, taken back or older than seven days.

    """
    row = queries.find_invitation(session, security.token_hash(token))
    if row is None or row.state is not InvitationState.pending or row.expires_at <= clock.now():
        raise NotFound(GONE)
    return row


def accept_invitation(session: Session, actor: Actor, *, token: str) -> Membership:
    """Become a member; sessions that act for nobody act for the organisation at once.

    Raises:
        NotFound: the link opens nothing any more.
        Conflict: a platform role excludes membership, or a member already.

    """
    require_in_person(actor, "接受邀请")
    user_id = user_id_of(actor)
    row = _lock(session, token)
    known = queries.find_membership(session, user_id, row.organisation_id)
    if known is not None and known.state is MembershipState.requested:
        decide_membership(session, actor, membership=known, accept=True)
        if known.role is not row.role:
            set_membership_role(session, actor, membership=known, role=row.role)
        membership = known
    else:
        membership = add_membership(
            session, actor, user_id=user_id, organisation_id=row.organisation_id, role=row.role
        )
    adopt_organisation(session, user_id=user_id, organisation_id=row.organisation_id)
    _answer(session, actor, row, InvitationState.accepted)
    return membership


def decline_invitation(session: Session, actor: Actor, *, token: str) -> None:
    """Say no; whoever holds the link may, also without an account."""
    _answer(session, actor, _lock(session, token), InvitationState.declined)


def _lock(session: Session, token: str) -> Invitation:
    row = queries.lock_invitation(session, get_invitation(session, token).id)
    if row.state is not InvitationState.pending:
        raise NotFound(GONE)
    return row


def _answer(session: Session, actor: Actor, row: Invitation, state: InvitationState) -> None:
    row.state, row.answered_at, row.answered_by = state, clock.now(), actor.user_id
    name = f"accounts.invitation.{state.value}"
    _record(session, actor, name, row)
    messages.post(
        session,
        name,
        organisation_id=row.organisation_id,
        payload={"role": ROLE_LABELS[row.role]},
        dedupe_key=f"{name}:{row.id}",
    )


def _record(session: Session, actor: Actor, name: str, row: Invitation) -> None:
    audit.record(
        session,
        actor,
        name,
        kind="organisation",
        object_id=row.organisation_id,
        data={"invitation": str(row.id), "role": row.role.value},
    )


def _send(session: Session, row: Invitation, token: str, *, organisation: str, inviter: str) -> None:
    settings = settings_of(session)
    path, role = f"/invitations/{token}", ROLE_LABELS[row.role]
    words = f"{inviter}邀请您作为{role}加入「{organisation}」，7 天内有效，只能用一次"
    key = f"accounts.invitation:{row.id}"
    if "@" not in row.login:
        text = f"【{settings.site.name}】{words}：{settings.public_url.rstrip('/')}{path}"
        outgoing.post(
            session, Channel.sms, row.login, text=text, key=key, secret=True, expires_at=row.expires_at
        )
        return
    letter = letters.compose(
        settings,
        subject=f"邀请您加入{organisation}",
        lines=[f"{words}。", "加入后可以代表它写需求、上架供给、看进展。不认识对方，不用理会这封邮件。"],
        button=("看看邀请", path),
        why="有人用您的邮箱发出了这份邀请。",
    )
    outgoing.post(
        session,
        Channel.mail,
        row.login,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        key=key,
        secret=True,
        expires_at=row.expires_at,
    )
