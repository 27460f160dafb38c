"""What deals hold about a person: messages, looks at contacts, read marks."""

import uuid

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from app.core import personal
from app.deals import queries
from app.deals.models import EnquiryMessage, EnquiryRead


def collect(session: Session, user_id: uuid.UUID) -> personal.Tables:
    """Return what the person wrote in threads."""
    rows = queries.list_messages_of_person(session, user_id)
    return {
        "往来里我写的": [
            {"时间": row.at, "意向": str(row.enquiry_id), "内容": row.body, "撤回于": row.retracted_at}
            for row in rows
        ]
    }


def erase(session: Session, user_id: uuid.UUID) -> None:
    """Forget read marks, and who wrote which message: the words belong to the two organisations' dealings."""
    session.execute(delete(EnquiryRead).where(EnquiryRead.user_id == user_id))
    session.execute(update(EnquiryMessage).where(EnquiryMessage.user_id == user_id).values(user_id=None))


personal.register(
    "deals",
    title="意向和往来",
    collect=collect,
    erase=erase,
    kept="往来的文字是两家单位的业务记录，留下，但不再写明是谁发的；谁看过联系方式只留编号，供审计",
)
