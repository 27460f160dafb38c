"""What the centre's staff decide on a held need."""

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.core import audit
from app.core.errors import Conflict, Invalid
from app.core.permissions import Actor, Permission, require
from app.needs import queries, rule
from app.needs.models import Need, NeedState, ReviewDecision
from app.needs.service import news
from app.needs.service.publish import check_version, let_out, note

audit.register_name("needs.need.returned", "退回需求")
audit.register_name("needs.need.let_through", "留审需求放行")

#: Code → (gate line, what the owner reads). Composed: 中心规则.
REASONS: dict[str, tuple[str, str]] = {
    "problem": ("problem", "难处没说清：请写上哪台设备或哪张单、什么时候、后果是什么"),
    "baseline": ("baseline", "现状没有数：请写一两个现在的数，没有统计过就勾「请中心上门测」"),
    "budget": ("budget", "预算没有范围：请写上下限和钱从哪里来"),
    "time": ("time", "时间没有日期：请写一个日期或天数"),
    "conditions": ("conditions", "现场没说明：请勾选能不能停产、有没有网络"),
    "name": ("problem", "正文里有单位名称或能认出单位的话，请删去"),
    "contact": ("problem", "正文里有联系方式，请删去；双方同意后平台会互换"),
    "scope": ("problem", "这不是平台能办的事，请改成工厂的数字化或设备改造需求"),
}


def decide(
    session: Session,
    actor: Actor,
    *,
    need_id: uuid.UUID,
    version: int,
    publish: bool,
    reasons: Sequence[str] = (),
    note_text: str = "",
) -> Need:
    """Publish a held need with a written reason, or return it with at least one reason.

    Raises:
        Conflict: it is not held any more.
        EditConflict: its owner wrote on since `version`.

    """
    need = queries.get_for_change(session, actor, need_id)
    require(actor, Permission.needs_need_review, need)
    if need.state is not NeedState.held:
        raise Conflict("这条需求已经处理过，或者企业自己撤回了")
    check_version(need, version)
    if not set(reasons) <= set(REASONS):
        raise Invalid({"reasons": "请从列出的理由中选"})
    if publish:
        if len(note_text) < 4:
            raise Invalid({"note": "没到门槛还放行，请写一句为什么，例如：已电话问清，现状由中心上门测"})
        audit.record(
            session,
            actor,
            "needs.need.let_through",
            kind="need",
            object_id=need.id,
            data={"score": need.gate_score},
        )
        let_out(session, actor, need, rule.load_rules(session), [{"line": "", "text": note_text}])
    else:
        if not reasons and len(note_text) < 4:
            raise Invalid({"reasons": "至少选一条理由，或者写一句"})
        given = [{"line": REASONS[code][0], "text": REASONS[code][1]} for code in reasons]
        if note_text:
            given.append({"line": "", "text": note_text})
        need.state = NeedState.returned
        need.version += 1
        note(session, actor, need, ReviewDecision.returned, list(given))
        audit.record(
            session,
            actor,
            "needs.need.returned",
            kind="need",
            object_id=need.id,
            data={"reasons": list(reasons)},
        )
        news.tell_owner(session, need, "needs.need.returned", reasons=list(reasons))
    session.flush()
    return need
