"""Organisations with an admin, in any state."""

import itertools
import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.models import Membership, MembershipState, User
from app.core import clock, uscc
from app.core.permissions import Actor, Role
from app.organisations.models import (
    Capacity,
    Organisation,
    OrganisationCapacity,
    OrganisationState,
    Verification,
    VerificationCause,
)
from tests.factories.accounts import make_user

_numbers = itertools.count(70_000_001)


def new_code() -> str:
    """A valid credit code that nobody real can own."""
    return uscc.make_code(uscc.FICTITIOUS_REGION, next(_numbers))


def make_organisation(
    session: Session,
    *capacities: Capacity,
    state: OrganisationState = OrganisationState.verified,
    **values: Any,
) -> Organisation:
    """Add an organisation (an enterprise unless told); one that is unverified waits in the queue."""
    code = values.pop("credit_code", None) or new_code()
    row = Organisation(
        **{
            "id": uuid.uuid4(),
            "name": f"示例机械{code[-6:]}有限公司",
            "credit_code": code,
            "state": state,
            "district_slug": "banan",
            "industry_code": "C34",
            "contact_name": "示例王工",
            "contact_mobile": "13900000000",
            "verified_at": clock.now() if state is OrganisationState.verified else None,
            "capacities": [
                OrganisationCapacity(id=uuid.uuid4(), capacity=item)
                for item in capacities or (Capacity.enterprise,)
            ],
            **values,
        }
    )
    session.add(row)
    session.flush()
    if state is OrganisationState.unverified:
        session.add(Verification(id=uuid.uuid4(), organisation_id=row.id, cause=VerificationCause.registered))
        session.flush()
    return row


def add_member(
    session: Session,
    organisation: Organisation,
    user: User | None = None,
    role: Role = Role.organisation_admin,
    state: MembershipState = MembershipState.active,
) -> User:
    """Make somebody (a new person unless told) a member of the organisation."""
    user = user or make_user(session, name="示例成员")
    session.add(
        Membership(id=uuid.uuid4(), user_id=user.id, organisation_id=organisation.id, role=role, state=state)
    )
    session.flush()
    return user


def acting_for(user: User, organisation: Organisation, role: Role = Role.organisation_admin) -> Actor:
    """The actor of a member who acts for the organisation."""
    return Actor(
        user_id=user.id,
        name=user.name,
        organisation_id=organisation.id,
        organisation_name=organisation.name,
        organisation_verified=organisation.is_verified,
        capacities=frozenset(item.value for item in organisation.capacity_set),
        roles=frozenset({role}),
    )
