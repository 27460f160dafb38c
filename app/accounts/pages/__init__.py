"""The accounts' pages by audience: the doors, one's own account, the administrators."""

from fastapi import APIRouter

from app.accounts.pages import account, admin, doors

router = APIRouter()
for part in (doors, account, admin):
    router.include_router(part.router)
