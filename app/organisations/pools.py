"""Vendor pools: the conditions of admission and the moves that an entry can make. Pure data and functions.

The conditions follow a public programme's practice (enough reference firms, long enough in use, a measured gain); their
figures are composed (中心规则) and editable, and each application keeps those of its day.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.core import parameters
from app.organisations.models import Pool, PoolMove, PoolState

PREFIX = "organisations.pool."
RECTIFY_DAYS, APPEAL_DAYS, REAPPLY_DAYS = (
    f"{PREFIX}rectify_days",
    f"{PREFIX}appeal_days",
    f"{PREFIX}reapply_days",
)

POOL_LABELS: dict[Pool, str] = {
    Pool.integrator: "综合集成",
    Pool.light: "小快轻准产品",
    Pool.chain: "链主",
}
POOL_TEXTS: dict[Pool, str] = {
    Pool.integrator: "能把几个场景连成一套、对整体效果负责的服务商",
    Pool.light: "一个场景一个产品，小型、快速、轻量、精准",
    Pool.chain: "带着链上中小企业一起改造的龙头企业或平台",
}
STATE_LABELS: dict[PoolState, str] = {
    PoolState.applied: "待评审",
    PoolState.admitted: "已入库",
    PoolState.refused: "未通过",
    PoolState.warned: "警示整改中",
    PoolState.answered: "整改待复核",
    PoolState.removed: "已移出",
    PoolState.withdrawn: "已退出",
}
STATE_TONES: dict[PoolState, str] = {
    PoolState.applied: "now",
    PoolState.admitted: "ok",
    PoolState.refused: "stop",
    PoolState.warned: "warn",
    PoolState.answered: "now",
    PoolState.removed: "stop",
    PoolState.withdrawn: "",
}
MOVE_LABELS: dict[PoolMove, str] = {
    PoolMove.apply: "申请入库",
    PoolMove.admit: "评审通过，入库",
    PoolMove.refuse: "评审未通过",
    PoolMove.withdraw: "服务商退出",
    PoolMove.warn: "警示，限期整改",
    PoolMove.answer: "服务商答复整改",
    PoolMove.lift: "复核通过，解除警示",
    PoolMove.remove: "移出",
    PoolMove.appeal: "申诉",
    PoolMove.reject_appeal: "申诉不成立",
    PoolMove.reinstate: "申诉成立，入库",
}
ALIVE = frozenset({PoolState.applied, PoolState.admitted, PoolState.warned, PoolState.answered})
IN_POOL = frozenset({PoolState.admitted, PoolState.warned, PoolState.answered})

#: state → move → state; what does not stand here cannot happen. An open appeal leaves the state as it is.
TRANSITIONS: Mapping[PoolState, Mapping[PoolMove, PoolState]] = {
    PoolState.applied: {
        PoolMove.admit: PoolState.admitted,
        PoolMove.refuse: PoolState.refused,
        PoolMove.withdraw: PoolState.withdrawn,
    },
    PoolState.admitted: {PoolMove.warn: PoolState.warned, PoolMove.withdraw: PoolState.withdrawn},
    PoolState.warned: {PoolMove.answer: PoolState.answered, PoolMove.remove: PoolState.removed},
    PoolState.answered: {
        PoolMove.lift: PoolState.admitted,
        PoolMove.warn: PoolState.warned,
        PoolMove.remove: PoolState.removed,
    },
    PoolState.refused: {
        PoolMove.appeal: PoolState.refused,
        PoolMove.reject_appeal: PoolState.refused,
        PoolMove.reinstate: PoolState.admitted,
    },
    PoolState.removed: {
        PoolMove.appeal: PoolState.removed,
        PoolMove.reject_appeal: PoolState.removed,
        PoolMove.reinstate: PoolState.admitted,
    },
    PoolState.withdrawn: {},
}


def after(state: PoolState, move: PoolMove) -> PoolState | None:
    """Return where the move leads from the state, or None when it cannot be made there."""
    return TRANSITIONS[state].get(move)


@dataclass(frozen=True, slots=True)
class Criterion:
    """A condition: the vendor's figure must reach the threshold, and staff must find the evidence right."""

    code: str
    title: str
    unit: str
    ask: str
    default: int

    def key(self, pool: Pool) -> str:
        return f"{PREFIX}{pool.value}.{self.code}"


REFERENCES = Criterion(
    "references", "在用的中小企业客户", "家", "写出企业名称、用的是哪个产品、谁可以核实", 5
)
MONTHS = Criterion("months", "最久的一家已连续在用", "个月", "写出是哪一家、从哪一天开始用", 6)
GAINS = Criterion("gains", "有量出来成效的企业", "家", "写出哪一家、改造前后各是多少、怎么量的", 1)
SCENARIOS = Criterion("scenarios", "在同一家企业连通的应用场景", "个", "写出是哪一家、连通了哪几个场景", 3)
SUPPLIERS = Criterion("suppliers", "已接入的链上中小企业", "家", "写出链的名称和已接入的企业", 5)
CRITERIA: Mapping[Pool, tuple[Criterion, ...]] = {
    Pool.integrator: (REFERENCES, SCENARIOS, MONTHS, GAINS),
    Pool.light: (REFERENCES, MONTHS, GAINS),
    Pool.chain: (SUPPLIERS, MONTHS, GAINS),
}


def criterion_of(pool: Pool, code: str) -> Criterion:
    return next(item for item in CRITERIA[pool] if item.code == code)


def declare_parameters() -> None:
    """Declare every figure of the pools as the centre's own rule."""
    rule = "中心规则：参照公开的同类做法拟定，没有文件规定"
    for pool, criteria in CRITERIA.items():
        for item in criteria:
            title = f"{POOL_LABELS[pool]}池：{item.title}不少于"
            parameters.declare(item.key(pool), item.default, title, unit=item.unit, note=rule)
    parameters.declare(RECTIFY_DAYS, 30, "服务商池：警示后的整改期限", unit="天", note=rule)
    parameters.declare(APPEAL_DAYS, 15, "服务商池：未通过或移出后可以申诉的天数", unit="天", note=rule)
    parameters.declare(REAPPLY_DAYS, 90, "服务商池：未通过或移出后再申请要隔", unit="天", note=rule)
