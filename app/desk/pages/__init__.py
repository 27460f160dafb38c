"""The desk's routes: home, announcements, help, index and health."""

from fastapi import APIRouter

from app.desk.pages import announcements, audit, health, helping, home, index

router = APIRouter()
for part in (home, index, announcements, helping, health, audit):
    router.include_router(part.router)
