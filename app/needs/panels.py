"""What this room shows on pages of others: the staff's home and one's own."""

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.core import drafts
from app.core.permissions import Actor, Permission, can
from app.needs import labels, policy, queries, rule
from app.needs.models import GroupState, NeedState
from app.needs.pages.detail import OUTCOMES
from app.web import panels, queues
from app.web.queues import Item, Waiting

LATE = timedelta(days=2)


@panels.register(
    "workspace.main",
    template="needs/_workspace.html",
    queries=2,
    permission=Permission.needs_need_create,
    order=30,
)
def workspace(session: Session, actor: Actor, **_named: Any) -> dict[str, Any] | None:
    """A sentence that waits, and how many needs stand in which state."""
    if actor.user_id is None:
        return None
    waiting = queries.find_started(session, owner=drafts.user_owner(actor.user_id))
    counts = queries.count_own_by_state(session, actor)
    return {
        "waiting": str(waiting.data.get("problem", ""))[:60] if waiting else None,
        "may_post": can(actor, Permission.needs_need_edit),
        "returned": counts.get(NeedState.returned, 0),
        "drafts": counts.get(NeedState.draft, 0),
        "held": counts.get(NeedState.held, 0) + counts.get(NeedState.waiting_verification, 0),
        "published": counts.get(NeedState.published, 0),
        "total": sum(counts.values()),
    }


@panels.register("organisation.suspension", template="organisations/_consequence.html", queries=2, order=20)
def hidden_by_suspension(session: Session, actor: Actor, **named: Any) -> dict[str, Any] | None:
    """How many published needs a suspension of the organisation hides."""
    del actor
    rows = queries.list_by_ids(session, queries.list_ids_of_organisation(session, named["organisation"].id))
    count = sum(row.state is NeedState.published for row in rows)
    return {"text": f"{count} 条已发布的需求隐藏，服务商看不到也不能再提意向"} if count else None


@queues.register(
    "needs.held",
    title="需求留审",
    href="/desk/needs",
    empty="没有留审的需求",
    permission=Permission.needs_need_review,
    queries=2,
    order=30,
)
def held(session: Session, actor: Actor) -> Waiting:
    """Needs that the gate sent to the centre."""
    del actor
    summary = queries.summarise_held(session)
    return Waiting(
        summary.count,
        summary.oldest,
        hours=LATE.total_seconds() / 3600,
        items=[
            Item(
                key=f"needs.held:{need.id}",
                title=need.title or need.case_number,
                href=f"/desk/needs/{need.id}",
                since=need.submitted_at or need.updated_at,
                reason=f"门槛 {need.gate_score or 0}/25",
            )
            for need in queries.list_held(session, limit=queues.SHOWN)
        ],
    )


@queues.register(
    "needs.unclear",
    title="看不懂的需求",
    href="/desk/needs/unclear",
    empty="没有看不懂的需求",
    permission=Permission.needs_vote_handle,
    queries=4,
    order=35,
)
def unclear(session: Session, actor: Actor) -> Waiting:
    """Published needs that several vendors do not understand."""
    del actor
    least = int(rule.load_rules(session)[rule.UNCLEAR_FROM])
    count, oldest = queries.summarise_unclear(session, least=least)
    return Waiting(
        count,
        oldest,
        items=[
            Item(
                key=f"needs.unclear:{row.need.id}",
                title=row.need.title or row.need.case_number,
                href=f"/desk/needs/unclear/{row.need.id}",
                since=row.since,
                reason=f"{row.votes} 家看不懂",
            )
            for row in queries.list_unclear(session, least=least, limit=queues.SHOWN)
        ],
    )


@queues.register(
    "needs.groups",
    title="共性需求",
    href="/desk/common-needs",
    empty="没有等确认的共性需求",
    permission=Permission.needs_group_manage,
    queries=2,
    order=60,
)
def suggested(session: Session, actor: Actor) -> Waiting:
    """Groups of similar needs that the computer suggests."""
    del actor
    count, oldest = queries.summarise_suggested(session)
    return Waiting(
        count,
        oldest,
        items=[
            Item(
                key=f"needs.groups:{group.id}",
                title=group.title,
                href=f"/desk/common-needs/{group.id}",
                since=group.created_at,
                reason="、".join(group.words[:3]),
            )
            for group in queries.list_groups(session, state=GroupState.suggested, limit=queues.SHOWN)
        ],
    )


@panels.register("case.main", template="needs/_case.html", queries=5, order=10)
def case(session: Session, actor: Actor, *, need_id: uuid.UUID, **_named: Any) -> dict[str, Any] | None:
    """Where the need stands, on the page of its case: dates, numbers, outcome for its firm and staff."""
    need = queries.find_need(session, actor, need_id)
    if need is None:
        return None
    whole = policy.can_read_whole(actor, need)
    outcome = queries.find_outcome(session, need.id) if whole else None
    numbers = queries.load_numbers(session, [need.id])[need.id] if whole else None
    asked = queries.count_open_questions(session, [need.id]).get(need.id, 0)
    return {
        "need": need,
        "state": labels.STATE[need.state],
        "next": labels.NEXT[need.state] if policy.is_own(actor, need) else "",
        "numbers": numbers if need.published_at is not None else None,
        "asked": asked,
        "outcome": OUTCOMES[outcome.outcome.value] if outcome else "",
    }
