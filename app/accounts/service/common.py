"""What every step of an account uses."""

import uuid

from app.core import audit
from app.core.errors import Conflict
from app.core.permissions import Actor

audit.register_name("accounts.access.denied", "越权访问被拒")


def user_id_of(actor: Actor) -> uuid.UUID:
    """Return the signed-in person's id."""
    if actor.user_id is None:
        raise Conflict("请先登录")
    return actor.user_id
