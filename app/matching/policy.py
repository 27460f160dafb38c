"""Who sees the list for a posted need: its own organisation and the centre's staff."""

from typing import Any

from app.core.permissions import ORGANISATION_ROLES, Actor, Permission, register


@register(Permission.matching_need_read)
def can_read_matches(actor: Actor, need: Any) -> bool:
    """Members of the need's organisation while acting for it, and staff; never another firm."""
    if actor.is_staff:
        return True
    own = actor.organisation_id is not None and bool(actor.roles & ORGANISATION_ROLES)
    return own and (need is None or bool(need.organisation_id == actor.organisation_id))
