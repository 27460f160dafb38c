"""Excel out without formulas (RELIABILITY I7), Excel in within limits (I6)."""

import io
import time
import zipfile
from datetime import UTC, date, datetime

import pytest
from openpyxl import load_workbook

from app.core import sheets
from app.core.apart import Refused, run_apart
from app.core.sheets import Choice, Column

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    '=HYPERLINK("http://x","y")',
]
BASE = sheets.workbook("示例", [Column("名称", "name")], [{"name": "甲"}])


def rezip(change: dict[str, bytes], *, drop: str = "", data: bytes = BASE) -> bytes:
    """Return the workbook with some parts put in or replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != drop and name not in change:
                new.writestr(name, old.read(name))
        for name, content in change.items():
            new.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_is_never_a_formula(text: str) -> None:
    data = sheets.workbook("示例", [Column("名称", "name")], [{"name": text}])
    cell = load_workbook(io.BytesIO(data)).active["A2"]
    assert cell.data_type in {"s", "inlineStr"}
    assert cell.value == text.replace("\r", "\n") or cell.value == text
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_what_goes_out_comes_in_again() -> None:
    columns = [
        Column("名称", "name"),
        Column("台数", "count", "number"),
        Column("报价（万元）", "price", "wan"),
        Column("日期", "day", "date"),
        Column("时间", lambda row: row["at"], "datetime"),
    ]
    row = {
        "name": " 甲\x00乙 ",
        "count": 3,
        "price": 35_000,
        "day": date(2026, 11, 23),
        "at": datetime(2026, 11, 23, 18, 5, tzinfo=UTC),
    }
    data = sheets.workbook(
        "示例", columns, [row, dict.fromkeys(row)], notes=["万元"], choices=[Choice(0, ["甲", "乙"])]
    )
    assert sheets.read_rows(data) == [
        ["名称", "台数", "报价（万元）", "日期", "时间"],
        ["甲乙", 3, 0.035, "2026-11-23", "2026-11-24 02:05"],
    ]
    assert sheets.read_rows(data, sheet="说明") == [["万元"]]
    with pytest.raises(Refused, match="没有「别的」"):
        sheets.read_rows(data, sheet="别的")


def test_marks_stand_beside_their_cells() -> None:
    data = sheets.workbook("示例", [Column("名称", "name")], [{"name": "甲"}], marks={(0, 0): "这里要写全称"})
    cell = load_workbook(io.BytesIO(data)).active["A2"]
    assert "全称" in cell.comment.text


def bomb() -> bytes:
    return rezip({"xl/worksheets/sheet1.xml": b"<x>" + b" " * 60_000_000 + b"</x>"})


def lying() -> bytes:
    """An archive whose directory says that a part is small."""
    data = bytearray(rezip({"xl/worksheets/sheet1.xml": b"<x>" + b" " * 1_000_000 + b"</x>"}))
    real = (1_000_007).to_bytes(4, "little")
    assert data.count(real) == 2
    return bytes(data).replace(real, (500).to_bytes(4, "little"))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"not a zip", "不是 Excel"),
        (b"\xd0\xcf\x11\xe0 old", "旧格式"),
        (b"PK\x03\x04 broken", "打不开"),
        (bomb(), "展开后太大"),
        (rezip({f"xl/media/{number}.xml": b"x" for number in range(250)}), "部件太多"),
        (rezip({"xl/vbaProject.bin": b"x"}), "宏"),
        (rezip({"xl/embeddings/inner.zip": b"x"}), "嵌着别的文件"),
        (rezip({}, drop="xl/workbook.xml"), "不是 Excel"),
    ],
)
def test_what_no_honest_sheet_is_like_is_refused_unopened(data: bytes, reason: str) -> None:
    start = time.process_time()
    with pytest.raises(Refused, match=reason):
        sheets.check_archive(data)
    assert time.process_time() - start < 1  # nothing is unpacked: milliseconds


def test_a_directory_that_lies_is_found_out() -> None:
    with pytest.raises(Refused):
        sheets.read_rows(lying())


@pytest.mark.parametrize("code", ["utf-8", "utf-16"])
def test_entities_are_refused(code: str) -> None:
    evil = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
    with pytest.raises(Refused, match="不该有的定义"):
        sheets.read_rows(rezip({"xl/sharedStrings.xml": evil.encode(code)}))


def test_too_many_rows_are_refused_and_empty_ones_do_not_count() -> None:
    rows = [{"name": str(number)} for number in range(12)]
    data = sheets.workbook("示例", [Column("名称", "name")], [*rows, *[{"name": None}] * 2_000])
    assert len(sheets.read_rows(data, max_rows=12)) == 13
    with pytest.raises(Refused, match="最多 11 行"):
        sheets.read_rows(data, max_rows=11)


def test_only_known_functions_run_apart() -> None:
    with pytest.raises(ValueError, match="may not run apart"):
        run_apart("os:getcwd", b"")


def test_a_parser_that_takes_too_long_is_stopped() -> None:
    rows = [{"name": f"很长的一行 {number}"} for number in range(60_000)]
    data = sheets.workbook("示例", [Column("名称", "name")], rows)
    with pytest.raises(Refused, match="太久或太大"):
        run_apart("app.core.sheets:parse", data, options={"sheet": None, "max_rows": 100_000}, seconds=1)
