"""Commands on offerings, by step of their life: draft, review, report."""

from app.offerings.service.draft import (
    create_draft,
    discard_change,
    recall_submission,
    submit_offering,
    update_offering,
    withdraw_offering,
)
from app.offerings.service.report import report_offering, resolve_report
from app.offerings.service.review import decide_offering, list_directly

__all__ = [
    "create_draft",
    "decide_offering",
    "discard_change",
    "list_directly",
    "recall_submission",
    "report_offering",
    "resolve_report",
    "submit_offering",
    "update_offering",
    "withdraw_offering",
]
