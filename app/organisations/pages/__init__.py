"""The organisations' pages by audience: registering, one's own organisation, the staff's desk, the public."""

from fastapi import APIRouter

from app.organisations.pages import (
    claims,
    desk,
    desk_pools,
    desk_standing,
    members,
    pools,
    public,
    registering,
    standing,
    workspace,
)

router = APIRouter()
for part in (
    registering,
    workspace,
    members,
    standing,
    claims,
    pools,
    desk,
    desk_standing,
    desk_pools,
    public,
):  # public last: its /organisations/{id} catches the rest
    router.include_router(part.router)
