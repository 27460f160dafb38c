"""The room's pages, by reader."""

from fastapi import APIRouter

from app.notifications.pages import hooks, letters, mailbox, notices, preferences

router = APIRouter()
for part in (notices, preferences, hooks, letters, mailbox):
    router.include_router(part.router)
