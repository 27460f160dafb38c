"""Joining an organisation and looking after its members."""

import uuid

from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.accounts import service as accounts
from app.accounts.models import Membership, MembershipState
from app.core import messages
from app.core.errors import Conflict, NotFound
from app.core.permissions import Actor, Permission, Role, require
from app.organisations import queries
from app.organisations.models import Organisation
from app.organisations.service.registering import check_code

messages.announce(
    "organisations.join_requested",
    topic="organisations",
    title="有人申请加入贵单位",
    text="一位用户申请加入贵单位；请核对后同意或拒绝。",
    link="/organisations/mine",
    action="去处理",
    admins_only=True,
)
messages.announce(
    "organisations.join_accepted",
    topic="organisations",
    title="加入单位的申请已通过",
    text="您现在可以代表这家单位在平台上办事。",
    link="/organisations/mine",
)
messages.announce(
    "organisations.join_refused",
    topic="organisations",
    title="加入单位的申请未通过",
    text="单位管理员没有同意您的申请；如有疑问请直接联系您的单位。",
    link="/account",
)


def request_membership(session: Session, actor: Actor, *, credit_code: str, note: str = "") -> Membership:
    """Ask the admin of the organisation with this code to be let in.

    Raises:
        Invalid: the code fails a check.
        NotFound: nobody registered it.
        Conflict: the actor is a member or has asked already, or works for the platform.

    """
    require(actor, Permission.organisations_organisation_create)
    organisation = queries.find_by_code(session, check_code(credit_code))
    if organisation is None:
        raise NotFound("这个信用代码还没有登记", hint="您可以自己登记它")
    if actor.user_id is None:
        raise Conflict("请先登录")
    row = accounts.add_membership(
        session,
        actor,
        user_id=actor.user_id,
        organisation_id=organisation.id,
        role=Role.member,
        state=MembershipState.requested,
        note=note,
    )
    messages.post(
        session,
        "organisations.join_requested",
        organisation_id=organisation.id,
        payload={"membership": str(row.id)},
        dedupe_key=f"organisations.join_requested:{row.id}:{row.updated_at.isoformat()}",
    )
    return row


def decide_request(session: Session, actor: Actor, *, membership_id: uuid.UUID, accept: bool) -> Membership:
    """Let an applicant in or not; the one let in acts for the organisation at once if free to.

    Raises:
        NotFound: no such membership in the actor's organisation.
        Conflict: it was decided already.

    """
    row = _get_member(session, actor, membership_id)
    accounts.decide_membership(session, actor, membership=row, accept=accept)
    if accept:
        accounts.adopt_organisation(session, user_id=row.user_id, organisation_id=row.organisation_id)
    messages.post(
        session,
        "organisations.join_accepted" if accept else "organisations.join_refused",
        user_id=row.user_id,
        payload={"organisation_id": str(row.organisation_id)},
        dedupe_key=f"organisations.join_decided:{row.id}:{row.updated_at.isoformat()}",
    )
    return row


def change_member_role(session: Session, actor: Actor, *, membership_id: uuid.UUID, role: Role) -> Membership:
    """Make a member an admin or the other way round; the last admin stays one, and a former one's invitations end."""
    row = _get_member(session, actor, membership_id)
    if row.role is Role.organisation_admin and role is not Role.organisation_admin:
        _keep_an_admin(session, row)
        _end_invitations(session, actor, row)
    accounts.set_membership_role(session, actor, membership=row, role=role)
    return row


def remove_member(session: Session, actor: Actor, *, membership_id: uuid.UUID) -> Membership:
    """End a membership with the invitations that the person sent; the last admin cannot go."""
    row = _get_member(session, actor, membership_id)
    if row.role is Role.organisation_admin:
        _keep_an_admin(session, row)
    _end_invitations(session, actor, row)
    accounts.end_membership(session, actor, membership=row)
    return row


def has_admin(session: Session, organisation_id: uuid.UUID) -> bool:
    """Return whether anyone can answer a request to join."""
    rows = people.list_memberships(session, organisation_id, MembershipState.active)
    return any(row.role is Role.organisation_admin for row in rows)


def _get_member(session: Session, actor: Actor, membership_id: uuid.UUID) -> Membership:
    organisation: Organisation = queries.get_own(session, actor)
    row = people.find_membership_by_id(session, membership_id)
    if row is None or row.organisation_id != organisation.id:
        raise NotFound("没有这位成员，或申请已经撤回")
    require(actor, Permission.organisations_organisation_edit, organisation)
    return row


def _end_invitations(session: Session, actor: Actor, former: Membership) -> None:
    accounts.revoke_open_invitations(
        session, actor, organisation_id=former.organisation_id, invited_by=former.user_id
    )


def _keep_an_admin(session: Session, leaving: Membership) -> None:
    admins = people.lock_admins(session, leaving.organisation_id)  # two at once would leave none
    if not any(row.id != leaving.id for row in admins):
        raise Conflict("机构至少要有一位管理员；请先把另一位成员设为管理员")
