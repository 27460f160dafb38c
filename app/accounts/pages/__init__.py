"""The accounts' pages by audience: the doors, one's own account, the administrators."""

from fastapi import APIRouter

from app.accounts.pages import (
    account,
    admin,
    behalf,
    by_code,
    city,
    consents,
    contacts,
    data,
    doors,
    invitations,
    own_password,
    resetting,
    second_factor,
    tokens,
)

router = APIRouter()
for part in (
    doors,
    by_code,
    city,
    resetting,
    second_factor,
    own_password,
    contacts,
    account,
    admin,
    tokens,
    consents,
    data,
    invitations,
    behalf,
):
    router.include_router(part.router)
