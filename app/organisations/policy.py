"""Who may do what with organisations."""

from typing import Any

from app.core.permissions import PLATFORM_ROLES, Actor, Permission, Role, register


@register(Permission.organisations_organisation_create)
def can_create(actor: Actor, obj: Any) -> bool:
    """Any signed-in person who does not work for the platform: the role exclusions forbid both."""
    del obj
    return actor.signed_in and not actor.roles & PLATFORM_ROLES


@register(Permission.organisations_organisation_edit)
def can_edit(actor: Actor, organisation: Any) -> bool:
    """The organisation's own admin, while acting for it."""
    if not actor.has(Role.organisation_admin) or actor.organisation_id is None:
        return False
    return organisation is None or bool(organisation.id == actor.organisation_id)


@register(Permission.organisations_organisation_verify)
def can_verify(actor: Actor, organisation: Any) -> bool:
    """The centre's reviewers; nobody decides on an organisation that they act for."""
    if not actor.has(Role.reviewer):
        return False
    return organisation is None or bool(organisation.id != actor.organisation_id)


@register(Permission.organisations_queue_read)
def can_read_queue(actor: Actor, obj: Any) -> bool:
    del obj
    return actor.is_staff


def sees_contacts(actor: Actor, organisation: Any) -> bool:
    """Return whether the confidential contact fields may be shown: to the organisation itself and to staff."""
    return actor.is_staff or (actor.signed_in and bool(actor.organisation_id == organisation.id))
