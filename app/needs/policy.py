"""Who may do what with needs. Whether one may see a need at all is `queries.visible_to`."""

from typing import Any

from app.core.permissions import ORGANISATION_ROLES, PLATFORM_ROLES, Actor, Permission, Role, register


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


@register(Permission.needs_need_record)
def can_record(actor: Actor, obj: Any) -> bool:
    """The centre's operators write down what a firm told them; they then act for that firm."""
    del obj
    return actor.has(Role.operator)


@register(Permission.needs_question_ask)
def can_ask(actor: Actor, need: Any) -> bool:
    """Verified vendors, institutions and financiers, while acting for one; nobody asks on one's own need."""
    sells = _acts_for_one(actor) and not actor.is_staff and "verified_vendor" in actor.audiences
    return sells and (need is None or not is_own(actor, need))


@register(Permission.needs_question_answer)
def can_answer(actor: Actor, need: Any) -> bool:
    """The need's own organisation, or staff for it."""
    if need is None:
        return actor.is_staff or _acts_for_one(actor)
    return actor.is_staff or can_edit(actor, need)


@register(Permission.needs_question_hide)
def can_hide(actor: Actor, need: Any) -> bool:
    return can_review(actor, need)


@register(Permission.needs_vote_cast)
def can_vote(actor: Actor, need: Any) -> bool:
    """Another organisation's member; that it was invited or offered is asked with the need."""
    return _acts_for_one(actor) and (need is None or not is_own(actor, need))


@register(Permission.needs_vote_handle)
def can_handle(actor: Actor, need: Any) -> bool:
    return can_review(actor, need)


@register(Permission.needs_group_manage)
def can_manage_groups(actor: Actor, group: Any) -> bool:
    del group
    return actor.is_staff


@register(Permission.needs_group_join)
def can_join(actor: Actor, member: Any) -> bool:
    """Any member of the firm whose need stands in the group."""
    return _acts_for_one(actor) and (member is None or is_own(actor, member))
