"""Who may look after webhooks and dead letters."""

from typing import Any

from app.core.permissions import Actor, Permission, Role, register


@register(Permission.notifications_webhook_manage)
def can_manage_webhooks(actor: Actor, organisation: Any) -> bool:
    """Administrators of an organisation, in person: staff on its behalf hand no data to other systems."""
    del organisation
    return actor.organisation_id is not None and actor.has(Role.organisation_admin) and not actor.on_behalf


@register(Permission.notifications_letter_manage)
def can_manage_letters(actor: Actor, letter: Any) -> bool:
    """See and send again what could not be delivered: operators and system administrators."""
    del letter
    return actor.has(Role.operator, Role.system_admin)
