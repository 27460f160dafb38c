"""Commands on reference rows: loading the package data; the staff's edits stand in `wording` and `ruling`."""

from sqlalchemy.orm import Session

from app.core import audit
from app.core.loaded import LoadReport, sync
from app.core.permissions import SYSTEM, Actor
from app.reference import policy as _policy  # noqa: F401  registers the room's rules
from app.reference.data import datasets
from app.reference.ruling import (
    cancel,
    field_of,
    get_parameter,
    get_set,
    members_of,
    set_parameter,
    set_together,
)
from app.reference.wording import delete_word, restore_word, save_word

__all__ = [
    "cancel",
    "delete_word",
    "field_of",
    "get_parameter",
    "get_set",
    "load_reference",
    "members_of",
    "restore_word",
    "save_word",
    "set_parameter",
    "set_together",
]
audit.register_name("reference.data.loaded", "载入基础数据")


def load_reference(session: Session, actor: Actor | None = None) -> LoadReport:
    """Load the package's reference data; a second run changes nothing, and staff's edits are kept."""
    report = LoadReport()
    for dataset in datasets():
        report.add(sync(session, dataset))
    if report.changed:
        audit.record(
            session,
            actor or SYSTEM,
            "reference.data.loaded",
            kind="reference",
            object_id="package",
            data={"inserted": report.inserted, "updated": report.updated, "kept": report.kept},
        )
    return report
