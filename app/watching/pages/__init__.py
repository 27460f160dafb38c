"""The room's pages: watched things, saved searches, what was looked at."""

from fastapi import APIRouter

from app.watching.pages import following, searches

router = APIRouter()
for part in (searches, following):
    router.include_router(part.router)
