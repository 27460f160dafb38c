"""「看得懂 / 看不懂哪里」: what invited and offering firms say, what becomes of it."""

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.permissions import Actor, Permission, require
from app.needs import masking, queries
from app.needs.models import Need, NeedState, NeedVote
from app.needs.service import news
from app.organisations import queries as organisations

audit.register_name("needs.vote.cast", "说需求看得懂或看不懂")
audit.register_name("needs.vote.handled", "办理看不懂的需求")

#: Gate line → what a reader misses in it. Composed: 中心规则.
LINES: dict[str, str] = {
    "problem": "难处没说清",
    "baseline": "现状数字看不懂",
    "budget": "预算不明白",
    "time": "时间不明白",
    "conditions": "现场条件不明白",
}
TEXT = 200


def cast_vote(
    session: Session,
    actor: Actor,
    *,
    need_id: uuid.UUID,
    clear: bool,
    lines: Sequence[str] = (),
    text: str = "",
) -> NeedVote:
    """Say whether one understands the need; one vote for each organisation, the last one counts.

    Raises:
        Forbidden: the organisation was neither invited nor offered.
        Invalid: it does not understand, but names no line.

    """
    need = queries.get_for_change(session, actor, need_id)
    require(actor, Permission.needs_vote_cast, need)
    if actor.organisation_id is None or not queries.has_interest(session, need.id, actor.organisation_id):
        raise Forbidden("企业邀请过的、或者主动来谈过的单位才能投")
    if need.state is not NeedState.published:
        raise Conflict("这条需求已经结束，不用再投")
    chosen = [] if clear else list(dict.fromkeys(lines))
    if not set(chosen) <= set(LINES):
        raise Invalid({"lines": "请从列出的里面选"})
    if not clear and not chosen:
        raise Invalid({"lines": "选一下哪里看不懂"})
    own = organisations.list_by_ids(session, [actor.organisation_id])[0]
    kept, _kinds = masking.clean(
        "" if clear else text, masking.name_variants(own.name, own.short_name), ours="我方"
    )
    vote = queries.find_vote(session, need_id=need.id, organisation_id=actor.organisation_id)
    if vote is None:
        vote = NeedVote(id=uuid.uuid4(), need_id=need.id, organisation_id=actor.organisation_id)
        session.add(vote)
    vote.clear, vote.lines, vote.text = clear, chosen, kept
    vote.voted_by, vote.voted_at, vote.need_version = actor.user_id, clock.now(), need.version
    vote.improved_at = vote.handled_at = vote.handled_by = None
    vote.handled_note = ""
    audit.record(session, actor, "needs.vote.cast", kind="need", object_id=need.id, data={"clear": clear})
    if not clear:
        news.tell_owner(session, need, "needs.vote.unclear", mark=f"{vote.id}:{need.version}")
    session.flush()
    return vote


def mark_improved(session: Session, need: Need) -> int:
    """Note that the owner wrote on: who did not understand is asked again; returns how many."""
    rows = queries.list_unclear_votes(session, need.id)
    for row in rows:
        row.improved_at = clock.now()
        news.tell(session, need, "needs.need.improved", [row.organisation_id])
    return len(rows)


def handle_unclear(session: Session, actor: Actor, *, need_id: uuid.UUID, note: str) -> int:
    """Take a need off the staff's queue with a word on what was done; returns how many votes that settles."""
    need = queries.get_for_change(session, actor, need_id)
    require(actor, Permission.needs_vote_handle, need)
    if len(note) < 4:
        raise Invalid({"note": "写一句怎么办的，例如：已电话请企业补机台型号"})
    rows = queries.list_unclear_votes(session, need.id)
    if not rows:
        raise Conflict("已经没有等着办的「看不懂」了")
    for row in rows:
        row.handled_at, row.handled_by, row.handled_note = clock.now(), actor.user_id, note
    audit.record(
        session, actor, "needs.vote.handled", kind="need", object_id=need.id, data={"votes": len(rows)}
    )
    session.flush()
    return len(rows)
