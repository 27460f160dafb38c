"""Who looks after the index."""

from typing import Any

from app.core.permissions import Actor, Permission, Role, register


@register(Permission.indexing_status_read)
def can_read_status(actor: Actor, obj: Any) -> bool:
    del obj
    return actor.is_staff or actor.has(Role.system_admin)


@register(Permission.indexing_index_rebuild)
def can_rebuild(actor: Actor, obj: Any) -> bool:
    del obj
    return actor.has(Role.operator, Role.system_admin)
