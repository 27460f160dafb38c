"""Excel out and in: what leaves is never a formula, what comes in is opened apart and within limits.

RELIABILITY I6 (bombs: 50 MB unpacked, ratio 100, 200 entries, 5,000 rows, no macros, no entities) and I7 (texts that
begin like a formula are written as texts).
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from app.core import apart, clock, money
from app.core.apart import Refused

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_UNPACKED, MAX_RATIO, MAX_ENTRIES, MAX_ROWS, MAX_COLUMNS, MAX_CELL = (
    50_000_000,
    100,
    200,
    5_000,
    200,
    32_000,
)
SMALL = 200_000
"""Below this many unpacked bytes the ratio says nothing: an empty sheet packs well."""
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
HEAD = PatternFill("solid", fgColor="E8F0F2")
BAD = PatternFill("solid", fgColor="FCE4E4")
Cell = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, the key (or function) of its value, how it is written, its width in characters.

    `kind` is `text`, `number`, `wan` (fen in, 万元 out), `date` or `datetime` (Beijing time).
    """

    title: str
    value: str | Callable[[Any], Any]
    kind: str = "text"
    width: int = 16

    def of(self, row: Any) -> Any:
        if callable(self.value):
            return self.value(row)
        return row.get(self.value) if isinstance(row, Mapping) else getattr(row, self.value)


@dataclass(frozen=True, slots=True)
class Choice:
    """A drop-down list under the heading `column` (from 0) of a template."""

    column: int
    options: Sequence[str]


def workbook(
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Any],
    *,
    notes: Sequence[str] = (),
    choices: Sequence[Choice] = (),
    marks: Mapping[tuple[int, int], str] | None = None,
) -> bytes:
    """Return an xlsx file: headings in the first row, then the rows, notes on a sheet of their own.

    `marks` maps (row, column), both from 0 below the heading, to a comment; such cells are tinted.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_sheet_name(title))
    sheet.freeze_panes = "A2"
    for number, column in enumerate(columns, 1):
        sheet.column_dimensions[get_column_letter(number)].width = column.width
    sheet.append([_heading(sheet, column.title) for column in columns])
    marked = marks or {}
    for place, row in enumerate(rows):
        cells = [_cell(sheet, column, column.of(row)) for column in columns]
        for number, cell in enumerate(cells):
            remark = marked.get((place, number))
            if remark is not None:
                cell.fill, cell.comment = BAD, Comment(remark, "赋能汇")
        sheet.append(cells)
    _offer(book, sheet, choices)
    if notes:
        page = book.create_sheet("说明")
        page.column_dimensions["A"].width = 90
        for note in notes:
            cell = _text(page, note)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            page.append([cell])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def workbook_of(pages: Sequence[tuple[str, Sequence[Column], Iterable[Any]]]) -> bytes:
    """Return an xlsx file with a sheet per (title, columns, rows)."""
    book = Workbook(write_only=True)
    for title, columns, rows in pages:
        sheet = book.create_sheet(_sheet_name(title))
        sheet.freeze_panes = "A2"
        for number, column in enumerate(columns, 1):
            sheet.column_dimensions[get_column_letter(number)].width = column.width
        sheet.append([_heading(sheet, column.title) for column in columns])
        for row in rows:
            sheet.append([_cell(sheet, column, column.of(row)) for column in columns])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _offer(book: Workbook, sheet: Any, choices: Sequence[Choice]) -> None:
    """Put the options on a sheet of their own: a list written into the rule itself may hold 255 characters only."""
    if not choices:
        return
    page = book.create_sheet("选项")
    for line in range(max(len(choice.options) for choice in choices)):
        page.append(
            [_text(page, choice.options[line]) if line < len(choice.options) else None for choice in choices]
        )
    for number, choice in enumerate(choices, 1):
        letter = get_column_letter(number)
        rule = DataValidation(
            type="list",
            formula1=f"选项!${letter}$1:${letter}${len(choice.options)}",
            allow_blank=True,
            showErrorMessage=True,
        )
        target = get_column_letter(choice.column + 1)
        rule.add(f"{target}2:{target}{MAX_ROWS + 1}")
        sheet.data_validations.append(rule)


def _sheet_name(title: str) -> str:
    return re.sub(r"[\[\]:*?/\\']", " ", title).strip()[:31] or "Sheet"


def _text(sheet: Any, value: str) -> Any:
    """Return a cell that holds text whatever it begins with: `=1+1` is four characters, not a formula."""
    cell: Any = WriteOnlyCell(sheet)
    cell._value = CONTROL.sub("", value)[:MAX_CELL]  # noqa: SLF001  the setter would guess a formula
    cell.data_type = "s"
    return cell


def _heading(sheet: Any, title: str) -> Any:
    cell = _text(sheet, title)
    cell.font, cell.fill = Font(bold=True), HEAD
    return cell


def _cell(sheet: Any, column: Column, value: Any) -> Any:
    cell: Any
    if value is None or value == "":
        return WriteOnlyCell(sheet)
    if column.kind == "wan":
        cell = WriteOnlyCell(sheet)
        cell.value = Decimal(value) / money.FEN_PER_WAN
        cell.number_format = "0.######"
        return cell
    if column.kind == "date":
        day = clock.local(value).date() if isinstance(value, datetime) else value
        cell = WriteOnlyCell(sheet)
        cell.value = day
        cell.number_format = "yyyy-mm-dd"
        return cell
    if column.kind == "datetime":
        cell = WriteOnlyCell(sheet, clock.local(value).replace(tzinfo=None, microsecond=0))
        cell.number_format = "yyyy-mm-dd hh:mm"
        return cell
    if column.kind == "number" and isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        cell = WriteOnlyCell(sheet)
        cell.value = value
        return cell
    return _text(sheet, str(value))


def check_archive(data: bytes) -> None:
    """Refuse, without unpacking anything, an xlsx that could not be an honest one.

    Raises:
        Refused: not a zip, too many entries, too much or too densely packed, nested archives, macros, encrypted.

    """
    if not data.startswith(b"PK\x03\x04"):
        if data.startswith(b"\xd0\xcf\x11\xe0"):
            raise Refused("这是加密的或旧格式（.xls）的表格；请去掉密码，另存为 .xlsx 再传")
        raise Refused("这不是 Excel 表格（.xlsx）；请用 Excel 或 WPS 另存为 .xlsx 再传")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise Refused(apart.BROKEN) from None
    names = [entry.filename for entry in entries]
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES or len(set(names)) != len(names):
        raise Refused("表格里的部件太多，没有收下；请新建一个空表，只把数据贴进去")
    if unpacked > MAX_UNPACKED or (unpacked > SMALL and unpacked > MAX_RATIO * len(data)):
        raise Refused("表格展开后太大，没有收下；请拆成几个小表")
    if any(entry.flag_bits & 1 for entry in entries):
        raise Refused("表格有密码；请去掉密码再传")
    if any("vbaproject" in name.lower() for name in names):
        raise Refused("表格里有宏；请另存为不带宏的 .xlsx 再传")
    if any(
        name.lower().endswith((".zip", ".xlsx", ".xlsm", ".docx", ".bin", ".exe"))
        for name in names
        if "printersettings" not in name.lower()
    ):
        raise Refused("表格里嵌着别的文件；请新建一个空表，只把数据贴进去")
    if "xl/workbook.xml" not in names or "[Content_Types].xml" not in names:
        raise Refused("这不是 Excel 表格（.xlsx）；请用 Excel 或 WPS 另存为 .xlsx 再传")


def read_rows(data: bytes, *, sheet: str | None = None, max_rows: int = MAX_ROWS) -> list[list[Cell]]:
    """Return the rows of the first sheet (or of `sheet`), headings included, dates as `2026-11-23`.

    Opened in a process apart with 30 seconds and bounded memory; call it in a job, never in a write transaction.

    Raises:
        Refused: the file breaks a rule; the reason is in Chinese.

    """
    check_archive(data)
    rows, _ = apart.run_apart("app.core.sheets:parse", data, options={"sheet": sheet, "max_rows": max_rows})
    return [list(row) for row in rows]


def parse(data: bytes, *, sheet: str | None, max_rows: int) -> tuple[list[list[Cell]], bytes]:
    """Read an xlsx; runs in the process apart only."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        total = 0
        for entry in archive.infolist():
            with archive.open(entry) as stream:
                while piece := stream.read(1_000_000):
                    total += len(piece)
                    if total > MAX_UNPACKED:
                        raise Refused("表格展开后太大，没有收下；请拆成几个小表")
                    flat = piece.replace(b"\x00", b"")  # UTF-16 writes the same letters with zeros between
                    if b"<!DOCTYPE" in flat or b"<!ENTITY" in flat:
                        raise Refused("表格里有不该有的定义，没有收下；请用 Excel 或 WPS 另存一次再传")
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    if sheet is not None and sheet not in book.sheetnames:
        raise Refused(f"表格里没有「{sheet}」这一页；请用下载的模板")
    page = book[sheet] if sheet is not None else book.worksheets[0]
    rows: list[list[Cell]] = []
    empty = 0
    for row in page.iter_rows(max_col=MAX_COLUMNS, values_only=True):
        values = [_value(item) for item in row]
        while values and values[-1] in (None, ""):
            values.pop()
        empty = 0 if values else empty + 1
        if empty > 1_000:  # a sheet that goes on for a million formatted but empty rows
            break
        rows.append(values)
        if len(rows) - empty > max_rows + 1:
            raise Refused(f"一次最多 {max_rows} 行；请拆成几个表")
    while rows and not rows[-1]:
        rows.pop()
    return rows, b""


def _value(item: Any) -> Cell:
    if isinstance(item, datetime):
        return (
            item.strftime("%Y-%m-%d")
            if item.time().isoformat() == "00:00:00"
            else item.strftime("%Y-%m-%d %H:%M")
        )
    if isinstance(item, date):
        return item.isoformat()
    if isinstance(item, str):
        return CONTROL.sub("", item)[:MAX_CELL].strip()
    if item is None or isinstance(item, bool | int | float):
        return item
    return str(item)
