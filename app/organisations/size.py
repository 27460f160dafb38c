"""大中小微型: the size class from staff and revenue, by 工信部联企业〔2011〕300号. Pure functions of integers.

Only the thresholds of 工业 are in the reference data, so every other industry gets 「需核实」 with the reason. A class
is held when both its lower bounds hold; else the next one down is tried (the document's 下划一档).
"""

from dataclasses import dataclass
from enum import StrEnum

from app.core.money import FEN_PER_WAN

DOCUMENT = "工信部联企业〔2011〕300号《中小企业划型标准规定》"
CLAUSE = "“工业”一条"
CONFIDENCE = "门槛按平台参考资料录入，未与原文逐字核对"
SECTION = "C"  # GB/T 4754: manufacturing; mining and utilities are 工业 too, but no such class is stored


class SizeClass(StrEnum):
    large = "large"
    medium = "medium"
    small = "small"
    micro = "micro"


SIZE_LABELS: dict[SizeClass, str] = {
    SizeClass.large: "大型",
    SizeClass.medium: "中型",
    SizeClass.small: "小型",
    SizeClass.micro: "微型",
}


@dataclass(frozen=True, slots=True)
class Bound:
    """The lower bounds of one class: people, and revenue of the year in fen."""

    size: SizeClass
    staff: int
    revenue_fen: int

    @property
    def text(self) -> str:
        wan = self.revenue_fen // FEN_PER_WAN
        return f"{SIZE_LABELS[self.size]}：从业人员 {self.staff} 人及以上，且营业收入 {wan:,} 万元及以上"


INDUSTRY_BOUNDS: tuple[Bound, ...] = (
    Bound(SizeClass.large, 1000, 40_000 * FEN_PER_WAN),
    Bound(SizeClass.medium, 300, 2_000 * FEN_PER_WAN),
    Bound(SizeClass.small, 20, 300 * FEN_PER_WAN),
)


@dataclass(frozen=True, slots=True)
class SizeVerdict:
    """The class and the sentence that leads to it; `size` None means 「需核实」 and the sentence says why."""

    size: SizeClass | None
    because: str

    @property
    def label(self) -> str:
        return SIZE_LABELS[self.size] if self.size else "需核实"


def classify(industry_code: str | None, staff: int | None, revenue_fen: int | None) -> SizeVerdict:
    """Return the size class of an organisation of this class of GB/T 4754."""
    if not industry_code:
        return SizeVerdict(None, "没有填行业，不知道按哪一条划型")
    if not industry_code.startswith(SECTION):
        return SizeVerdict(None, "本站只收了工业的划型门槛，这个行业请对照原文")
    if staff is None or revenue_fen is None:
        return SizeVerdict(None, "从业人员和营业收入两个数都要有")
    for bound in INDUSTRY_BOUNDS:
        if staff >= bound.staff and revenue_fen >= bound.revenue_fen:
            return SizeVerdict(bound.size, f"两个数都达到{bound.text}")
    last = INDUSTRY_BOUNDS[-1]
    return SizeVerdict(
        SizeClass.micro,
        f"人数或收入没有达到小型的下限（{last.staff} 人、{last.revenue_fen // FEN_PER_WAN} 万元）",
    )
