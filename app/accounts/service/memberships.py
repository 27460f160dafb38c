"""Who belongs to which organisation, and as what."""

import uuid

from sqlalchemy.orm import Session

from app.accounts import policy, queries
from app.accounts.models import Membership, MembershipState
from app.core import audit, clock
from app.core.errors import Conflict
from app.core.permissions import ORGANISATION_ROLES, ROLE_LABELS, Actor, Role

audit.register_name("accounts.membership.added", "加入机构")
audit.register_name("accounts.membership.changed", "调整成员角色")
audit.register_name("accounts.membership.ended", "移出机构")


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
    row.created_at = clock.now()  # who comes back reads nothing of the time in between
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
    if accept:
        membership.created_at = (
            clock.now()
        )  # one belongs to the organisation from now on, not since one asked
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
