"""Who may read an enquiry: its two sides and the centre, nobody else."""

import uuid
from types import SimpleNamespace

from app.core.permissions import ANONYMOUS, Actor, Permission, Role, can
from app.deals import policy
from app.deals.models import Direction
from app.web.policy import scope_of


def house(**more: uuid.UUID) -> Actor:
    return Actor(user_id=uuid.uuid4(), roles=frozenset({Role.member}), **more)


def test_the_two_sides_and_staff_read_an_enquiry_and_nobody_else():
    sme, vendor = house(organisation_id=uuid.uuid4()), house(organisation_id=uuid.uuid4())
    enquiry = SimpleNamespace(
        sme_id=sme.organisation_id, vendor_id=vendor.organisation_id, direction=Direction.forward
    )
    staff = Actor(user_id=uuid.uuid4(), roles=frozenset({Role.operator}))
    for actor in (sme, vendor, staff):
        assert policy.can_read(actor, enquiry)
    for actor in (house(organisation_id=uuid.uuid4()), house(), ANONYMOUS):
        assert not policy.can_read(actor, enquiry)
    assert not can(ANONYMOUS, Permission.offerings_report_create)


def test_an_endpoint_that_names_no_scope_has_none():
    assert scope_of(house) is None
