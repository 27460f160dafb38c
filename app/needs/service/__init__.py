"""Commands on needs, by step of life: drafting, publishing, the staff's decision."""

from app.needs.service.draft import autosave, forget_typed, keep_sentence, start_draft, update_need
from app.needs.service.ending import (
    Conclusion,
    close_expired,
    conclude_need,
    renew_need,
    reopen_need,
    withdraw_need,
)
from app.needs.service.interest import record_interest
from app.needs.service.publish import publish_need, publish_waiting
from app.needs.service.review import decide

__all__ = [
    "Conclusion",
    "autosave",
    "close_expired",
    "conclude_need",
    "decide",
    "forget_typed",
    "keep_sentence",
    "publish_need",
    "publish_waiting",
    "record_interest",
    "renew_need",
    "reopen_need",
    "start_draft",
    "update_need",
    "withdraw_need",
]
