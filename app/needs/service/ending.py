"""How a need ends, and how it goes on: withdrawn with a reason, run out, renewed, taken up again, closed with an outcome."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.core import audit, clock, jobs
from app.core.errors import Conflict, Invalid
from app.core.permissions import SYSTEM, Actor, Permission, require
from app.needs import queries, rule
from app.needs.gate import GateResult
from app.needs.models import Need, NeedOutcome, NeedState, Outcome, ReviewDecision
from app.needs.service import news
from app.needs.service.grouping import leave_groups
from app.needs.service.publish import ENDED, check_version, expire_at_end, let_out, note

audit.register_name("needs.need.withdrawn", "撤回需求")
audit.register_name("needs.need.reopened", "重新启用需求")
audit.register_name("needs.need.expired", "需求到期结束")
audit.register_name("needs.need.renewed", "续期需求")
audit.register_name("needs.need.concluded", "登记需求结果")

#: News upwards: {need_id, outcome, chosen_organisation_ids}; outcome is one of `Outcome`, "withdrawn" or "expired".
ENDED_NEWS = "needs.need.ended"
jobs.announce_as(ENDED_NEWS)

EXPIRED = "expired"
#: Why a need is taken back. Composed: 中心规则.
WITHDRAW_REASONS: dict[str, str] = {
    "solved": "厂里自己解决了",
    "changed": "情况变了，要重写",
    "budget": "钱没批下来",
    "mistake": "发错了，或者重复了",
    "not_ours": "中心代录的，不是我们提的",
    "other": "别的原因（写一句）",
}
#: Why it ended as it did, by outcome. Composed: 中心规则.
OUTCOME_REASONS: dict[Outcome, dict[str, str]] = {
    Outcome.awarded: {
        "fit": "最对得上难处",
        "price": "价格合适",
        "time": "来得及",
        "near": "离得近，叫得应",
        "known": "以前合作过",
        "other": "别的原因（写一句）",
    },
    Outcome.cancelled: {
        "budget": "钱没批下来",
        "solved": "厂里自己解决了",
        "changed": "情况变了",
        "other": "别的原因（写一句）",
    },
    Outcome.none_suitable: {
        "no_answer": "没有人来谈",
        "price": "都超出预算",
        "conditions": "现场条件对不上",
        "time": "都来不及",
        "other": "别的原因（写一句）",
    },
}


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What the owner says at the end; `chosen_*` only when awarded, on the platform by id or off it by name."""

    outcome: Outcome
    reason_code: str
    reason: str = ""
    chosen_organisation_id: uuid.UUID | None = None
    chosen_name: str = ""


def withdraw_need(
    session: Session, actor: Actor, *, need_id: uuid.UUID, version: int, code: str = "", reason: str = ""
) -> Need:
    """Take a need back, from any state before its end; nobody else sees it from then on.

    Raises:
        Invalid: it was published and no reason is given; a draft needs none.

    """
    need = queries.get_for_change(session, actor, need_id)
    require(actor, Permission.needs_need_edit, need)
    if need.state is NeedState.withdrawn:
        return need
    if need.state in ENDED:
        raise Conflict("这条需求已经结束")
    check_version(need, version)
    published = need.state is NeedState.published
    if code not in WITHDRAW_REASONS and (code or published):
        raise Invalid({"code": "选一条撤回的原因"})
    if code == "other" and len(reason) < 2:
        raise Invalid({"reason": "选了「别的原因」，请写一句"})
    need.state, need.ended_at = NeedState.withdrawn, clock.now()
    need.end_code, need.end_reason = code or None, reason
    need.version += 1
    told = "：".join(part for part in (WITHDRAW_REASONS.get(code, ""), reason) if part)
    note(session, actor, need, ReviewDecision.withdrawn, [{"line": "", "text": told}] if told else [])
    audit.record(
        session, actor, "needs.need.withdrawn", kind="need", object_id=need.id, data={"reason": code}
    )
    if published:
        news.tell_owner(session, need, "needs.need.withdrawn")
        tell_ended(session, need, "withdrawn")
    session.flush()
    return need


def reopen_need(session: Session, actor: Actor, *, need_id: uuid.UUID, version: int) -> Need:
    """Take up a withdrawn or run-out need again, as a draft under its case number. One with an outcome stays ended."""
    need = queries.get_for_change(session, actor, need_id)
    require(actor, Permission.needs_need_edit, need)
    if need.state not in ENDED:
        raise Conflict("这条需求没有撤回或结束，直接改就行")
    if queries.find_outcome(session, need.id) is not None:
        raise Conflict("这条需求已经登记了结果，不能再启用；要再找，请新提一条")
    check_version(need, version)
    need.state, need.ended_at, need.end_reason, need.end_code = NeedState.draft, None, "", None
    need.version += 1
    audit.record(session, actor, "needs.need.reopened", kind="need", object_id=need.id)
    session.flush()
    return need


def renew_need(session: Session, actor: Actor, *, need_id: uuid.UUID, version: int) -> Need:
    """Say that a need is still true: a published one near its end, or one that ran out, lives on from today.

    Raises:
        Conflict: too early, it ended otherwise, or what stands would not be published today (a date that passed).

    """
    need = queries.get_for_change(session, actor, need_id)
    require(actor, Permission.needs_need_edit, need)
    rules = rule.load_rules(session)
    ran_out = need.state is NeedState.closed and need.end_code == EXPIRED
    if not ran_out and need.state is not NeedState.published:
        raise Conflict("只有已发布或到期结束的需求可以续期")
    if ran_out and queries.find_outcome(session, need.id) is not None:
        raise Conflict("这条需求已经登记了结果；要再找，请新提一条")
    check_version(need, version)
    if not ran_out and not is_renewable(need, rules):
        first = int(rules[rule.REMIND_FIRST])
        raise Conflict(f"还没到续期的时候，到期前 {first} 天起可以续")
    result = rule.judge(need, rules)
    if weaker(need, result):
        raise Conflict("有一项已经不够了（多半是日期过了），先改好再续")
    if ran_out:
        let_out(session, actor, need, rules)
    else:
        need.expires_at = clock.now() + timedelta(days=int(rules[rule.LIFE_DAYS]))
        need.version += 1
        expire_at_end(session, need)
        news.tell_owner(session, need, "needs.need.renewed")
    audit.record(session, actor, "needs.need.renewed", kind="need", object_id=need.id)
    session.flush()
    return need


def is_renewable(need: Need, rules: dict[str, Any]) -> bool:
    """Return whether a published need is near enough to its end to be renewed."""
    if need.expires_at is None:
        return False
    return need.expires_at <= clock.now() + timedelta(days=int(rules[rule.REMIND_FIRST]))


def weaker(need: Need, result: GateResult) -> bool:
    """Return whether a need says less today than when it was let out: its date passed, or the gate judges it worse."""
    if need.wanted_by is not None and need.wanted_by < clock.today():
        return True
    before = {line["code"]: line["points"] for line in need.gate_lines}
    lost = any(before.get(line.code, 0) > 0 for line in result.zeros)
    return lost or result.total < min(result.rule.publish_from, need.gate_score or 0)


def close_expired(session: Session, *, need_id: uuid.UUID) -> bool:
    """End a published need whose time is over; returns whether it ended. Bears repetition."""
    need = queries.find_published(session, need_id)
    if need is None or need.expires_at is None or need.expires_at > clock.now():
        return False
    need.state, need.ended_at, need.end_reason = NeedState.closed, clock.now(), "到期"
    need.end_code = EXPIRED
    need.version += 1
    audit.record(session, SYSTEM, "needs.need.expired", kind="need", object_id=need.id)
    news.tell_owner(session, need, "needs.need.expired")
    tell_ended(session, need, EXPIRED)
    return True


def conclude_need(
    session: Session, actor: Actor, *, need_id: uuid.UUID, version: int, conclusion: Conclusion
) -> Need:
    """Write down what came of a need: the published one ends with it, the run-out one gets its missing outcome.

    Raises:
        Conflict: it has its outcome already (the table allows one), or was never published.
        Invalid: no reason, or awarded to nobody.

    """
    need = queries.get_for_change(session, actor, need_id)
    require(actor, Permission.needs_need_edit, need)
    known = queries.find_outcome(session, need.id)
    if known is not None:
        raise Conflict("这条需求已经登记了结果，一条需求只有一个结果")
    if need.state is not NeedState.published and not (
        need.state is NeedState.closed and need.end_code == EXPIRED
    ):
        raise Conflict("发布过的需求才有结果可登记")
    check_version(need, version)
    problems = _problems(session, need, conclusion)
    if problems:
        raise Invalid(problems)
    awarded = conclusion.outcome is Outcome.awarded
    chosen = conclusion.chosen_organisation_id if awarded else None
    session.add(
        NeedOutcome(
            need_id=need.id,
            outcome=conclusion.outcome,
            chosen_organisation_id=chosen,
            chosen_name=conclusion.chosen_name if awarded and chosen is None else "",
            reason_code=conclusion.reason_code,
            reason=conclusion.reason,
            decided_by=actor.user_id,
        )
    )
    need.state, need.ended_at = NeedState.closed, need.ended_at or clock.now()
    need.end_code, need.end_reason = conclusion.outcome.value, ""
    need.version += 1
    audit.record(
        session,
        actor,
        "needs.need.concluded",
        kind="need",
        object_id=need.id,
        data={"outcome": conclusion.outcome.value, "reason": conclusion.reason_code},
    )
    news.tell_owner(session, need, "needs.need.concluded")
    tell_ended(session, need, conclusion.outcome.value, [chosen] if chosen else [])
    session.flush()
    return need


def _problems(session: Session, need: Need, conclusion: Conclusion) -> dict[str, str]:
    problems: dict[str, str] = {}
    if conclusion.reason_code not in OUTCOME_REASONS[conclusion.outcome]:
        problems["reason_code"] = "选一条原因"
    elif conclusion.reason_code == "other" and len(conclusion.reason) < 2:
        problems["reason"] = "选了「别的原因」，请写一句"
    if conclusion.outcome is Outcome.awarded:
        chosen = conclusion.chosen_organisation_id
        if chosen is None and len(conclusion.chosen_name) < 2:
            problems["chosen"] = "选一家，或者写上平台外那家的名字"
        elif chosen is not None and chosen not in queries.list_interested_ids(session, need.id):
            problems["chosen"] = "请从来谈过的几家里选；不在里面的，把名字写在下面"
    return problems


def tell_ended(session: Session, need: Need, outcome: str, chosen: list[uuid.UUID] | None = None) -> None:
    """Tell the rooms above that nothing more is expected of this need, and take it out of its group."""
    leave_groups(session, need)
    jobs.enqueue(
        session,
        ENDED_NEWS,
        {
            "need_id": str(need.id),
            "outcome": outcome,
            "chosen_organisation_ids": [str(key) for key in chosen or []],
        },
    )
