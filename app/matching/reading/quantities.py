"""Reads money, days and counts from a normalised text: 20万以内, 三五万, 不超过8000块, 一个月上线, 两周内.

Only what the words say becomes a figure. A date such as 春节前 is left alone, and a sum without a word that makes it
a limit (赔了八万, 欠了五百万) is no budget.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_FEN_PER_YUAN = 100

_HAN = "零〇一二三四五六七八九十百千两俩"
_AMOUNT = rf"(?:\d+(?:\.\d+)?|[{_HAN}]+(?:点[{_HAN}]+)?|半)"
_MONEY_UNIT = r"(?:万块钱|万块|万元|万|千块钱|千块|千元|百块|百元|块钱|块|元|w(?![a-z]))"

_MONEY = re.compile(
    rf"(?P<low>{_AMOUNT})来?(?:(?P<low_unit>{_MONEY_UNIT})?[-~—–到至](?P<high>{_AMOUNT}))?(?P<unit>{_MONEY_UNIT})"
    rf"(?P<tail>半|[一二三四五六七八九1-9](?![{_HAN}0-9.个天周月年台人件家号楼]))?"
)
_BEFORE_LIMIT = re.compile(
    r"(?:不超过|不要超过|别超过|不能超过|不超|最多|顶多|至多|最高|控制在|预算|上限|封顶|少于|低于|小于|以内|拿得出|能出|愿意出|愿意花|舍得花|出得起|花得起|掏得起|拿出|能拿|准备了?|打算花|打算投|想花|只有|只能|投入|投资额?|投个|花个|经费|费用(?:控制|上限|不)|资金|总价|(?:愿意|打算|能|想|肯)掏|想控制)"
    r"[^，。；,;!?！？\d]{0,6}$"
)
_AFTER_LIMIT = re.compile(
    r"^\s*(?:钱)?(?:左右|上下)?(?:以内|之内|以下|内(?!部)|封顶|搞得|搞定|拿下|打住|能[^，。；,;!?！？]{0,3}(?:搞|弄|做|拿|解决|上|装|下来)|够不够|够吗|够不|可以不|行不行|"
    r"的?预算|做得|拿得|打得|弄得|装得|能不能|可不可以)"
)
_NOT_BUDGET_BEFORE = re.compile(
    r"(?:不低于|不少于|不小于|高于|大于|(?<!不)(?<!别)(?<!要)(?<!能)超过|花了|用了|掏了|付了|给了|出了|开口|去年|前年|上次|上回|以前|报了?价?|要价|开价|丢了?|跑了|少了|多了|浪费|赔了?|罚了?|亏了?|扣了?|欠了?|欠款|损失了?|营业额|营收|产值|一年做|年销售|销售额|注册资本|贷款|修了|贴了?|多付|少收|压了?|占了|省了?|涨了?|电费|工资|货值|订单)[^，。；,;!?！？]{0,5}$"
)
_NOT_BUDGET_AFTER = re.compile(
    r"^\s*(?:[以]?上|起步|起|多?(?:件|个|只|台|套|吨|米|张|条|次|度|人|名|位|平方|家|款|种|箱|公里))"
)

_DAYS = re.compile(
    rf"(?P<low>{_AMOUNT})(?:[-~—–到至](?P<high>{_AMOUNT}))?(?P<measure>个)?(?P<half>半)?(?P<unit>工作日|天|日(?!报)|周|星期|礼拜|月|季度|年)(?P<tail>半)?"
)
_DONE = r"(?:上线|上马|见效|落地|装好|装完|装起|弄好|弄完|弄起|搞好|搞定|搞起|用起来|用上|能用|可用|完成|交付|投用|投运|投入使用|跑起来|跑通|做好|做完|建好|建成|实施|部署|启用|出效果|看到效果|有效果|验收|到位|整好|整完|调好|交货使用|能上|开通|切换完|搞完|做成|整改|解决|见成效|出结果|结束|弄得|搞得|装得|做得|上得|收尾|落实|建起|调通|装上|搞出来|弄出来|做出来)"
_DAYS_AFTER = re.compile(rf"^\s*(?:左右)?(?:以内|之内|内(?!部|没|都|连)|[^，。；,;!?！？\d]{{0,5}}{_DONE})")
_DAYS_BEFORE = re.compile(
    r"(?:工期|时间|周期|上线|装好|弄好|搞好|搞定|完成|用上|不超过|最多|顶多|控制在|限期|最迟|最长|要在|希望在?|必须在?|争取在?|期限|给我|最好在?|需在|须在|等不了|只给)"
    r"[^，。；,;!?！？\d]{0,5}$"
)
_NOT_DAYS_AFTER = re.compile(
    r"^\s*(?:前|之前|以前|才|就坏|就走|就辞|都|没|内(?:来|发|出|坏|有|已|就|连|又|停|丢|走|换))"
)

_COUNTS = (
    (
        "people",
        re.compile(
            rf"(?P<n>{_AMOUNT})(?P<about>来|多|几)?(?:个|名|号|位)?(?:工人|员工|人(?!民|家|事|工智能))"
        ),
    ),
    (
        "machines",
        re.compile(
            rf"(?P<n>{_AMOUNT})(?P<about>来|多|几)?台(?:套)?(?:老|旧|新)?(?:数控|设备|机床|机器|机台|注塑机|冲床|车床|加工中心|cnc|织机|机)"
        ),
    ),
)

_DAY_LENGTH: dict[str, Fraction | int] = {
    "工作日": Fraction(7, 5),
    "天": 1,
    "日": 1,
    "周": 7,
    "星期": 7,
    "礼拜": 7,
    "月": 30,
    "季度": 90,
    "年": 365,
}
_MOST_FEN = 10**13
_MOST_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Figure:
    """`key` as in `types.Quantity`; [start, end) in the normalised text."""

    key: str
    value: int
    start: int
    end: int


def find_figures(normal: str) -> list[Figure]:
    """Every figure of the text, at most one per key (the first), in text order."""
    found: dict[str, Figure] = {}
    for figure in (*_budgets(normal), *_days(normal), *_counts(normal)):
        found.setdefault(figure.key, figure)
    return sorted(found.values(), key=lambda figure: (figure.start, figure.key))


def number_of(text: str) -> Fraction | None:
    """`20`, `3.5`, `二十`, `一百二`, `三点五`, `半` as an exact number; None for what is none."""
    if not text:
        return None
    if text == "半":
        return Fraction(1, 2)
    if text[0].isdigit() and text.isascii():
        return Fraction(text) if len(text) <= 12 else None
    whole, _, part = text.partition("点")
    value = _han_number(whole)
    if value is None:
        return None
    result = Fraction(value)
    for place, char in enumerate(part, start=1):
        if char not in _DIGITS:
            return None
        result += Fraction(_DIGITS[char], 10**place)
    return result


def _han_number(text: str) -> int | None:
    if not text:
        return None
    total, digit, last_unit = 0, None, 1
    for char in text:
        if char in _UNITS:
            total += (1 if digit is None else digit) * _UNITS[char]
            digit, last_unit = None, _UNITS[char]
        elif digit is not None and digit != 0:
            return None
        else:
            digit = _DIGITS[char]
            if digit == 0:
                last_unit = 10
    if digit:
        # 一百二 is 120, but 一百零二 is 102
        total += digit * (last_unit // 10 if last_unit >= 100 else 1)
    return total


def _budgets(normal: str) -> Iterator[Figure]:
    for match in _MONEY.finditer(normal):
        before, after = (
            normal[max(0, match.start() - 12) : match.start()],
            normal[match.end() : match.end() + 8],
        )
        if _NOT_BUDGET_BEFORE.search(before) or _NOT_BUDGET_AFTER.search(after):
            continue
        if not (_BEFORE_LIMIT.search(before) or _AFTER_LIMIT.search(after)):
            continue
        unit = _yuan_of(match["unit"])
        values = _pair(match["low"], match["high"])
        if values is None:
            continue
        low, high = values
        low_unit = _yuan_of(match["low_unit"]) if match["low_unit"] else unit
        if tail := match["tail"]:
            high += (
                Fraction(1, 2)
                if tail == "半"
                else Fraction(int(tail) if tail.isascii() else _DIGITS[tail], 10)
            )
        fen_high = int(high * unit * _FEN_PER_YUAN)
        fen_low = int(low * low_unit * _FEN_PER_YUAN)
        if not 0 < fen_high <= _MOST_FEN:
            continue
        yield Figure("budget_max_fen", fen_high, match.start(), match.end())
        if (match["high"] or fen_low < fen_high) and 0 < fen_low < fen_high and not match["tail"]:
            yield Figure("budget_min_fen", fen_low, match.start(), match.end())


def _days(normal: str) -> Iterator[Figure]:
    for match in _DAYS.finditer(normal):
        before, after = (
            normal[max(0, match.start() - 10) : match.start()],
            normal[match.end() : match.end() + 10],
        )
        if _NOT_DAYS_AFTER.search(after) or before.endswith(("提前", "前", "过了", "拖了", "等了", "隔")):
            continue
        if (
            match["unit"] in {"月", "日"}
            and not match["measure"]
            and not match["half"]
            and match["low"] != "半"
        ):
            continue  # 三月 is a month of the year, 5日 a date
        if not (_DAYS_AFTER.search(after) or _DAYS_BEFORE.search(before)):
            continue
        values = _pair(match["low"], match["high"])
        if values is None:
            continue
        amount = values[1] + (Fraction(1, 2) if match["half"] or match["tail"] else 0)
        days = int(amount * _DAY_LENGTH[match["unit"]])
        if 0 < days <= _MOST_DAYS:
            yield Figure("days_max", days, match.start(), match.end())


def _counts(normal: str) -> Iterator[Figure]:
    for key, pattern in _COUNTS:
        best: Figure | None = None
        for match in pattern.finditer(normal):
            value = number_of(match["n"])
            if value is None or not 2 <= value <= 100_000 or value.denominator != 1:
                continue
            if best is None or value > best.value:
                best = Figure(key, int(value), match.start(), match.end())
        if best:
            yield best


def _pair(low: str, high: str | None) -> tuple[Fraction, Fraction] | None:
    """三五 means 3 to 5 and 十五六 15 to 16; otherwise low and high as written."""
    if high is None and len(low) >= 2 and low[-1] in _DIGITS and low[-2] in _DIGITS:
        first, second = number_of(low[:-1]), number_of(low[:-2] + low[-1])
        if first is not None and second is not None and first < second:
            return first, second
        return None
    first, second = number_of(low), number_of(high) if high else None
    if first is None or (high and second is None):
        return None
    return first, first if second is None else second


def _yuan_of(unit: str) -> int:
    if unit.startswith(("万", "w")):
        return 10_000
    if unit.startswith("千"):
        return 1000
    return 100 if unit.startswith("百") else 1
