"""Commands on needs, by step of life: drafting, publishing, the staff's decision."""

from app.needs.service.asking import answer_question, ask_question, hide_question
from app.needs.service.draft import autosave, forget_typed, keep_sentence, start_draft, update_need
from app.needs.service.ending import (
    Conclusion,
    close_expired,
    conclude_need,
    renew_need,
    reopen_need,
    withdraw_need,
)
from app.needs.service.grouping import (
    answer_invitation,
    confirm_group,
    end_group,
    find_groups,
    rename_group,
    split_group,
    suggest_groups,
)
from app.needs.service.interest import add_seen, record_interest
from app.needs.service.publish import publish_need, publish_waiting
from app.needs.service.reminding import sweep_due
from app.needs.service.review import decide
from app.needs.service.voting import cast_vote, handle_unclear

__all__ = [
    "Conclusion",
    "add_seen",
    "answer_invitation",
    "answer_question",
    "ask_question",
    "autosave",
    "cast_vote",
    "close_expired",
    "conclude_need",
    "confirm_group",
    "decide",
    "end_group",
    "find_groups",
    "forget_typed",
    "handle_unclear",
    "hide_question",
    "keep_sentence",
    "publish_need",
    "publish_waiting",
    "record_interest",
    "rename_group",
    "renew_need",
    "reopen_need",
    "split_group",
    "start_draft",
    "suggest_groups",
    "sweep_due",
    "update_need",
    "withdraw_need",
]
