"""The room's dated parameters, and a need's row as the gate's facts."""

from typing import Any

from sqlalchemy.orm import Session

from app.core import clock, parameters
from app.needs.gate import Figure, GateFacts, GateResult, GateRule, evaluate
from app.needs.models import BaselineHow, Need

PREFIX = "needs."
PUBLISH_FROM = "needs.gate.publish_from"
HOLD_FROM = "needs.gate.hold_from"
LIFE_DAYS = "needs.need.life_days"
MOST_DRAFTS = "needs.need.most_drafts"
REMIND_FIRST = "needs.need.remind_first_days"
REMIND_LAST = "needs.need.remind_last_days"
OUTCOME_AFTER = "needs.need.outcome_after_days"
QUESTIONS_CLOSE = "needs.questions.close_days"
QUESTIONS_REMIND = "needs.questions.remind_days"
UNCLEAR_FROM = "needs.votes.unclear_from"
GROUP_LEAST = "needs.groups.least"
GROUP_ALIKE = "needs.groups.alike_percent"

parameters.declare(
    PUBLISH_FROM,
    13,
    "需求直接发布的门槛分",
    unit="分",
    note="满分 25；够分且没有一项为 0 就直接发布，其余先由中心看。",
)
parameters.declare(
    HOLD_FROM,
    1,
    "需求送中心看的最低分",
    unit="分",
    note="低于此分留作草稿，请企业先补；默认只挡没有写难处的。",
)
parameters.declare(LIFE_DAYS, 180, "需求发布后的有效期", unit="天", note="到期自动结束，企业可以再发布。")
parameters.declare(MOST_DRAFTS, 50, "一家企业最多的草稿数", unit="份", note="防止误操作和刷量。")
parameters.declare(
    REMIND_FIRST,
    14,
    "需求到期第一次提醒，也是可以续期的开始",
    unit="天",
    note="到期前这么多天起，需求页出现「还作数，续期」。",
)
parameters.declare(REMIND_LAST, 3, "需求到期最后一次提醒", unit="天", note="到期前这么多天再提醒一次。")
parameters.declare(
    OUTCOME_AFTER, 7, "到期后多久再问一次结果", unit="天", note="到期时问一次，过这么多天还没登记再问一次。"
)
parameters.declare(
    QUESTIONS_CLOSE,
    5,
    "公开提问在到期前多久截止",
    unit="天",
    note="截止后不再收新问题，已经问的还可以答。",
)
parameters.declare(QUESTIONS_REMIND, 2, "公开提问多久没答就提醒", unit="天", note="只提醒一次。")
parameters.declare(
    UNCLEAR_FROM, 2, "几家看不懂就进中心的待办", unit="家", note="企业改过、或者中心办过的票不再算。"
)
parameters.declare(
    GROUP_LEAST, 3, "几家企业才归成一组共性需求", unit="家", note="同一家企业的几条需求只算一家。"
)
parameters.declare(
    GROUP_ALIKE,
    30,
    "两条需求的用词有多像才归一组",
    unit="%",
    note="共同的词占两条全部用词的比例（去掉到处都有的词）。",
)


def load_rules(session: Session) -> dict[str, Any]:
    """Return every parameter of the room in one query."""
    return parameters.values(session, PREFIX)


def gate_rule(rules: dict[str, Any]) -> GateRule:
    return GateRule(publish_from=int(rules[PUBLISH_FROM]), hold_from=int(rules[HOLD_FROM]))


def gate_facts(need: Need) -> GateFacts:
    """Return what the gate looks at; the need's baselines must be loaded."""
    return GateFacts(
        problem=need.problem,
        figures=tuple(
            Figure(counted=row.how is not BaselineHow.not_counted, has_unit=bool(row.unit))
            for row in need.baselines
        ),
        budget_min_fen=need.budget_min_fen,
        budget_max_fen=need.budget_max_fen,
        has_fund_source=bool(need.fund_sources),
        wanted_by=need.wanted_by,
        wanted_days=need.wanted_days,
        has_urgency=need.urgency is not None,
        conditions=dict(need.conditions),
        today=clock.today(),
    )


def judge(need: Need, rules: dict[str, Any]) -> GateResult:
    """Return the gate's present answer for a need."""
    return evaluate(gate_facts(need), gate_rule(rules))


def snapshot(result: GateResult) -> list[dict[str, Any]]:
    """Return the lines as they are kept with the need and its reviews."""
    return [
        {
            "code": line.code,
            "title": line.title,
            "points": line.points,
            "hints": [{"gain": hint.gain, "text": hint.text, "field": hint.field} for hint in line.hints],
        }
        for line in result.lines
    ]
