"""What staff do with letters that nobody took."""

import uuid

from sqlalchemy.orm import Session

from app.core import audit, outgoing
from app.core.errors import Conflict, NotFound
from app.core.outgoing import Letter
from app.core.permissions import Actor, Permission, require

audit.register_name("notifications.letter.resent", "重发失败的邮件或短信")


def resend_letter(session: Session, actor: Actor, *, letter_id: uuid.UUID) -> None:
    """Put a dead letter back into the queue.

    Raises:
        NotFound: there is no such letter.
        Conflict: it is not dead any more, or its text (a code, a link to sign in) was wiped.

    """
    require(actor, Permission.notifications_letter_manage)
    if session.get(Letter, letter_id) is None:
        raise NotFound("没有这封邮件或短信")
    if not outgoing.revive(session, letter_id):
        raise Conflict("这一封已经处理过，或者内容已清除（验证码类不能重发）")
    audit.record(session, actor, "notifications.letter.resent", kind="letter", object_id=letter_id)
