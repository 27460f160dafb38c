"""Who may withdraw or relist a policy: the centre's staff."""

from typing import Any

from app.core.permissions import Actor, Permission, register


@register(Permission.policies_policy_edit)
def can_edit_policy(actor: Actor, policy: Any) -> bool:
    del policy
    return actor.is_staff
