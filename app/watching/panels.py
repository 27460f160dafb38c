"""The ☆ button on the pages of what can be watched, the search page's 「保存」, and the workspace's summary."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.core.permissions import Actor
from app.indexing.schemas import SearchRequest
from app.needs.models import Need
from app.offerings.models import Offering
from app.organisations.models import Organisation
from app.policies.models import Policy
from app.watching import asking
from app.watching.jobs import flush_when_due
from app.watching.looking import glances
from app.watching.models import Kind
from app.watching.queries import marks, searches
from app.web import panels

STAR = "watching/_star.html"


def _star(session: Session, actor: Actor, kind: Kind, object_id: uuid.UUID, back: str) -> dict[str, Any]:
    if actor.user_id is None:
        return {"signed_in": False, "mark": None, "back": back}
    if not actor.on_behalf:
        glances.note(actor.user_id, kind, object_id)
        flush_when_due(session)
    mark = marks.find_mark(session, actor.user_id, kind, object_id)
    return {"signed_in": True, "mark": mark, "kind": kind.value, "object_id": object_id, "back": back}


@panels.register("offering.detail.actions", template=STAR, queries=1, order=20)
def offering_star(session: Session, actor: Actor, *, offering: Offering, **_named: Any) -> dict[str, Any]:
    return _star(session, actor, Kind.offering, offering.id, f"/offerings/{offering.id}")


@panels.register("need.detail.side", template=STAR, queries=1, order=5)
def need_star(session: Session, actor: Actor, *, need: Need, **_named: Any) -> dict[str, Any] | None:
    if need.case_number is None:
        return None
    return _star(session, actor, Kind.need, need.id, f"/needs/{need.case_number}")


@panels.register("organisation.detail.side", template=STAR, queries=1, order=5)
def organisation_star(
    session: Session, actor: Actor, *, organisation: Organisation, **_named: Any
) -> dict[str, Any]:
    return _star(session, actor, Kind.organisation, organisation.id, f"/organisations/{organisation.id}")


@panels.register("policy.detail", template=STAR, queries=1, order=90)
def policy_star(session: Session, actor: Actor, *, policy: Policy, **_named: Any) -> dict[str, Any]:
    return _star(session, actor, Kind.policy, policy.id, f"/policies/{policy.slug}")


@panels.register("search.actions", template="watching/_save.html", queries=0)
def save_search(session: Session, actor: Actor, *, wanted: SearchRequest, **_named: Any) -> dict[str, Any]:
    del session, actor
    return {"query": asking.write(wanted)}


@panels.register("workspace.side", template="watching/_workspace.html", queries=3, order=60)
def workspace(session: Session, actor: Actor, **_named: Any) -> dict[str, Any] | None:
    """What is new of the watched things and saved searches."""
    if not actor.signed_in:
        return None
    rows = marks.list_marks(session, actor)
    saved = searches.list_searches(session, actor)
    hits = searches.list_new_hits(session, saved)
    return {
        "watched": len(rows),
        "changed": sum(1 for row in rows if row.changes),
        "searches": [{"row": row, "fresh": len(hits.get(row.id, []))} for row in saved if hits.get(row.id)],
        "saved": len(saved),
    }
