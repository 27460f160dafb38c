"""Who works at the desk, and who looks after the index and the health of the installation."""

from typing import Any

from app.core.permissions import Actor, Permission, Role, register


@register(Permission.desk_queue_read)
def can_read_queues(actor: Actor, obj: Any) -> bool:
    """Staff work here; the system administrator sees how the index stands."""
    del obj
    return actor.is_staff or actor.has(Role.system_admin)


@register(Permission.desk_item_hold)
def can_hold(actor: Actor, obj: Any) -> bool:
    del obj
    return actor.is_staff


@register(Permission.desk_announcement_edit)
def can_announce(actor: Actor, obj: Any) -> bool:
    """The centre speaks through its operators."""
    del obj
    return actor.has(Role.operator)


@register(Permission.desk_help_answer)
def can_answer_help(actor: Actor, obj: Any) -> bool:
    del obj
    return actor.is_staff


@register(Permission.desk_health_read)
def can_read_health(actor: Actor, obj: Any) -> bool:
    del obj
    return actor.is_staff or actor.has(Role.system_admin)


@register(Permission.indexing_status_read)
def can_read_status(actor: Actor, obj: Any) -> bool:
    del obj
    return actor.is_staff or actor.has(Role.system_admin)


@register(Permission.indexing_index_rebuild)
def can_rebuild(actor: Actor, obj: Any) -> bool:
    del obj
    return actor.has(Role.operator, Role.system_admin)
