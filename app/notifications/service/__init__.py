"""Commands on notices, preferences, letters and webhooks."""

from app.notifications import policy  # noqa: F401  its rules hold wherever a command runs
from app.notifications.service.carrying import carry_out
from app.notifications.service.dead_letters import resend_letter
from app.notifications.service.digest import make_digests
from app.notifications.service.hooks import (
    MOST,
    add_hook,
    change_hook,
    enable_hook,
    make_secret,
    remove_hook,
    resend,
)
from app.notifications.service.notices import mark_all_read, mark_read
from app.notifications.service.preferences import save_preferences, unsubscribe

__all__ = [
    "MOST",
    "add_hook",
    "carry_out",
    "change_hook",
    "enable_hook",
    "make_digests",
    "make_secret",
    "mark_all_read",
    "mark_read",
    "remove_hook",
    "resend",
    "resend_letter",
    "save_preferences",
    "unsubscribe",
]
