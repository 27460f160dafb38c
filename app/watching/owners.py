"""The actor of somebody who is not here: the worker searches with exactly their present rights."""

import uuid

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.models import MembershipState
from app.core.permissions import Actor, Role


def actor_of(session: Session, user_id: uuid.UUID, organisation_id: uuid.UUID | None) -> Actor | None:
    """Return the person as they would be now, acting for the organisation if still a member; None when gone."""
    user = accounts.find_active_user(session, user_id)
    if user is None:
        return None
    roles = {grant.role for grant in user.grants}
    district = next((grant.district for grant in user.grants if grant.role is Role.district_officer), None)
    membership = next(
        (
            item
            for item in user.memberships
            if item.state is MembershipState.active and item.organisation_id == organisation_id
        ),
        None,
    )
    if membership is None:
        return Actor(user_id=user.id, name=user.name, roles=frozenset(roles), district=district)
    facts = accounts.find_organisation_facts(session, membership.organisation_id)
    if facts is None:
        return Actor(user_id=user.id, name=user.name, roles=frozenset(roles), district=district)
    return Actor(
        user_id=user.id,
        name=user.name,
        roles=frozenset(roles | {membership.role}),
        district=district,
        organisation_id=membership.organisation_id,
        organisation_name=facts["name"],
        organisation_verified=facts["state"] == "verified",
        capacities=facts["capacities"],
    )
