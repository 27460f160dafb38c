"""What a webhook is told: ids, case numbers and codes of a message, nothing that reads like text."""

import re
from typing import Any

from app.core.messages import Announcement, Message

CODES = frozenset(
    {"case_number", "state", "outcome", "kind", "decision", "change", "days", "count", "version"}
)
_PLAIN = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


def body_of(message: Message, announcement: Announcement) -> dict[str, Any]:
    """Return the JSON body of the call: event, topic, moment, organisation and the message's ids and codes."""
    return {
        "id": str(message.id),
        "event": message.name,
        "topic": announcement.topic,
        "at": message.created_at.isoformat(),
        "organisation_id": str(message.organisation_id),
        "data": {key: value for key, value in message.payload.items() if _may_leave(key, value)},
    }


def _may_leave(key: str, value: Any) -> bool:
    if not (key.endswith("_id") or key in CODES):
        return False
    if isinstance(value, bool | int):
        return True
    return isinstance(value, str) and _PLAIN.fullmatch(value) is not None
