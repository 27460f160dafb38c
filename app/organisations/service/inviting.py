"""Inviting people, leaving, and handing the organisation over from one admin to the next."""

import uuid

from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.accounts import service as accounts
from app.accounts.models import Invitation, Membership, MembershipState
from app.core.errors import Conflict, NotFound
from app.core.permissions import Actor, Permission, Role, require, require_in_person
from app.organisations import queries

EDIT = Permission.organisations_organisation_edit


def invite(session: Session, actor: Actor, *, login: str, role: Role) -> Invitation:
    """Send a single-use link to an e-mail or mobile number, good for seven days; for the organisation's admins.

    Raises:
        Conflict: a member already, or too many invitations open.

    """
    require_in_person(actor, "邀请成员")
    organisation = queries.get_own(session, actor)
    require(actor, EDIT, organisation)
    return accounts.make_invitation(session, actor, organisation_id=organisation.id, login=login, role=role)


def revoke(session: Session, actor: Actor, *, invitation_id: uuid.UUID) -> None:
    """Take an invitation of one's own organisation back.

    Raises:
        NotFound: another organisation's.
        Conflict: it was answered already.

    """
    require_in_person(actor, "撤回邀请")
    organisation = queries.get_own(session, actor)
    require(actor, EDIT, organisation)
    row = session.get(Invitation, invitation_id)
    if row is None or row.organisation_id != organisation.id:
        raise NotFound("没有这个邀请")
    accounts.revoke_invitation(session, actor, invitation=row)


def hand_over(session: Session, actor: Actor, *, membership_id: uuid.UUID) -> Membership:
    """Make another member the admin and oneself a plain member, in one step.

    Raises:
        NotFound: no such active member in one's organisation.
        Conflict: to oneself.

    """
    require_in_person(actor, "移交管理员")
    organisation = queries.get_own(session, actor)
    require(actor, EDIT, organisation)
    people.lock_admins(session, organisation.id)
    theirs = people.find_membership_by_id(session, membership_id)
    if (
        theirs is None
        or theirs.organisation_id != organisation.id
        or theirs.state is not MembershipState.active
    ):
        raise NotFound("没有这位成员")
    if theirs.user_id == actor.user_id:
        raise Conflict("要移交给另一位成员")
    mine = people.find_membership(session, accounts.user_id_of(actor), organisation.id)
    if mine is None or mine.role is not Role.organisation_admin:
        raise Conflict("您已经不是管理员")
    if theirs.role is not Role.organisation_admin:
        accounts.set_membership_role(session, actor, membership=theirs, role=Role.organisation_admin)
    accounts.set_membership_role(session, actor, membership=mine, role=Role.member)
    return theirs


def leave(session: Session, actor: Actor) -> None:
    """Leave the organisation that one acts for; one's sessions go on for another of one's own, or for none.

    Raises:
        Conflict: its last admin.

    """
    require_in_person(actor, "退出机构")
    organisation = queries.get_own(session, actor)
    user_id = accounts.user_id_of(actor)
    admins = people.lock_admins(session, organisation.id)
    mine = people.find_membership(session, user_id, organisation.id)
    if mine is None or mine.state is not MembershipState.active:
        raise NotFound("您已经不在这家机构")
    if mine.role is Role.organisation_admin and len(admins) == 1:
        raise Conflict("您是最后一位管理员；请先移交给另一位成员，没有别人的话请联系中心")
    accounts.end_membership(session, actor, membership=mine)
    accounts.move_sessions(session, user_id=user_id, organisation_id=organisation.id)
