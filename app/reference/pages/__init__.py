"""The staff's pages of this room: the search dictionary, and the centre's own rules as dated parameters."""

from fastapi import APIRouter

from app.reference.pages import ruling, words

router = APIRouter()
for part in (words, ruling):
    router.include_router(part.router)
