"""The centre's own rules of deals: deadlines and daily allowances, as dated parameters."""

from datetime import timedelta

from sqlalchemy.orm import Session

from app.core import clock, parameters
from app.deals.states import TIMERS, EnquiryState

ANSWER = "deals.enquiry.answer_days"
REMIND = "deals.enquiry.remind_days"
IDLE = "deals.enquiry.idle_days"
REASON = "deals.enquiry.reason_days"
STUCK = "deals.enquiry.stuck_days"
DAILY = "deals.enquiry.daily"
REVEALS = "deals.contact.daily"
RETRACT = "deals.message.retract_minutes"
OPENING = "deals.thread.opening_hours"

parameters.declare(
    ANSWER, 7, "意向多少天内要答复", unit="天", note="中心规则：到期没有答复自动失效，双方都收到通知"
)
parameters.declare(REMIND, 2, "答复到期前多少天提醒", unit="天", note="中心规则")
parameters.declare(
    IDLE, 60, "谈了多少天没有新消息就自动结束", unit="天", note="中心规则：有需求的，需求结束时先结束"
)
parameters.declare(
    REASON,
    3,
    "企业在多少天内给没选中的服务商写理由",
    unit="天",
    note="中心规则：到期按结果自动填一条，服务商不会没有下文",
)
parameters.declare(STUCK, 3, "意向多少天没人答复就请中心过问", unit="天", note="中心规则")
parameters.declare(DAILY, 20, "每家机构一天最多发出几条意向", unit="条", note="中心规则：防止群发")
parameters.declare(REVEALS, 30, "每人一天最多看几次联系方式", unit="次", note="中心规则：防止批量抄录")
parameters.declare(RETRACT, 5, "发出的消息多少分钟内能撤回", unit="分钟", note="中心规则")
parameters.declare(OPENING, 8, "工作人员登记理由后能看往来多少小时", unit="小时", note="中心规则")


def number(session: Session, key: str) -> int:
    return int(parameters.value(session, key))


def due(session: Session, state: EnquiryState) -> tuple[str, timedelta] | None:
    """Return the parameter and the time that a waiting state may last; None for an ended one."""
    timer = TIMERS.get(state)
    if timer is None:
        return None
    return timer.parameter, timedelta(days=number(session, timer.parameter))


def end_of_day_s() -> int:
    """Return the seconds until midnight in the city, when daily allowances begin anew."""
    local = clock.local(clock.now())
    midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return max(1, int((midnight - local).total_seconds()))
