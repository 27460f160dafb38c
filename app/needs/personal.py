"""What this room holds about a person: the needs that they wrote for their organisation (app/core/personal.py)."""

import uuid

from sqlalchemy.orm import Session

from app.core import personal
from app.core.personal import Tables
from app.needs.queries.person import list_created_by


def collect(session: Session, user_id: uuid.UUID) -> Tables:
    return {
        "写过的需求": [
            {
                "案件号": need.case_number,
                "标题": need.title,
                "难处": need.problem,
                "状态": need.state.value,
                "写于": need.created_at,
            }
            for need in list_created_by(session, user_id)
        ]
    }


def erase(session: Session, user_id: uuid.UUID) -> None:
    """Change nothing: a need is its organisation's, and its text holds no contact details."""
    del session, user_id


personal.register("needs", title="需求", collect=collect, erase=erase)
