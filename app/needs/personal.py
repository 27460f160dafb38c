"""What this room holds about a person: the needs, questions and votes that they wrote for their organisation (app/core/personal.py)."""

import uuid

from sqlalchemy.orm import Session

from app.core import personal
from app.core.personal import Tables
from app.needs.queries.person import list_created_by, list_questions_by, list_votes_by


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
        ],
        "公开提过的问题": [
            {"问题": row.text, "答复": row.answer, "提于": row.asked_at}
            for row in list_questions_by(session, user_id)
        ],
        "说过看不看得懂": [
            {"看得懂": "是" if row.clear else "否", "说明": row.text, "说于": row.voted_at}
            for row in list_votes_by(session, user_id)
        ],
    }


def erase(session: Session, user_id: uuid.UUID) -> None:
    """Change nothing: all of it is the organisation's, and the texts hold no contact details."""
    del session, user_id


personal.register("needs", title="需求", collect=collect, erase=erase)
