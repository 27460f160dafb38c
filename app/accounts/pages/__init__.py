"""The accounts' pages by audience: the doors, one's own account, the administrators."""

from fastapi import APIRouter

from app.accounts.pages import (
    account,
    admin,
    behalf,
    consents,
    data,
    doors,
    invitations,
    second_factor,
    tokens,
)

router = APIRouter()
for part in (doors, second_factor, account, admin, tokens, consents, data, invitations, behalf):
    router.include_router(part.router)
