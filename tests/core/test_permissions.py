"""The registry of rules, and the rules of the rooms that have one line each."""

import uuid

import pytest

from app.core.errors import Forbidden, Unauthenticated
from app.core.permissions import ANONYMOUS, Actor, Permission, Role, can, register, registered, require
from app.policies import policy as policies
from app.reference import policy as reference


def actor(*roles: Role) -> Actor:
    return Actor(user_id=uuid.uuid4(), name="示例·张", roles=frozenset(roles))


def test_one_permission_has_one_rule():
    with pytest.raises(RuntimeError, match="two rules"):

        @register(Permission.policies_policy_edit)
        def everybody(_actor: Actor, _obj: object) -> bool:
            return True

    assert not can(ANONYMOUS, Permission.policies_policy_edit)


def test_a_module_loaded_again_registers_the_same_rule():
    assert register(Permission.policies_policy_edit)(policies.can_edit_policy) is policies.can_edit_policy
    assert Permission.policies_policy_edit in registered()


def test_a_visitor_is_asked_to_sign_in_and_a_member_refused():
    with pytest.raises(Unauthenticated):
        require(ANONYMOUS, Permission.policies_policy_edit)
    with pytest.raises(Forbidden):
        require(actor(Role.member), Permission.policies_policy_edit)
    require(actor(Role.operator), Permission.policies_policy_edit)


@pytest.mark.parametrize("role", Role)
def test_the_centres_staff_edit_its_rows(role: Role):
    is_staff = role in {Role.reviewer, Role.operator}
    assert policies.can_edit_policy(actor(role), None) is is_staff
    assert reference.can_edit_dictionary(actor(role), None) is is_staff
    assert reference.can_edit_parameter(actor(role), None) is (role is Role.operator)


def test_an_actor_finds_what_its_audiences_may_see():
    house = uuid.uuid4()
    member = Actor(user_id=uuid.uuid4(), organisation_id=house, capacities=frozenset({"vendor"}))
    assert ANONYMOUS.audiences == {"public"}
    assert member.audiences == {"public", f"org:{house}"}
    verified = Actor(
        user_id=uuid.uuid4(),
        organisation_id=house,
        organisation_verified=True,
        capacities=frozenset({"vendor"}),
    )
    assert verified.audiences == {"public", f"org:{house}", "verified_vendor"}
    enterprise = Actor(
        user_id=uuid.uuid4(),
        organisation_id=house,
        organisation_verified=True,
        capacities=frozenset({"demand"}),
    )
    assert enterprise.audiences == {"public", f"org:{house}"}
    assert actor(Role.reviewer).audiences == {"public", "staff", "verified_vendor"}
