"""Letters that could not be delivered, for the staff who look after the platform."""

import uuid

from fastapi import APIRouter, Request, Response

from app.accounts.deps import CurrentActor
from app.core import outgoing
from app.core.outgoing import CHANNEL_LABELS, Channel
from app.core.permissions import Permission
from app.notifications import service
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.policy import permission
from app.web.templating import redirect, render

router = APIRouter(prefix="/desk/letters")


def _masked(recipient: str) -> str:
    """Return `138****1234` or `a***@example.com`: enough to recognise, not to write to."""
    name, at, host = recipient.partition("@")
    return f"{name[:1]}***@{host}" if at else f"{name[:3]}****{name[-4:]}"


@router.get("")
@permission(Permission.notifications_letter_manage)
def list_letters(request: Request, session: ReadSession, runtime: RuntimeDep) -> Response:
    """Show the dead letters with masked recipients and how much waits."""
    rows = [
        {
            "letter": row,
            "channel": CHANNEL_LABELS[row.channel],
            "to": _masked(row.recipient),
            "may_resend": bool(row.text),
        }
        for row in outgoing.list_dead(session)
    ]
    there = outgoing.available(runtime.settings)
    context = {
        "rows": rows,
        "backlog": outgoing.backlog(session),
        "missing": [CHANNEL_LABELS[channel] for channel in Channel if channel not in there],
        "session": session,
    }
    return render(request, "notifications/dead_letters.html", context)


@router.post("/{letter_id}/resend")
@permission(Permission.notifications_letter_manage)
def resend_letter(
    request: Request, session: WriteSession, actor: CurrentActor, letter_id: uuid.UUID
) -> Response:
    """Put a dead letter back into the queue."""
    service.resend_letter(session, actor, letter_id=letter_id)
    return redirect(request, "/desk/letters", flash="已放回发送队列")
