"""The factors, their weights and thresholds: dated parameters of the centre, editable by staff (中心规则).

Weights are whole points and sum to 100. A value is in per mille, so a contribution in 1/1000 point is their product:
integers throughout, and the parts sum to the score exactly.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from app.core import parameters

FULL = 1000  # per mille of a factor; also 1/1000 points in one point

#: code, Chinese label, default weight, what it compares
FACTORS: tuple[tuple[str, str, int, str], ...] = (
    ("pain_point", "难点对得上", 46, "读出或填写的难点与供给声明的难点"),
    ("scenario", "场景对得上", 12, "应用场景（S01–S16）"),
    ("text", "说法接近", 12, "需求原话、词典里同一难点的说法与供给文字（检索得分）"),
    ("price", "小·价格", 8, "可比的首年价格与预算"),
    ("days", "快·上线", 6, "上线天数与时间要求"),
    ("site", "轻·条件", 6, "供给的前提与现场条件"),
    ("cases", "准·案例", 4, "同行业已验收案例"),
    ("industry", "行业相近", 3, "GB/T 4754 分类中的距离"),
    ("trust", "可信", 2, "服务商是否通过核验"),
    ("district", "就近", 1, "服务商与企业的区县"),
)

PREFIX = "matching."
for _code, _label, _points, _note in FACTORS:
    parameters.declare(
        f"{PREFIX}weight.{_code}",
        _points,
        f"匹配权重：{_label}",
        unit="分",
        note=f"中心规则。比较{_note}；十项之和为 100。",
    )


def _check(values: dict[str, Any]) -> str | None:
    """Weights are whole points that sum to 100: the score is out of a full 100 (ADR 0006)."""
    total = sum(values.values())
    return None if total == 100 else f"十项加起来要等于 100，现在是 {total}"


parameters.declare_set(
    "matching-weights",
    f"{PREFIX}weight.",
    "匹配权重",
    note="中心规则。十项要一起改，加起来等于 100；改了以后新算的匹配用新的权重。",
    check=_check,
)
parameters.declare(
    f"{PREFIX}small_price_fen",
    5_000_000,
    "“小”的参考价",
    unit="分",
    note="中心规则。单个模块首年 5 万元以内算小。",
)


@dataclass(frozen=True, slots=True)
class Weights:
    """Points per factor (summing to 100) and the thresholds valid on one day."""

    points: Mapping[str, int] = field(
        default_factory=lambda: {code: points for code, _, points, _ in FACTORS}
    )
    small_price_fen: int = 5_000_000

    def __post_init__(self) -> None:
        if sum(self.points.values()) != 100 or any(points < 0 for points in self.points.values()):
            raise ValueError("the weights must be whole points that sum to 100")


LABELS: Mapping[str, str] = {code: label for code, label, _, _ in FACTORS}


def load_weights(session: Session) -> Weights:
    """The weights of today in one query; a set that does not sum to 100 is refused, the defaults stand."""
    values: dict[str, Any] = parameters.values(session, PREFIX)
    points = {code: int(values[f"{PREFIX}weight.{code}"]) for code, _, _, _ in FACTORS}
    small = int(values[f"{PREFIX}small_price_fen"])
    if sum(points.values()) != 100 or min(points.values()) < 0:
        return Weights(small_price_fen=small)
    return Weights(points, small)
