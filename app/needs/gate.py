"""The quality gate: five lines of 0–5 points, each saying what is missing and what it would add. Composed: 中心规则. Pure.

A need publishes at the threshold with no line at zero; any other goes to the centre first. Nothing is read into a text that
the owner did not write, and no line looks at another.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.needs import problem_text
from app.needs.conditions import CONDITIONS, UNKNOWN

FULL = 5
WIDE = 5  # an upper bound beyond this many times the lower one is no range


class Verdict(StrEnum):
    """`refuse` leaves the draft with its owner: there is nothing yet that the centre could read."""

    publish = "publish"
    hold = "hold"
    refuse = "refuse"


@dataclass(frozen=True, slots=True)
class GateRule:
    """The dated thresholds."""

    publish_from: int = 13
    hold_from: int = 1


@dataclass(frozen=True, slots=True)
class Figure:
    """One baseline figure, as far as the gate cares."""

    counted: bool
    has_unit: bool


@dataclass(frozen=True, slots=True)
class GateFacts:
    """Everything that the gate looks at."""

    problem: str = ""
    figures: tuple[Figure, ...] = ()
    budget_min_fen: int | None = None
    budget_max_fen: int | None = None
    has_fund_source: bool = False
    wanted_by: date | None = None
    wanted_days: int | None = None
    has_urgency: bool = False
    conditions: Mapping[str, str] | None = None
    today: date = date.min


@dataclass(frozen=True, slots=True)
class Hint:
    """What is missing and how many points it would add; `field` is where to fill it in."""

    gain: int
    text: str
    field: str


@dataclass(frozen=True, slots=True)
class GateLine:
    code: str
    title: str
    step: int
    points: int
    good: str
    hints: tuple[Hint, ...]

    @property
    def first(self) -> Hint | None:
        """The hint that helps most."""
        return max(self.hints, key=lambda hint: hint.gain, default=None)


@dataclass(frozen=True, slots=True)
class GateResult:
    lines: tuple[GateLine, ...]
    rule: GateRule

    @property
    def total(self) -> int:
        return sum(line.points for line in self.lines)

    @property
    def full(self) -> int:
        return FULL * len(self.lines)

    @property
    def zeros(self) -> tuple[GateLine, ...]:
        return tuple(line for line in self.lines if line.points == 0)

    @property
    def verdict(self) -> Verdict:
        if self.line("problem").points == 0 or self.total < self.rule.hold_from:
            return Verdict.refuse
        if self.total >= self.rule.publish_from and not self.zeros:
            return Verdict.publish
        return Verdict.hold

    def line(self, code: str) -> GateLine:
        return next(line for line in self.lines if line.code == code)


def evaluate(facts: GateFacts, rule: GateRule) -> GateResult:
    """Judge the fields; the same fields give the same answer on the same day."""
    return GateResult(
        lines=(_problem(facts), _baseline(facts), _budget(facts), _time(facts), _conditions(facts)), rule=rule
    )


_TELLS: tuple[tuple[Callable[[str], bool], str], ...] = (
    (problem_text.tells_what, "写上是哪台设备、哪种料或哪张单"),
    (problem_text.tells_who, "写上在哪个车间、谁碰到"),
    (problem_text.tells_when, "写上什么时候、多久一次"),
    (problem_text.tells_result, "写上后果：误了几天、废了多少、多花多少钱"),
)


def _problem(facts: GateFacts) -> GateLine:
    title, step = "难处说清了", 1
    if not problem_text.is_told(facts.problem):
        hint = Hint(1, "用自己的话写一两句：哪里、什么时候、出了什么事", "problem")
        return GateLine("problem", title, step, 0, "", (hint,))
    hints = [Hint(1, text, "problem") for tells, text in _TELLS if not tells(facts.problem)]
    missing = problem_text.ENOUGH - problem_text.letters(facts.problem)
    if missing > 0:
        hints.append(Hint(1, f"再多写 {missing} 个字，外人才看得懂", "problem"))
    # a text with something to read is never a zero, though no rule finds its words
    points = max(1, FULL - len(hints))
    return GateLine(
        "problem", title, step, points, "谁、哪台、什么时候、后果，都有。", tuple(hints[: FULL - points])
    )


def _baseline(facts: GateFacts) -> GateLine:
    title, step = "现状有数", 2
    counted = [figure for figure in facts.figures if figure.counted]
    if not counted:
        if facts.figures:
            hint = Hint(1, "能估一个数就更好，注明「估的」；不然等中心上门测", "baselines-0-value")
            return GateLine("baseline", title, step, 1, "", (hint,))
        return GateLine(
            "baseline",
            title,
            step,
            0,
            "",
            (Hint(2, "写一个现在的数；没有统计过就勾「请中心上门测」", "baselines-0-value"),),
        )
    points, hints = 0, []
    for index, worth in enumerate((2, 2, 1)):
        field = f"baselines-{index}-value"
        if index >= len(counted):
            hints.append(Hint(worth, "再写一个数，验收时才知道改善了多少", field))
        elif worth == 2 and not counted[index].has_unit:
            points += 1
            hints.append(Hint(1, "给数字写上单位", f"baselines-{index}-unit"))
        else:
            points += worth
    return GateLine("baseline", title, step, points, "有三个数，可以作对照的起点。", tuple(hints))


def _budget(facts: GateFacts) -> GateLine:
    low, high = facts.budget_min_fen, facts.budget_max_fen
    points, hints = 0, []
    if high is None:
        hints.append(Hint(2, "写一个最多能出的数，大概就行", "budget_max"))
    else:
        points += 2
    if low is None:
        hints.append(Hint(1, "写一个下限，服务商才知道从哪一档说起", "budget_min"))
    elif high is not None and high > WIDE * low:
        hints.append(Hint(1, f"上下限差得太远，收到 {WIDE} 倍以内", "budget_min"))
    else:
        points += 1
    if facts.has_fund_source:
        points += 2
    else:
        hints.append(Hint(2, "勾一下钱从哪里来", "fund_sources"))
    return GateLine("budget", "预算有范围", 3, points, "上下限和出资方都有。", tuple(hints))


def _time(facts: GateFacts) -> GateLine:
    title, step, good = "时间有日期", 4, "有日期，也有缓急。"
    past = facts.wanted_by is not None and facts.wanted_by < facts.today
    dated = (facts.wanted_by is not None and not past) or facts.wanted_days is not None
    if dated and facts.has_urgency:
        return GateLine("time", title, step, FULL, good, ())
    if dated:
        return GateLine("time", title, step, 4, "", (Hint(1, "勾一下有多急", "urgency"),))
    text = "写的日期已经过了，换一个" if past else "写一个日期或天数，例如「春节前」写成 1 月 31 日"
    if facts.has_urgency:
        return GateLine("time", title, step, 2, "", (Hint(3, text, "wanted_by"),))
    return GateLine(
        "time", title, step, 0, "", (Hint(4, text, "wanted_by"), Hint(2, "勾一下有多急", "urgency"))
    )


def _conditions(facts: GateFacts) -> GateLine:
    answers = {code: answer for code, answer in (facts.conditions or {}).items() if answer != UNKNOWN}
    points = min(FULL, sum(item.weight for item in CONDITIONS if item.code in answers))
    hints = tuple(
        Hint(min(item.weight, FULL - points), f"说说{item.title}", f"conditions-{item.code}")
        for item in CONDITIONS
        if item.code not in answers and points < FULL
    )
    return GateLine("conditions", "现场说得明", 5, points, "停产、网络、设备都说明了。", hints)
