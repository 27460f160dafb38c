"""What is new for the signed-in person."""

import uuid
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from app.accounts import queries as accounts_queries
from app.accounts import service as accounts
from app.accounts.deps import CurrentActor, FormData
from app.accounts.models import MembershipState
from app.core import clock
from app.core.errors import Invalid
from app.core.messages import TOPICS, Message, find_announcement, words_of
from app.core.pagination import PageRequest
from app.core.permissions import Actor
from app.notifications import service
from app.notifications.queries import notices as queries
from app.web.deps import ReadSession, WriteSession
from app.web.policy import signed_in
from app.web.templating import redirect, render

router = APIRouter(prefix="/notices")


def _context(session: Session, actor: Actor, topic: str | None, page: int) -> dict[str, Any]:
    paged = queries.list_notices(session, actor, PageRequest.of(page), topic=topic)
    counts = queries.count_unread_by_topic(session, actor)
    ids = {item.message.organisation_id for item in paged.items if item.message.organisation_id}
    names = accounts_queries.organisation_names(session, list(ids))
    shown = [
        {
            "id": item.message.id,
            "unread": item.unread,
            "words": words_of(item.message.name, item.message.payload),
            "topic": TOPICS[known.topic] if (known := find_announcement(item.message.name)) else "",
            "action": known.action if known else "打开看看",
            "at": item.message.created_at,
            "organisation": names.get(item.message.organisation_id) if item.message.organisation_id else None,
        }
        for item in paged.items
    ]
    return {
        "session": session,
        "notices": shown,
        "paged": paged,
        "topic": topic,
        "tabs": [
            {
                "label": "全部",
                "href": "/notices",
                "current": topic is None,
                "count": sum(counts.values()) or None,
            },
            *(
                {
                    "label": label,
                    "href": f"/notices?topic={key}",
                    "current": topic == key,
                    "count": counts.get(key),
                }
                for key, label in TOPICS.items()
                if key in counts or key == topic
            ),
        ],
        "unread": sum(counts.values()),
        "through": clock.now().isoformat(),
    }


@router.get("")
@signed_in
def list_notices(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    topic: Annotated[str | None, Query(max_length=40)] = None,
    page: int = 1,
) -> Response:
    """Show what is new, unread first, of one topic or all."""
    chosen = topic if topic in TOPICS else None
    return render(request, "notifications/notices.html", _context(session, actor, chosen, page))


@router.post("/{notice_id}/open")
@signed_in
def open_notice(
    request: Request, session: WriteSession, actor: CurrentActor, notice_id: uuid.UUID
) -> Response:
    """Mark as read and lead to what it is about, acting for the organisation that it was sent to."""
    row = service.mark_read(session, actor, message_id=notice_id)
    _act_for(session, actor, row)
    return redirect(request, words_of(row.name, row.payload).link)


def _act_for(session: Session, actor: Actor, row: Message) -> None:
    wanted = row.organisation_id
    if wanted is None or wanted == actor.organisation_id or actor.user_id is None or actor.on_behalf:
        return
    membership = accounts_queries.find_membership(session, actor.user_id, wanted)
    if membership is not None and membership.state is MembershipState.active:
        accounts.act_for(session, actor, organisation_id=wanted)


@router.post("/{notice_id}/read")
@signed_in
def read_notice(
    request: Request, session: WriteSession, actor: CurrentActor, notice_id: uuid.UUID
) -> Response:
    service.mark_read(session, actor, message_id=notice_id)
    return redirect(request, "/notices")


@router.post("/read")
@signed_in
def read_all(request: Request, session: WriteSession, actor: CurrentActor, form: FormData) -> Response:
    """Count all that the page showed as read."""
    try:
        through = datetime.fromisoformat(form.text("through"))
    except ValueError as error:
        raise Invalid({"through": "请刷新页面再试"}) from error
    if through.tzinfo is None:
        raise Invalid({"through": "请刷新页面再试"})
    service.mark_all_read(session, actor, through=through)
    return redirect(request, "/notices", flash="全部标为已读")
