"""Who asks, as the edge found it: this room stands below `accounts` and cannot import its name for it."""

from typing import Annotated

from fastapi import Depends, Request

from app.core.permissions import Actor
from app.web.forms import Form, load_form


def current_actor(request: Request) -> Actor:
    actor: Actor = request.state.actor
    return actor


CurrentActor = Annotated[Actor, Depends(current_actor)]
FormData = Annotated[Form, Depends(load_form)]
