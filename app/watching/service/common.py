"""What every command here asks first."""

import uuid

from app.core.errors import Unauthenticated
from app.core.permissions import Actor


def user_of(actor: Actor) -> uuid.UUID:
    if actor.user_id is None:
        raise Unauthenticated
    return actor.user_id
