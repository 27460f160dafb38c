"""Which prices can be compared, and how a price reads. Pure; amounts in integer fen, tax included.

A package's price is what its first year costs. Only one-off, yearly and project prices are totals; a price per
unit or per visit becomes one when the quantity is known. Everything else is 「需核实」, never a number.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from app.core.money import format_range
from app.offerings.models import PriceMode

TOTALS = frozenset({PriceMode.one_off, PriceMode.yearly, PriceMode.project})
COUNTED = frozenset({PriceMode.per_unit, PriceMode.per_visit})
MAX_QUANTITY = 100_000


class Priced(Protocol):
    """What the rule needs of a package."""

    @property
    def price_mode(self) -> PriceMode: ...
    @property
    def price_unit(self) -> str: ...
    @property
    def price_label(self) -> str: ...
    @property
    def price_min_fen(self) -> int | None: ...
    @property
    def price_max_fen(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Comparable:
    """A first-year total in fen, from `low` to `high`; both None with the `reason` why it must be checked."""

    low: int | None
    high: int | None
    reason: str = ""

    @property
    def known(self) -> bool:
        return self.low is not None


def first_year(package: Priced, *, quantity: int | None = None) -> Comparable:
    """Return what the first year costs in all, or why nobody can say yet.

    `quantity` is the number of units or visits that the buyer stated; it is never guessed.
    """
    low, high = package.price_min_fen, package.price_max_fen
    if low is None:
        low = high
    if high is None:
        high = low
    if low is None or high is None:
        return Comparable(None, None, "需核实：没有标价")
    if package.price_mode in TOTALS:
        return Comparable(low, high)
    if package.price_mode in COUNTED:
        if quantity is None or not 0 < quantity <= MAX_QUANTITY:
            unit = package.price_unit or "次"
            return Comparable(None, None, f"需核实：按{unit}计价，数量不明")
        return Comparable(low * quantity, high * quantity)
    label = package.price_label or "其他计价"
    return Comparable(None, None, f"需核实：{label}，不能直接比较")


def cheapest(packages: Iterable[Priced]) -> Comparable:
    """Return the comparable package with the lowest entry price; without one the first package's reason."""
    found = [first_year(package) for package in packages]
    known = [item for item in found if item.low is not None and item.high is not None]
    if known:
        return min(known, key=lambda item: (item.low or 0, item.high or 0))
    return found[0] if found else Comparable(None, None, "需核实：没有标价")


def comparable_span(packages: Iterable[Priced]) -> tuple[int | None, int | None]:
    """Return the lowest and the highest comparable first-year total over all packages."""
    known = [item for item in map(first_year, packages) if item.low is not None and item.high is not None]
    if not known:
        return None, None
    return min(item.low or 0 for item in known), max(item.high or 0 for item in known)


def mode_text(package: Priced) -> str:
    """Return how the price is counted: the vendor's own label, else 一次性, 每年, 每项目, 每台, 每次."""
    if package.price_label:
        return package.price_label
    if package.price_mode is PriceMode.per_unit:
        return f"每{package.price_unit or '单位'}"
    texts = {
        PriceMode.one_off: "一次性",
        PriceMode.yearly: "每年",
        PriceMode.project: "每项目",
        PriceMode.per_visit: "每次",
    }
    return texts.get(package.price_mode, "其他计价")


def price_text(package: Priced) -> str:
    """Return `0.4–1.2 万元，按次`, or `需核实` without an amount."""
    if package.price_min_fen is None and package.price_max_fen is None:
        return "需核实"
    return f"{format_range(package.price_min_fen, package.price_max_fen)}，{mode_text(package)}"


def entry_text(packages: Iterable[Priced]) -> str:
    """Return the price line of a card: the one package's price, else the lowest entry price with 「起」."""
    found = list(packages)
    if not found:
        return "需核实"
    if len(found) == 1:
        return price_text(found[0])
    known = [(first_year(item).low, number) for number, item in enumerate(found) if first_year(item).known]
    number = min((low or 0, number) for low, number in known)[1] if known else 0
    shown = found[number]
    lowest = shown.price_min_fen if shown.price_min_fen is not None else shown.price_max_fen
    if lowest is None:
        return "需核实"
    return f"{format_range(lowest, None)}，{mode_text(shown)}"


_PLAIN: dict[str, tuple[PriceMode, str]] = {
    "一次性": (PriceMode.one_off, ""),
    "年订阅": (PriceMode.yearly, ""),
    "年服务费": (PriceMode.yearly, ""),
    "按年": (PriceMode.yearly, ""),
    "按项目": (PriceMode.project, ""),
    "项目制": (PriceMode.project, ""),
    "按次": (PriceMode.per_visit, ""),
    "按设备台数": (PriceMode.per_unit, "台"),
    "按终端数计费": (PriceMode.per_unit, "终端"),
    "按份计费": (PriceMode.per_unit, "份"),
}
_PER_UNIT = re.compile(r"按(台|点位|套|工位|人次|件|货位|人月)")
_YEARLY_PER_UNIT = re.compile(r"按(账号|点位)年租")


def mode_of_label(label: str) -> tuple[PriceMode, str]:
    """Return the mode and unit that a vendor's own words mean; mixed or unclear words are `other`."""
    text = label.strip()
    if text in _PLAIN:
        return _PLAIN[text]
    for pattern in (_PER_UNIT, _YEARLY_PER_UNIT):
        found = pattern.fullmatch(text)
        if found:
            return PriceMode.per_unit, found.group(1)
    return PriceMode.other, ""
