"""What matching shows on pages of others: the list under a need, fetched after the page so that it waits for nobody."""

from typing import Any

from sqlalchemy.orm import Session

from app.core.permissions import Actor, Permission, can
from app.web import panels


@panels.register(
    "need.detail.matches",
    template="matching/_need.html",
    queries=0,
    permission=Permission.matching_need_read,
)
def need_matches(session: Session, actor: Actor, *, need: Any, **_named: Any) -> dict[str, Any] | None:
    """Where the list for this need is fetched from; nothing for those who may not see it."""
    del session
    if not can(actor, Permission.matching_need_read, need):
        return None
    return {"href": f"/workspace/needs/{need.id}/matches"}
