"""Commands on enquiries, by step of life: asking, answering, ending; the thread, the contacts, the staff's desk."""

from app.deals.service import personal as _personal  # noqa: F401  registers what is held about a person
from app.deals.service.answering import accept_enquiry, close_enquiry, decline_enquiry, withdraw_enquiry
from app.deals.service.asking import Request, ask_vendor, offer_on_need
from app.deals.service.common import forget_quotas
from app.deals.service.contacts import Contact, reveal_contacts, share_contacts, withdraw_contacts
from app.deals.service.desk import DECISIONS, decide_enquiry
from app.deals.service.ending import end_of_need, explain_enquiries, fire_timer, remind
from app.deals.service.threads import (
    FILES,
    WITH_FILES,
    ask_help,
    may_read_thread,
    open_thread,
    post_message,
    read_thread,
    retract_message,
)

__all__ = [
    "DECISIONS",
    "FILES",
    "WITH_FILES",
    "Contact",
    "Request",
    "accept_enquiry",
    "ask_help",
    "ask_vendor",
    "close_enquiry",
    "decide_enquiry",
    "decline_enquiry",
    "end_of_need",
    "explain_enquiries",
    "fire_timer",
    "forget_quotas",
    "may_read_thread",
    "offer_on_need",
    "open_thread",
    "post_message",
    "read_thread",
    "remind",
    "retract_message",
    "reveal_contacts",
    "share_contacts",
    "withdraw_contacts",
    "withdraw_enquiry",
]
