"""Who may do what with needs. Whether one may see a need at all is `queries.visible_to`."""

from typing import Any

from app.core.permissions import ORGANISATION_ROLES, PLATFORM_ROLES, Actor, Permission, register


def _acts_for_one(actor: Actor) -> bool:
    return actor.organisation_id is not None and bool(actor.roles & ORGANISATION_ROLES)


def is_own(actor: Actor, need: Any) -> bool:
    """Return whether the actor acts for the organisation that posted the need."""
    return actor.organisation_id is not None and bool(need.organisation_id == actor.organisation_id)


@register(Permission.needs_need_create)
def can_create(actor: Actor, obj: Any) -> bool:
    """Any signed-in person who does not work for the platform; the draft waits until an organisation is registered."""
    del obj
    return actor.signed_in and not actor.roles & PLATFORM_ROLES


@register(Permission.needs_need_edit)
def can_edit(actor: Actor, need: Any) -> bool:
    """Any member of the organisation, while acting for it."""
    return _acts_for_one(actor) and (need is None or is_own(actor, need))


@register(Permission.needs_need_publish)
def can_publish(actor: Actor, need: Any) -> bool:
    return can_edit(actor, need)


@register(Permission.needs_need_review)
def can_review(actor: Actor, need: Any) -> bool:
    """The centre's staff; nobody decides on a need of an organisation that they act for."""
    return actor.is_staff and (need is None or not is_own(actor, need))


@register(Permission.needs_need_read)
def can_read_whole(actor: Actor, need: Any) -> bool:
    """Whether the actor reads the need unmasked: its own organisation and staff."""
    if need is None:
        return actor.is_staff or _acts_for_one(actor)
    return actor.is_staff or is_own(actor, need)


def knows_name(actor: Actor, need: Any) -> bool:
    """Return whether the actor may read whose need it is."""
    return not need.hide_name or can_read_whole(actor, need)
