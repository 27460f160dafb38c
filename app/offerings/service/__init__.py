"""Commands on offerings, by step of their life: draft, review, term, report, and what is kept beside them."""

from app.offerings.service.draft import (
    create_draft,
    describe_saved,
    discard_change,
    recall_submission,
    submit_offering,
    update_offering,
    withdraw_offering,
)
from app.offerings.service.report import report_offering, resolve_report
from app.offerings.service.review import decide_offering, list_directly
from app.offerings.service.term import renew_offering

__all__ = [
    "create_draft",
    "decide_offering",
    "describe_saved",
    "discard_change",
    "list_directly",
    "recall_submission",
    "renew_offering",
    "report_offering",
    "resolve_report",
    "submit_offering",
    "update_offering",
    "withdraw_offering",
]
