"""The needs' pages by audience: starting one, one's own, the staff's desk, the public."""

from fastapi import APIRouter

from app.needs.pages import desk, desk_groups, desk_unclear, ending, groups, public, start, workspace

router = APIRouter()
# desk_unclear before desk, whose /desk/needs/{need_id} catches the rest; public last for the same reason
for part in (start, workspace, ending, desk_unclear, desk, desk_groups, groups, public):
    router.include_router(part.router)
