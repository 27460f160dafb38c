"""Commands on what people follow."""

from app.watching.service.glances import clear_glances, keep_glances, turn_glances
from app.watching.service.marks import MOST_MARKS, add_mark, note_change, read_changes, remove_mark
from app.watching.service.searches import (
    MOST_SEARCHES,
    add_search,
    change_search,
    lock_results,
    note_hits,
    read_hits,
    remove_search,
)

__all__ = [
    "MOST_MARKS",
    "MOST_SEARCHES",
    "add_mark",
    "add_search",
    "change_search",
    "clear_glances",
    "keep_glances",
    "lock_results",
    "note_change",
    "note_hits",
    "read_changes",
    "read_hits",
    "remove_mark",
    "remove_search",
    "turn_glances",
]
