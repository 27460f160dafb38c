"""Offerings by Excel: out and in again, problems by row and column, all or nothing."""

import io
import uuid

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select

from app.core import sheets
from app.core.db import Database
from app.core.jobs import run_one
from app.core.messages import Message
from app.files import service as files
from app.files.jobs import scan_waiting
from app.files.models import FileKind
from app.files.service import Received
from app.offerings import jobs as _jobs  # noqa: F401  registers the import
from app.offerings import queries, service, sheet
from app.offerings.content import content_of
from app.offerings.models import ImportState, Offering, OfferingImport, OfferingState
from app.offerings.schemas import OfferingContent
from app.offerings.service.importing import load_names
from tests.factories.accounts import sign_in
from tests.factories.offerings import Vendor, case_content, make_content, make_offering, make_vendor
from tests.services.client import Client

FULL = {
    "title": "示例整套内容",
    "body": "第一行\n第二行，有；分号和｜竖线",
    "training_days": 3,
    "prerequisites": ["电源线能分出单根", "车间有人配合"],
    "not_suitable": "液压站",
    "vendor_kind": "设备厂商",
    "packages": [
        {
            "title": "基本｜版",
            "price_mode": "per_unit",
            "price_unit": "台",
            "price_min_fen": 123_456,
            "price_max_fen": 3_000_000,
            "note": "不含布线",
            "components": [
                {"type": "hardware", "title": "网关\\盒 1 台｜甲", "amount_fen": 2_000_001, "note": "含税"},
                {"type": "yearly_fee", "title": "年费", "amount_fen": None},
            ],
        },
        {"title": "标准版", "price_mode": "other", "price_label": "按节省电费分成", "price_min_fen": 0},
    ],
    "cases": [
        case_content(),
        case_content(customer="另一家示例厂", customer_consented=True, year=None),
        case_content(customer="第三家示例厂", industry_code=None, scenario_code=None),
    ],
}


def written(session, contents: list[OfferingContent]) -> bytes:
    names = load_names(session)
    lines = [line for number, one in enumerate(contents, 1) for line in sheet.lines_of(number, one, names)]
    return sheets.workbook("供给", sheet.COLUMNS, lines, notes=sheet.NOTES, choices=sheet.choices(names))


def changed(data: bytes, cells: dict[str, object]) -> bytes:
    book = load_workbook(io.BytesIO(data))
    for place, value in cells.items():
        book.worksheets[0][place] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def column(key: str) -> str:
    from openpyxl.utils import get_column_letter

    return get_column_letter(sheet.columns.PLACE[key] + 1)


class TestRoundTrip:
    def test_what_goes_out_comes_in_equal(self, session):
        given = [
            make_content(**FULL),
            make_content(kind="equipment", packages=[], cases=[], industry_codes=[]),
        ]
        rows = sheets.read_rows(written(session, given))
        found, problems = sheet.read(rows, load_names(session))
        assert problems == []
        assert [content.model_dump() for _group, content in found] == [one.model_dump() for one in given]

    def test_the_template_imports_nothing_and_its_example_is_right(self, session):
        names = load_names(session)
        empty = sheets.workbook("供给", sheet.COLUMNS, sheet.EXAMPLE, choices=sheet.choices(names))
        found, problems = sheet.read(sheets.read_rows(empty), names)
        assert found == []
        assert [item.reason for item in problems] == ["没有要导入的行；序号是「示例」的行不算"]
        real = changed(empty, {"A2": "1", "A3": "1"})
        found, problems = sheet.read(sheets.read_rows(real), names)
        assert problems == []
        assert len(found[0][1].packages) == 2


class TestProblems:
    @pytest.mark.parametrize(
        ("key", "row", "value", "reason"),
        [
            ("kind", 2, "软件", "没有「软件」这一种"),
            ("title", 2, None, "请填写"),
            ("title", 2, "加微信 wx_shili2025", "请删去"),
            ("scenario_codes", 2, "S99", "没有这个场景：S99"),
            ("industry_codes", 2, "养猪", "没有这个行业：养猪"),
            ("go_live_days", 2, "两天", "请填整数"),
            ("go_live_days", 2, 5000, "不能大于 1000"),
            ("p.price_min_fen", 3, "很多", "请填数字"),
            ("p.price_max_fen", 2, 0.01, "最高价不能低于最低价"),
            ("p.components", 2, "硬件｜只有两段", "要写成"),
            ("c.year", 3, 1990, "不能小于 2000"),
            ("c.customer_consented", 2, "也许", "请填「是」或「否」"),
            ("summary", 3, "写到第二行来了", "只写在同一项的第一行"),
            ("number", 3, None, "请填序号"),
        ],
    )
    def test_each_is_told_by_row_and_column(self, session, key, row, value, reason):
        data = changed(written(session, [make_content(**FULL)]), {f"{column(key)}{row}": value})
        found, problems = sheet.read(sheets.read_rows(data), load_names(session))
        wanted = [item for item in problems if item.row == row and item.column == sheet.columns.PLACE[key]]
        assert wanted, problems
        assert reason in wanted[0].reason
        assert wanted[0].title == sheet.columns.TITLES[sheet.columns.PLACE[key]]
        assert found == [] or key == "number"

    def test_headings_are_checked_first(self, session):
        data = changed(written(session, [make_content()]), {f"{column('title')}1": "名字"})
        _found, problems = sheet.read(sheets.read_rows(data), load_names(session))
        assert {item.row for item in problems} == {1}
        assert any("少了这几列：名称" in item.reason for item in problems)
        assert any("不认识的列：名字" in item.reason for item in problems)
        assert sheet.read([], load_names(session))[1][0].reason.startswith("表格是空的")

    def test_too_many_and_scattered_numbers(self, session):
        data = written(session, [make_content(title=f"示例第 {n} 项") for n in range(sheet.reading.MOST + 1)])
        _found, problems = sheet.read(sheets.read_rows(data), load_names(session))
        assert [item.reason for item in problems] == ["一次最多 200 项，请拆成几张表"]
        twice = changed(written(session, [make_content(), make_content()]), {"A4": "1"})
        rows = sheets.read_rows(twice)
        _found, problems = sheet.read([*rows, rows[1]], load_names(session))
        assert any("前面用过" in item.reason for item in problems)


def received(data: bytes) -> Received:
    return Received(FileKind.sheet, "示例供给.xlsx", sheets.MEDIA_TYPE, data)


def work(database: Database) -> None:
    """What the worker does: scan, then every due job."""
    scan_waiting(database)
    while run_one(database):
        pass


@pytest.mark.committed
class TestImport:
    def start(self, database: Database, vendor: Vendor, data: bytes) -> uuid.UUID:
        with database.writing() as session:
            row, _new = service.begin_import(session, vendor.actor, received=received(data))
            return row.id

    def count(self, database: Database) -> int:
        with database.reading() as session:
            return session.scalar(select(func.count(Offering.id))) or 0

    def test_all_become_drafts_once(self, database: Database):
        with database.writing() as session:
            vendor = make_vendor(session)
        with database.reading() as session:
            data = written(session, [make_content(**FULL), make_content(title="示例第二项")])
        import_id = self.start(database, vendor, data)
        work(database)
        assert self.count(database) == 2
        with database.reading() as session:
            row = session.get(OfferingImport, import_id)
            assert (row.state, row.done) == (ImportState.done, 2)
            made = queries.list_own_whole(session, vendor.actor, state=OfferingState.draft)
            assert {content_of(one).model_dump_json() for one in made} == {
                make_content(**FULL).model_dump_json(),
                make_content(title="示例第二项").model_dump_json(),
            }
            told = session.scalars(select(Message).where(Message.name == "offerings.import.finished")).one()
            assert told.user_id == vendor.user.id
        again = self.start(database, vendor, data)
        work(database)
        assert (again, self.count(database)) == (import_id, 2)
        with database.writing() as session:  # the job comes twice: nothing more happens
            from app.core import jobs

            jobs.enqueue(session, "offerings.import", {"import_id": str(import_id)})
        work(database)
        assert self.count(database) == 2

    def test_one_problem_and_nothing_is_made(self, database: Database):
        with database.writing() as session:
            vendor = make_vendor(session)
        with database.reading() as session:
            good = written(session, [make_content(**FULL), make_content(title="示例第二项")])
        bad = changed(good, {f"{column('go_live_days')}5": "两天"})
        import_id = self.start(database, vendor, bad)
        work(database)
        assert self.count(database) == 0
        with database.writing() as session:
            row = session.get(OfferingImport, import_id)
            assert row.state is ImportState.refused
            assert row.errors == [{"row": 5, "column": 11, "reason": "请填整数，例如 30"}]
            marked = queries.list_own_files(session, "offerings.import.errors", import_id)[0]
            book = load_workbook(io.BytesIO(files.bytes_of(session, marked)))
            cell = book.worksheets[0][f"{column('go_live_days')}5"]
            assert cell.comment.text == "请填整数，例如 30"
            assert cell.value == "两天"
        fixed = self.start(database, vendor, good)
        work(database)
        assert fixed != import_id
        assert self.count(database) == 2

    def test_a_failure_while_saving_leaves_nothing(self, database: Database, monkeypatch):
        """Control of all-or-nothing: the second draft fails, the first is gone too."""
        from app.offerings.jobs import importing

        with database.writing() as session:
            vendor = make_vendor(session)
        with database.reading() as session:
            data = written(session, [make_content(), make_content(title="示例第二项")])
        self.start(database, vendor, data)
        real, calls = importing.add_draft, []

        def break_at_two(*args, **values):
            calls.append(1)
            if len(calls) == 2:
                raise RuntimeError("broken in the middle")
            return real(*args, **values)

        monkeypatch.setattr(importing, "add_draft", break_at_two)
        work(database)
        assert len(calls) == 2
        assert self.count(database) == 0

    def test_who_left_imports_nothing(self, database: Database):
        with database.writing() as session:
            vendor = make_vendor(session)
        with database.reading() as session:
            data = written(session, [make_content()])
        import_id = self.start(database, vendor, data)
        with database.writing() as session:
            from app.accounts.models import User, UserState

            session.get(User, vendor.user.id).state = UserState.disabled
        work(database)
        assert self.count(database) == 0
        with database.reading() as session:
            assert session.get(OfferingImport, import_id).state is ImportState.refused

    def test_what_is_no_sheet_of_ours(self, database: Database):
        with database.writing() as session:
            vendor = make_vendor(session)
        book, out = Workbook(), io.BytesIO()
        book.active.append(["姓名", "电话"])
        book.active.append(["示例", "0"])
        book.save(out)
        import_id = self.start(database, vendor, out.getvalue())
        work(database)
        with database.reading() as session:
            row = session.get(OfferingImport, import_id)
            assert row.state is ImportState.refused
            assert all(item["row"] == 1 for item in row.errors)


class TestPages:
    def test_export_import_round_trip_by_pages(self, client: Client):
        session = client.session
        vendor = make_vendor(session)
        make_offering(session, vendor, OfferingState.draft, **FULL)
        sign_in(client, vendor.user)
        answer = client.get("/workspace/offerings/export.xlsx")
        assert answer.status_code == 200
        assert "attachment" in answer.headers["content-disposition"]
        found, problems = sheet.read(sheets.read_rows(answer.content), load_names(session))
        assert problems == []
        assert found[0][1].model_dump() == make_content(**FULL).model_dump()
        template = client.get("/workspace/offerings/import/template.xlsx")
        assert template.status_code == 200
        assert load_workbook(io.BytesIO(template.content)).sheetnames[0] == "供给"

    @pytest.mark.parametrize(
        ("name", "data"),
        [
            ("表.xlsx", b"PK\x03\x04 not a zip"),
            ("表.xls", b"\xd0\xcf\x11\xe0"),
            ("表.csv", b"a,b"),
            ("", b""),
        ],
    )
    def test_other_files_are_refused_with_the_page(self, client: Client, name, data):
        vendor = make_vendor(client.session)
        sign_in(client, vendor.user)
        from tests.services.client import find_forms

        form = next(
            form
            for form in find_forms(client.get("/workspace/offerings/import").text)
            if form.action == "/workspace/offerings/import"
        )
        answer = client.post(
            form.action, data=form.fields, files={"file": (name, data, "application/octet-stream")}
        )
        assert answer.status_code == 422
        assert "data-errors" in answer.text
        assert client.session.scalar(select(func.count(OfferingImport.id))) == 0
