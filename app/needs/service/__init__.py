"""Commands on needs, by step of life: drafting, publishing, the staff's decision."""

from app.needs.service.draft import autosave, forget_typed, keep_sentence, start_draft, update_need
from app.needs.service.publish import close_expired, publish_need, publish_waiting, reopen_need, withdraw_need
from app.needs.service.review import decide

__all__ = [
    "autosave",
    "close_expired",
    "decide",
    "forget_typed",
    "keep_sentence",
    "publish_need",
    "publish_waiting",
    "reopen_need",
    "start_draft",
    "update_need",
    "withdraw_need",
]
