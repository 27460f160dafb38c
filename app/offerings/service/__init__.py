"""Commands on offerings, by step of their life: draft, review, term, report, and what is kept beside them."""

from app.offerings.service.claims import (
    claim_first_of_kind,
    decide_first_of_kind,
    decide_reference,
    drop_reference,
    give_reference,
)
from app.offerings.service.draft import (
    create_draft,
    describe_saved,
    discard_change,
    recall_submission,
    submit_offering,
    update_offering,
    withdraw_offering,
)
from app.offerings.service.importing import begin_import
from app.offerings.service.media import add_media, change_media
from app.offerings.service.report import report_offering, resolve_report
from app.offerings.service.review import decide_offering, list_directly
from app.offerings.service.term import renew_offering

__all__ = [
    "add_media",
    "begin_import",
    "change_media",
    "claim_first_of_kind",
    "create_draft",
    "decide_first_of_kind",
    "decide_offering",
    "decide_reference",
    "describe_saved",
    "discard_change",
    "drop_reference",
    "give_reference",
    "list_directly",
    "recall_submission",
    "renew_offering",
    "report_offering",
    "resolve_report",
    "submit_offering",
    "update_offering",
    "withdraw_offering",
]
