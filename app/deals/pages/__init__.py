"""The pages of deals: asking, one's inbox, one enquiry with its thread, reasons at the end of a need, the staff's desk."""

from fastapi import APIRouter

from app.deals.pages import asking, contacts, deciding, desk, inbox, reasons, thread

router = APIRouter()
for part in (asking, inbox, reasons, desk, deciding, contacts, thread):
    router.include_router(part.router)
