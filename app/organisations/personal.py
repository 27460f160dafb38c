"""What this room holds about a person: being an organisation's contact (app/core/personal.py)."""

import uuid

from sqlalchemy.orm import Session

from app.core import personal
from app.core.personal import Tables
from app.organisations.queries.person import list_with_contact


def collect(session: Session, user_id: uuid.UUID) -> Tables:
    return {
        "机构联系人": [
            {
                "机构": row.name,
                "联系人": row.contact_name,
                "电话": row.contact_mobile,
                "邮箱": row.contact_email,
            }
            for row in list_with_contact(session, user_id)
        ]
    }


def erase(session: Session, user_id: uuid.UUID) -> None:
    """Take the person out as a contact; the organisation's admin names another one."""
    for row in list_with_contact(session, user_id):
        row.contact_name = row.contact_mobile = row.contact_email = ""


personal.register("organisations", title="机构联系人", collect=collect, erase=erase)
