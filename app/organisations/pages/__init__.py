"""The organisations' pages by audience: registering, one's own organisation, the staff's desk, the public."""

from fastapi import APIRouter

from app.organisations.pages import desk, public, registering, workspace

router = APIRouter()
for part in (registering, workspace, desk, public):  # public last: its /organisations/{id} catches the rest
    router.include_router(part.router)
