"""The accounts' pages by audience: the doors, one's own account, the administrators."""

from fastapi import APIRouter

from app.accounts.pages import account, admin, doors, second_factor

router = APIRouter()
for part in (doors, second_factor, account, admin):
    router.include_router(part.router)
