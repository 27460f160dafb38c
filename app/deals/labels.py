"""What people read for the codes of this room. The reason codes are composed: 中心规则."""

from typing import Any

from app.deals.models import Direction
from app.deals.states import Action, EnquiryState, Party

STATE: dict[EnquiryState, tuple[str, str]] = {
    EnquiryState.open: ("等答复", "now"),
    EnquiryState.accepted: ("已接受，在谈", "ok"),
    EnquiryState.closing: ("需求已结束，等理由", "now"),
    EnquiryState.chosen: ("已选定", "ok"),
    EnquiryState.declined: ("已谢绝", ""),
    EnquiryState.withdrawn: ("已收回", ""),
    EnquiryState.expired: ("过期没答复", "warn"),
    EnquiryState.not_chosen: ("没选中", ""),
    EnquiryState.closed: ("已结束", ""),
}
"""State → text and tone."""

PARTY: dict[Party, str] = {
    Party.asker: "发出方",
    Party.answerer: "收到方",
    Party.sme: "企业",
    Party.vendor: "服务商",
    Party.staff: "中心",
    Party.system: "系统",
}
ACTION: dict[Action, str] = {
    Action.send: "发出意向",
    Action.accept: "接受",
    Action.decline: "谢绝",
    Action.withdraw: "收回",
    Action.close: "结束沟通",
    Action.explain: "写明没选中的理由",
    Action.end: "中心结束",
    Action.extend: "中心延长答复时间",
    Action.expire: "过期没有答复，自动失效",
    Action.lapse: "很久没有新消息，自动结束",
    Action.default_reason: "企业没有写理由，按需求结果自动填写",
    Action.choose: "被选定",
    Action.await_reason: "需求结束，没有选这一家，等企业写理由",
    Action.settle: "需求结束",
}

OTHER = "other"
VENDOR_DECLINES: dict[str, str] = {
    "busy": "排期满了",
    "scope": "不是我们做的范围",
    "site": "现场条件做不了",
    "budget": "预算差得多",
    "region": "这个区县暂时服务不到",
    "unclear": "难处没说清，请补充后再问",
    OTHER: "别的原因（写一句）",
}
SME_DECLINES: dict[str, str] = {
    "price": "超出预算",
    "scope": "解决不了我的难处",
    "site": "现场条件对不上",
    "time": "来不及",
    "later": "这件事先放一放",
    "already": "已经有别家在谈",
    OTHER: "别的原因（写一句）",
}
WITHDRAWALS: dict[str, str] = {
    "mistake": "发错了",
    "changed": "情况变了",
    "elsewhere": "已经找到别家",
    OTHER: "别的原因（写一句）",
}
CLOSINGS: dict[str, str] = {
    "no_fit": "谈下来不合适",
    "price": "价格谈不拢",
    "time": "时间对不上",
    "later": "这件事先放一放",
    "done": "问清楚了，暂不往下走",
    OTHER: "别的原因（写一句）",
}
NOT_CHOSEN: dict[str, str] = {
    "price": "价格比别家高",
    "time": "来不及",
    "site": "现场条件对不上",
    "scope": "没对上我的难处",
    "incomplete": "资料不齐，不好比",
    "cases": "没有差不多的案例",
    "far": "离得远，叫不应",
    OTHER: "别的原因（写一句）",
}
STAFF_ENDS: dict[str, str] = {
    "unreachable": "中心联系过，一方联系不上",
    "misuse": "不是真实的供需对接",
    "contact": "绕开平台要联系方式",
    OTHER: "别的原因（写一句）",
}
#: Reasons that the system gives itself, by need outcome or timer.
SYSTEM: dict[str, str] = {
    "awarded": "企业选了另一家，没有另写理由",
    "cancelled": "企业取消了这条需求",
    "none_suitable": "企业看过后认为都不合适，没有另写理由",
    "need_withdrawn": "企业撤回了这条需求",
    "need_expired": "这条需求到期了，没有定下来",
    "idle": "很久没有新消息",
}
#: (action, asker's or answerer's side) → its choices.
CHOICES: dict[tuple[Action, Party], dict[str, str]] = {
    (Action.decline, Party.vendor): VENDOR_DECLINES,
    (Action.decline, Party.sme): SME_DECLINES,
    (Action.withdraw, Party.sme): WITHDRAWALS,
    (Action.withdraw, Party.vendor): WITHDRAWALS,
    (Action.close, Party.sme): CLOSINGS,
    (Action.close, Party.vendor): CLOSINGS,
    (Action.explain, Party.sme): NOT_CHOSEN,
    (Action.explain, Party.staff): NOT_CHOSEN,
    (Action.end, Party.staff): STAFF_ENDS,
}


def choices(action: Action, side: Party) -> dict[str, str]:
    """Return the reason codes that this side may give for the action; empty when none is asked for."""
    return CHOICES.get((action, side), {})


def reason_words(enquiry: Any) -> str:
    """Return why an enquiry ended, in words; empty while it lives or when nothing had to be said."""
    code = enquiry.reason_code
    if not code:
        return ""
    if code == OTHER:
        return str(enquiry.reason_note)
    answers = VENDOR_DECLINES if enquiry.direction is Direction.forward else SME_DECLINES
    tables = {
        EnquiryState.declined: [answers],
        EnquiryState.withdrawn: [WITHDRAWALS],
        EnquiryState.not_chosen: [NOT_CHOSEN, SYSTEM],
        EnquiryState.closed: [CLOSINGS, STAFF_ENDS, SYSTEM],
    }
    for table in tables.get(enquiry.state, []):
        if code in table:
            return "：".join(part for part in (table[code], enquiry.reason_note) if part)
    return str(enquiry.reason_note)


def reason_of_step(action: Action, direction: Direction, code: str | None, note: str) -> str:
    """Return the reason given at one step of the timeline."""
    if not code or code == OTHER:
        return note
    forward = direction is Direction.forward
    table = {
        Action.decline: VENDOR_DECLINES if forward else SME_DECLINES,
        Action.withdraw: WITHDRAWALS,
        Action.close: CLOSINGS,
        Action.explain: NOT_CHOSEN,
        Action.end: STAFF_ENDS,
    }.get(action, SYSTEM)
    return "：".join(part for part in (table.get(code, ""), note) if part)
