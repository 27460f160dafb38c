"""Who may change the centre's own reference rows: its staff; everybody may read them."""

from typing import Any

from app.core.permissions import Actor, Permission, register


@register(Permission.reference_dictionary_edit)
def can_edit_dictionary(actor: Actor, word: Any) -> bool:
    del word
    return actor.is_staff
