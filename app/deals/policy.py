"""Who may do what with enquiries. Whether one may see an enquiry at all is `queries.visible_to`."""

from typing import Any

from app.core.permissions import ORGANISATION_ROLES, Actor, Permission, register
from app.deals.models import Direction, Party


def _acts_for_one(actor: Actor) -> bool:
    return actor.organisation_id is not None and bool(actor.roles & ORGANISATION_ROLES)


def parties_of(actor: Actor, enquiry: Any) -> frozenset[Party]:
    """Return in which parts the actor stands in the enquiry; nobody's part is empty."""
    if actor.organisation_id is not None and actor.roles & ORGANISATION_ROLES:
        forward = enquiry.direction is Direction.forward
        if actor.organisation_id == enquiry.sme_id:
            return frozenset({Party.sme, Party.asker if forward else Party.answerer})
        if actor.organisation_id == enquiry.vendor_id:
            return frozenset({Party.vendor, Party.answerer if forward else Party.asker})
    return frozenset({Party.staff}) if actor.is_staff else frozenset()


def side_of(actor: Actor, enquiry: Any) -> Party | None:
    """Return `sme`, `vendor` or `staff`, as messages are signed; None for an outsider."""
    found = parties_of(actor, enquiry) & {Party.sme, Party.vendor, Party.staff}
    return next(iter(found), None)


def is_party(actor: Actor, enquiry: Any) -> bool:
    return bool(parties_of(actor, enquiry) & {Party.sme, Party.vendor})


@register(Permission.deals_enquiry_read)
def can_read(actor: Actor, enquiry: Any) -> bool:
    """The two sides and the centre's staff."""
    if enquiry is None:
        return _acts_for_one(actor) or actor.is_staff
    return bool(parties_of(actor, enquiry))


@register(Permission.deals_enquiry_create)
def can_create(actor: Actor, obj: Any) -> bool:
    """Any member, while acting for an organisation; that it is verified is asked with the reason at hand."""
    del obj
    return _acts_for_one(actor)


@register(Permission.deals_enquiry_write)
def can_write(actor: Actor, enquiry: Any) -> bool:
    """The two sides; staff write through the desk."""
    return _acts_for_one(actor) if enquiry is None else is_party(actor, enquiry)


@register(Permission.deals_contact_share)
def can_share(actor: Actor, enquiry: Any) -> bool:
    """The two sides themselves: staff acting on behalf may not agree to anything for them."""
    return not actor.on_behalf and can_write(actor, enquiry)


@register(Permission.deals_enquiry_oversee)
def can_oversee(actor: Actor, enquiry: Any) -> bool:
    """The centre's staff, not on an enquiry of an organisation that they act for."""
    return actor.is_staff and (enquiry is None or not is_party(actor, enquiry))
