"""Who may do what with needs, without a database."""

import uuid
from types import SimpleNamespace

import pytest

from app.core.permissions import Actor, Permission, Role, can
from app.needs import policy

OWN, OTHER = uuid.uuid4(), uuid.uuid4()
need = SimpleNamespace(organisation_id=OWN, hide_name=True)
named = SimpleNamespace(organisation_id=OWN, hide_name=False)


def actor(*roles: Role, organisation: uuid.UUID | None = None) -> Actor:
    return Actor(user_id=uuid.uuid4(), organisation_id=organisation, roles=frozenset(roles))


ACTORS = {
    "visitor": Actor(),
    "newcomer": actor(),
    "member": actor(Role.member, organisation=OWN),
    "admin": actor(Role.organisation_admin, organisation=OWN),
    "stranger": actor(Role.organisation_admin, organisation=OTHER),
    "reviewer": actor(Role.reviewer),
    "operator": actor(Role.operator),
    "officer": actor(Role.district_officer),
    "auditor": actor(Role.auditor),
    "reviewer of the own": actor(Role.reviewer, organisation=OWN),
}
EVER, HERE = "ever", "on this need"
RIGHTS: dict[Permission, dict[str, set[str]]] = {
    Permission.needs_need_create: {
        EVER: {"newcomer", "member", "admin", "stranger"},
        HERE: {"newcomer", "member", "admin", "stranger"},
    },
    Permission.needs_need_edit: {EVER: {"member", "admin", "stranger"}, HERE: {"member", "admin"}},
    Permission.needs_need_publish: {EVER: {"member", "admin", "stranger"}, HERE: {"member", "admin"}},
    Permission.needs_need_review: {
        EVER: {"reviewer", "operator", "reviewer of the own"},
        HERE: {"reviewer", "operator"},
    },
    Permission.needs_need_read: {
        EVER: {"member", "admin", "stranger", "reviewer", "operator", "reviewer of the own"},
        HERE: {"member", "admin", "reviewer", "operator", "reviewer of the own"},
    },
}


@pytest.mark.parametrize("permission", RIGHTS, ids=str)
def test_rights(permission: Permission):
    for when, obj in ((EVER, None), (HERE, need)):
        found = {name for name, who in ACTORS.items() if can(who, permission, obj)}
        assert found == RIGHTS[permission][when], when


def test_a_hidden_name_is_known_to_its_own_and_to_staff():
    known = {name for name, who in ACTORS.items() if policy.knows_name(who, need)}
    assert known == RIGHTS[Permission.needs_need_read][HERE]
    assert all(policy.knows_name(who, named) for who in ACTORS.values())
