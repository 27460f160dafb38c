"""One case as its owner, the vendors in it and staff see it: parties, state, whose turn, how far it is, who did what.

A case number accompanies a need from posting to its outcome. Other rooms add to the page by panels.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.errors import NotFound
from app.core.permissions import Actor
from app.deals import queries as deals
from app.deals.models import Direction, Enquiry
from app.deals.showing import Field
from app.deals.states import Party, turn_of
from app.front import queries
from app.needs import case_number, policy
from app.needs import queries as needs
from app.needs.labels import STATE
from app.needs.models import Need, NeedState
from app.organisations import queries as organisations

GONE = "没有这个案件，或者您不在其中"
LIVE = frozenset({"open", "accepted", "chosen", "closing"})


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is: a sign of one character, the sentence, the explanation, and where to act (if it is the reader's)."""

    who: str
    title: str
    text: str = ""
    href: str = ""
    label: str = ""


def load(session: Session, actor: Actor, number: str) -> dict[str, Any]:
    """Return the page's context, or raise NotFound for a wrong number and for whoever has no part in the case."""
    try:
        wanted = str(case_number.parse(number))
    except ValueError as error:
        raise NotFound(f"{GONE}。{error}") from error
    need = queries.find_case(session, wanted)
    if need is None:
        raise NotFound(GONE)
    rows = deals.list_of_need(session, actor, need.id)
    if not (policy.is_own(actor, need) or rows or _for_staff(session, actor, need)):
        raise NotFound(GONE)
    own, whole = policy.is_own(actor, need), policy.can_read_whole(actor, need)
    fields = deals.fields_about(session, actor, rows) if rows else frozenset()
    named = policy.knows_name(actor, need) or Field.name in fields
    read = whole or Field.need in fields
    names = organisations.organisation_names(session, [need.organisation_id]) if named else {}
    live = [row for row in rows if row.state.value in LIVE]
    return {
        "session": session,
        "need": need,
        "number": need.case_number,
        "title": (need.title or "（还没有标题）") if read else "保密的需求",
        "state": STATE[need.state],
        "day": (clock.now() - need.created_at).days + 1,
        "enterprise": names.get(need.organisation_id, "双方同意后可见"),
        "vendors": _vendors(session, rows, whole=whole, mine=actor),
        "contact": "接受意向后互看" if not named or not live else "已同意的可互看",
        "turn": _turn(actor, need, rows, own=own),
        "steps": _steps(need, rows, whole=whole),
        "log": _log(session, need, rows) if actor.is_staff else None,
        "own": own,
    }


def _for_staff(session: Session, actor: Actor, need: Need) -> bool:
    return actor.is_staff and needs.find_need(session, actor, need.id) is not None


def _vendors(session: Session, rows: Any, *, whole: bool, mine: Actor) -> str:
    """Return how many vendors are in it for the owner and staff; a vendor learns of no other."""
    if not whole:
        return mine.organisation_name or "您"
    number = len({row.vendor_id for row in rows})
    if number != 1:
        return f"{number} 家" if number else "还没有"
    return organisations.organisation_names(session, [rows[0].vendor_id]).get(rows[0].vendor_id, "1 家")


def _waits_for(row: Enquiry) -> Any:
    """Return the organisation that this enquiry waits for, None when it waits for nobody."""
    asker, answerer = (
        (row.sme_id, row.vendor_id) if row.direction is Direction.forward else (row.vendor_id, row.sme_id)
    )
    return {
        Party.asker: asker,
        Party.answerer: answerer,
        Party.sme: row.sme_id,
        Party.vendor: row.vendor_id,
    }.get(turn_of(row.state) or Party.system)


def _turn(actor: Actor, need: Need, rows: Any, *, own: bool) -> Turn | None:
    page = f"/needs/{need.case_number}"
    if need.state is NeedState.held:
        review = Turn("中", "轮到中心：看这条需求", "2 个工作日内答复")
        return (
            Turn(review.who, review.title, review.text, f"/desk/needs/{need.id}", "去办")
            if actor.is_staff
            else review
        )
    if need.state is NeedState.waiting_verification:
        return Turn("中", "轮到中心：核验企业", "通过后需求自动发布")
    if need.state in {NeedState.draft, NeedState.returned}:
        title = "补充后再发布" if need.state is NeedState.returned else "填好就可以发布"
        if own:
            return Turn("您", f"轮到您：{title}", href=f"/needs/{need.id}/edit", label="去补充")
        return Turn("企", f"轮到企业：{title}")
    waiting = [(row, _waits_for(row)) for row in rows]
    mine = [row for row, party in waiting if party is not None and party == actor.organisation_id]
    if mine:
        return Turn(
            "您", f"轮到您：{len(mine)} 条意向等您", "最早的先办", f"/enquiries/{mine[-1].id}", "去看"
        )
    others = [row for row, party in waiting if party is not None]
    if others:
        due = min((row.due_at for row in others if row.due_at is not None), default=None)
        return Turn(
            "等", f"等对方：{len(others)} 条意向没答复", f"最晚 {clock.cn_datetime(due)}" if due else ""
        )
    if need.state is NeedState.published and own:
        return Turn("您", "轮到您：看匹配，邀请服务商来谈", href=page, label="看匹配")
    return None


def _steps(need: Need, rows: Any, *, whole: bool) -> list[dict[str, str]]:
    """Return how far the case is, one step after the other, each with its day."""
    over = need.state in {NeedState.closed, NeedState.withdrawn}
    published = need.published_at is not None
    talked = bool(rows)
    gate = f"门槛 {need.gate_score}/25" if whole and need.gate_score is not None else ""

    def step(title: str, done: bool, now: bool, *facts: str) -> dict[str, str]:
        state = "done" if done else "now" if now and not over else "later"
        return {"title": title, "text": " ".join(fact for fact in facts if fact), "state": state}

    first = min((row.created_at for row in rows), default=None)
    agreed = any(row.state.value in {"accepted", "chosen"} for row in rows)
    return [
        step("写需求", need.submitted_at is not None or published, True, _day(need.created_at)),
        step("发布", published, need.submitted_at is not None, _day(need.published_at), gate),
        step("意向", talked, published, _day(first), f"{len(rows)} 条" if rows and whole else ""),
        step("在谈", agreed, talked, "双方同意后互看联系方式" if talked and not agreed else ""),
        step("结果", over, agreed, _day(need.ended_at) if over else ""),
    ]


def _day(moment: datetime | None) -> str:
    return clock.cn_date(moment) if moment is not None else ""


def _log(session: Session, need: Need, rows: Any) -> list[tuple[str, str, str]]:
    """Return the audit trail of the case for staff: when, what, who."""
    found = queries.list_audit_of(session, [str(need.id), need.case_number, *(str(row.id) for row in rows)])
    people = queries.names_of(session, [row.actor_user_id for row in found if row.actor_user_id])
    texts = audit.names()
    return [
        (
            clock.cn_datetime(row.at),
            texts.get(row.name, row.name),
            people.get(row.actor_user_id, "已注销用户") if row.actor_user_id else "系统",
        )
        for row in found
    ]
