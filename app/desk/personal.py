"""What the desk holds about a person: their requests for help, what they took on, what they announced."""

import uuid

from sqlalchemy.orm import Session

from app.core import personal
from app.core.personal import Tables
from app.desk import queries


def collect(session: Session, user_id: uuid.UUID) -> Tables:
    """Return one's requests for help with every answer, and the things one works on."""
    return {
        "求助": [
            {
                "求助号": row.number,
                "时间": row.created_at,
                "说了什么": row.text,
                "联系方式": row.contact,
                "页面": row.path,
                "往来": [note.text for note in row.notes],
            }
            for row in queries.list_help_of(session, user_id)
        ],
        "在办的待办": [
            {"事项": row.key, "从": row.since} for row in queries.list_own_holds(session, user_id)
        ],
    }


def erase(session: Session, user_id: uuid.UUID) -> None:
    """Delete one's requests and holds."""
    for row in queries.list_help_of(session, user_id):
        session.delete(row)
    for hold in queries.list_own_holds(session, user_id):
        session.delete(hold)
    session.flush()


personal.register("desk", title="求助和待办", collect=collect, erase=erase)
