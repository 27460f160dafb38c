"""From the sheet's rows to contents, with every problem by row and column in Chinese."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from app.core.money import wan_to_fen
from app.core.reasons import field_errors
from app.core.sheets import Cell
from app.offerings.models import ProductClass, ServiceClass
from app.offerings.schemas import OfferingContent
from app.offerings.sheet.columns import (
    COMPONENT_CODES,
    CONDITION_CODES,
    EXTRA,
    KEYS,
    KIND_CODES,
    MODE_CODES,
    NO,
    PLACE,
    SAMPLE,
    TITLES,
    UNKNOWN_AMOUNT,
    YES,
    Names,
)

MOST = 200
CODE = re.compile(r"([A-Z]\d{2,4}(?:-\d+)?)(?:\s|$)")
SEVERAL = re.compile(r"[；;\n]")


@dataclass(frozen=True, slots=True)
class Problem:
    """What must be changed: the row as Excel counts it, the column from 0 (-1: the whole row), and why."""

    row: int
    column: int
    reason: str

    @property
    def title(self) -> str:
        return TITLES[self.column] if self.column >= 0 else "整行"


@dataclass(slots=True)
class Group:
    """The rows of one offering, as (row as Excel counts it, key → cell)."""

    rows: list[tuple[int, dict[str, Cell]]] = field(default_factory=list)
    package_rows: list[int] = field(default_factory=list)
    case_rows: list[int] = field(default_factory=list)

    @property
    def first(self) -> int:
        return self.rows[0][0]

    def place_of(self, path: str) -> tuple[int, str]:
        """Return the row and key of a content's path such as `packages-1-price_max_fen`."""
        name, *rest = path.split("-")
        if name == "packages":
            where = self.package_rows[int(rest[0])] if rest and self.package_rows else self.first
            key = f"p.{rest[1]}" if len(rest) > 1 else "p.title"
            return where, key if key in PLACE else "p.title"
        if name == "cases":
            where = self.case_rows[int(rest[0])] if rest and self.case_rows else self.first
            key = f"c.{rest[1]}" if len(rest) > 1 else "c.customer"
            return where, key if key in PLACE else "c.customer"
        return self.first, name if name in PLACE else "title"


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return YES if cell else NO
    if isinstance(cell, float):
        return f"{cell:.6f}".rstrip("0").rstrip(".")
    return str(cell).strip()


def _option(known: Mapping[str, Any]) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        if text not in known:
            raise ValueError(f"没有「{text[:20]}」这一种，请从下拉里选：{'、'.join(known)}")
        return known[text]

    return read


def _code(known: Mapping[str, str], word: str) -> Callable[[str], str]:
    by_name = {name: code for code, name in known.items()}

    def read(text: str) -> str:
        found = CODE.match(text)
        code = found.group(1) if found else by_name.get(text, "")
        if code not in known:
            raise ValueError(f"没有这个{word}：{text[:30]}")
        return code

    return read


def _several(read: Callable[[str], str]) -> Callable[[str], list[str]]:
    return lambda text: [read(part.strip()) for part in SEVERAL.split(text) if part.strip()]


def _whole(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise ValueError("请填整数，例如 30")
    return int(text)


def _lines(text: str) -> list[str]:
    return [part.strip() for part in text.split("\n") if part.strip()]


def _split(line: str) -> list[str]:
    """Return the parts of a line between `｜`; a backslash keeps the next sign as it is."""
    parts, now, kept = [], [], False
    for char in line:
        if kept or char not in {"\\", "｜"}:
            now.append(char)
            kept = False
        elif char == "\\":
            kept = True
        else:
            parts.append("".join(now).strip())
            now = []
    return [*parts, "".join(now).strip()]


def _components(text: str) -> list[dict[str, Any]]:
    found = []
    for number, line in enumerate(_lines(text), 1):
        parts = _split(line)
        if not 3 <= len(parts) <= 4:
            raise ValueError(f"第 {number} 行要写成：类别｜是什么｜金额｜说明，例如：硬件｜网关 1 台｜0.2")
        kind, title, amount, *note = parts
        if kind not in COMPONENT_CODES:
            raise ValueError(f"第 {number} 行没有「{kind[:20]}」这一类，可以写：{'、'.join(COMPONENT_CODES)}")
        try:
            fen = None if amount in {"", UNKNOWN_AMOUNT} else wan_to_fen(amount)
        except ValueError as error:
            raise ValueError(f"第 {number} 行的金额：{error}") from error
        found.append(
            {
                "type": COMPONENT_CODES[kind],
                "title": title,
                "amount_fen": fen,
                "note": note[0] if note else "",
            }
        )
    return found


def _yes(text: str) -> bool:
    if text not in {YES, NO}:
        raise ValueError("请填「是」或「否」")
    return text == YES


def _readers(names: Names) -> dict[str, Callable[[str], Any]]:
    scenario, industry = _code(names.scenarios, "场景"), _code(names.industries, "行业")
    conditions = {**CONDITION_CODES, **{code: code for code in CONDITION_CODES.values()}}
    return {
        "kind": _option(KIND_CODES),
        "product_class": _option({item.value: item for item in ProductClass}),
        "service_class": _option({item.value: item for item in ServiceClass}),
        "scenario_codes": _several(scenario),
        "pain_point_codes": _several(_code(names.pain_points, "难点")),
        "industry_codes": _several(industry),
        "condition_codes": _several(_option(conditions)),
        "prerequisites": _lines,
        "go_live_days": _whole,
        "training_days": _whole,
        "p.price_mode": _option(MODE_CODES),
        "p.price_min_fen": wan_to_fen,
        "p.price_max_fen": wan_to_fen,
        "p.components": _components,
        "c.customer_consented": _yes,
        "c.industry_code": industry,
        "c.scenario_code": scenario,
        "c.year": _whole,
    }


def read(
    rows: Sequence[Sequence[Cell]], names: Names
) -> tuple[list[tuple[Group, OfferingContent]], list[Problem]]:
    """Return the offerings with the rows they stand in, and every problem in the order of rows and columns.

    `rows` begins with the headings; columns may stand in any order, further ones of our own export are passed over.
    """
    if not rows:
        return [], [Problem(1, -1, "表格是空的；请用下载的模板")]
    places, problems = _headings(rows[0])
    if problems:
        return [], problems
    groups, problems = _groups(rows[1:], places)
    if len(groups) > MOST:
        problems.append(Problem(groups[MOST].first, -1, f"一次最多 {MOST} 项，请拆成几张表"))
    if not groups and not problems:
        problems.append(Problem(2, -1, "没有要导入的行；序号是「示例」的行不算"))
    readers = _readers(names)
    found: list[tuple[Group, OfferingContent]] = []
    for group in groups[:MOST]:
        content, wrong = _content(group, readers)
        problems += wrong
        if content is not None:
            found.append((group, content))
    return found, sorted(problems, key=lambda item: (item.row, item.column))


def _headings(cells: Sequence[Cell]) -> tuple[dict[str, int], list[Problem]]:
    given = [_text(cell) for cell in cells]
    places = {key: given.index(title) for key, title in zip(KEYS, TITLES, strict=True) if title in given}
    missing = [title for key, title in zip(KEYS, TITLES, strict=True) if key not in places]
    unknown = [title for title in given if title and title not in TITLES and title not in EXTRA]
    problems = []
    if missing:
        problems.append(Problem(1, -1, f"第一行少了这几列：{'、'.join(missing)}；请用下载的模板"))
    if unknown:
        problems.append(Problem(1, -1, f"第一行有不认识的列：{'、'.join(unknown[:5])}；请删去"))
    if len(set(filter(None, given))) != len(list(filter(None, given))):
        problems.append(Problem(1, -1, "第一行有重复的列名；请用下载的模板"))
    return places, problems


def _groups(rows: Sequence[Sequence[Cell]], places: Mapping[str, int]) -> tuple[list[Group], list[Problem]]:
    groups: list[Group] = []
    problems: list[Problem] = []
    seen: set[str] = set()
    last = ""
    for place, cells in enumerate(rows, 2):
        row = {
            key: cells[column]
            for key, column in places.items()
            if column < len(cells) and _text(cells[column])
        }
        number = _text(row.pop("number", None))
        if number == SAMPLE or (not row and not number):
            last = SAMPLE if number == SAMPLE else last
            continue
        if not number:
            problems.append(Problem(place, PLACE["number"], "请填序号；同一项的几行序号一样"))
            continue
        if number == last:
            groups[-1].rows.append((place, row))
        elif number in seen:
            problems.append(
                Problem(place, PLACE["number"], f"序号 {number[:20]} 前面用过；同一项的几行要挨着")
            )
        else:
            groups.append(Group([(place, row)]))
            seen.add(number)
        last = number
    return groups, problems


def _content(
    group: Group, readers: Mapping[str, Callable[[str], Any]]
) -> tuple[OfferingContent | None, list[Problem]]:
    problems: list[Problem] = []
    data: dict[str, Any] = {"packages": [], "cases": []}
    for place, row in group.rows:
        parts: dict[str, dict[str, Any]] = {"p": {}, "c": {}}
        for key, cell in row.items():
            kind, _, name = key.rpartition(".")
            if not kind and place != group.first:
                problems.append(Problem(place, PLACE[key], "这一列只写在同一项的第一行，这里请留空"))
                continue
            try:
                value = readers.get(key, str)(_text(cell))
            except ValueError as error:
                problems.append(Problem(place, PLACE[key], str(error)))
                value = None
            (parts[kind] if kind else data)[name] = value
        if set(parts["p"]) - {"price_mode"}:  # a drop-down left standing says nothing by itself
            data["packages"].append({name: value for name, value in parts["p"].items() if value is not None})
            group.package_rows.append(place)
        if set(parts["c"]) - {"customer_consented"}:
            data["cases"].append({name: value for name, value in parts["c"].items() if value is not None})
            group.case_rows.append(place)
    known = {(item.row, item.column) for item in problems}
    problems += [
        Problem(group.first, PLACE[key], "请填写")
        for key in ("kind", "title")
        if data.get(key) is None and (group.first, PLACE[key]) not in known
    ]
    data = {name: value for name, value in data.items() if value is not None}
    try:
        content = OfferingContent.model_validate(data)
    except ValidationError as error:
        known = {(item.row, item.column) for item in problems}
        for path, reason in field_errors(error).items():
            place, key = group.place_of(path)
            if (place, PLACE[key]) not in known:
                problems.append(Problem(place, PLACE[key], reason))
        return None, problems
    return (None if problems else content), problems
