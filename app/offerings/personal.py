"""What this room holds about a person: offerings entered, reports sent in (app/core/personal.py)."""

import uuid

from sqlalchemy.orm import Session

from app.core import personal
from app.core.personal import Tables
from app.offerings.queries.person import list_created_by, list_reported_by


def collect(session: Session, user_id: uuid.UUID) -> Tables:
    return {
        "录入的供给": [
            {"标题": row.title, "简介": row.summary, "状态": row.state.value, "录入于": row.created_at}
            for row in list_created_by(session, user_id)
        ],
        "提出的反映": [
            {"原因": row.reason.value, "说明": row.text, "提出于": row.created_at}
            for row in list_reported_by(session, user_id)
        ],
    }


def erase(session: Session, user_id: uuid.UUID) -> None:
    """Empty the words of reports, which are the person's own; offerings are their organisation's."""
    for row in list_reported_by(session, user_id):
        row.text = ""


personal.register("offerings", title="供给", collect=collect, erase=erase)
