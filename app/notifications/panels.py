"""What this room shows on other pages: the bell's number, and the letters nobody took on the staff's desk."""

from typing import Any

from sqlalchemy.orm import Session

from app.core import outgoing
from app.core.permissions import Actor, Permission, can
from app.notifications.queries import notices
from app.web import panels, queues
from app.web.queues import Waiting


@panels.register("base.bar", template="notifications/_bell.html", queries=1, order=10)
def bell(session: Session, actor: Actor, **_named: Any) -> dict[str, Any] | None:
    """How many notices the signed-in person has not read."""
    return {"unread": notices.count_unread(session, actor)} if actor.signed_in else None


@queues.register(
    "notifications.dead",
    title="没发出去的邮件和短信",
    href="/desk/letters",
    empty="都发出去了",
    permission=Permission.notifications_letter_manage,
    queries=1,
    order=90,
)
def dead_letters(session: Session, actor: Actor) -> Waiting:
    del actor
    found = outgoing.backlog(session)
    return Waiting(found.dead, found.oldest_dead)


@panels.register("account.main", template="notifications/_account.html", queries=0, order=80)
def settings(session: Session, actor: Actor, **_named: Any) -> dict[str, Any]:
    """The ways to the notice settings and, for an organisation's administrator, to its webhooks."""
    del session
    return {"hooks": can(actor, Permission.notifications_webhook_manage)}
