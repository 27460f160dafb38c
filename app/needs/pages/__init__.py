"""The needs' pages by audience: starting one, one's own, the staff's desk, the public."""

from fastapi import APIRouter

from app.needs.pages import desk, public, start, workspace

router = APIRouter()
for part in (start, workspace, desk, public):  # public last: its /needs/{case_number} catches the rest
    router.include_router(part.router)
