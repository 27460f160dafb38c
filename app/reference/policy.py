"""Who may change the centre's own reference rows: its staff; everybody may read them."""

from typing import Any

from app.core.permissions import Actor, Permission, Role, register


@register(Permission.reference_dictionary_edit)
def can_edit_dictionary(actor: Actor, word: Any) -> bool:
    del word
    return actor.is_staff


@register(Permission.reference_parameter_edit)
def can_edit_parameter(actor: Actor, parameter: Any) -> bool:
    """The centre's operators: a reviewer applies the rules and does not set them."""
    del parameter
    return actor.has(Role.operator)
