"""What is taken and what is refused, by content and not by name (RELIABILITY I5)."""

import io
import zipfile

import pytest
from PIL import Image

from app.core.errors import Invalid
from app.files import contents, service
from app.files.service import PAPERS, PICTURES, SHEETS
from tests.factories.files import FakeUpload, jpeg, pdf, png

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def archive(**entries: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, data in entries.items():
            made.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "media"),
    [
        ("照片.JPG", jpeg(), "image/jpeg"),
        ("照片.png", png(), "image/png"),
        ("透明.png", png(mode="RGBA"), "image/png"),
        ("调色板.png", png(mode="P"), "image/png"),
        ("执照.pdf", pdf(2), "application/pdf"),
    ],
)
def test_honest_papers_are_taken(name: str, data: bytes, media: str) -> None:
    received = service.receive(FakeUpload(name, data), allow=PAPERS)
    assert received.media_type == media
    assert received.name.lower() == name.lower()


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("空.png", b"", "空的"),
        ("大.png", b"\x89PNG\r\n\x1a\n" + b"0" * 10_000_001, "10 MB"),
        ("图.svg", SVG, "内容不是"),
        ("图.png", SVG, "内容不是"),
        ("网页.pdf", b"<html><script>alert(1)</script></html>", "内容不是"),
        ("程序.png", b"MZ\x90\x00" + b"0" * 100, "内容不是"),
        ("毒.pdf", EICAR, "内容不是"),
        ("执照.exe", pdf(), "和内容不符"),
        ("执照.png", pdf(), "和内容不符"),
        ("文档.docx", archive(**{"word/document.xml": b"<w/>"}), "内容不是"),
        ("断.png", png()[:60], "打不开"),
        ("断.jpg", jpeg(400, 400)[:300], "打不开"),
        ("断.pdf", pdf()[:200], "不完整"),
        ("密.pdf", pdf(password="secret"), "密码"),
        ("脚本.pdf", pdf(script="app.alert(1)"), "脚本"),
        ("附件.pdf", pdf(attachment=b"hidden"), "脚本、附件"),
        ("双面.pdf", pdf() + archive(a=b"x" * 3000), "后面接着别的"),
    ],
)
def test_other_files_are_refused_with_the_reason(name: str, data: bytes, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        service.receive(FakeUpload(name, data), allow=PAPERS)
    assert reason in refused.value.fields["file"]


def test_nothing_chosen_says_what_may_be_chosen() -> None:
    with pytest.raises(Invalid) as refused:
        service.receive(None, allow=PICTURES, field="cover")
    assert "JPG" in refused.value.fields["cover"]


def test_a_picture_is_written_afresh_without_what_hid_in_it() -> None:
    hidden = Image.Exif()
    hidden[0x010E] = "lathe 7, gate 2"
    data = jpeg(300, 200, exif=hidden) + b"PK\x03\x04 glued to the end"
    assert b"lathe 7" in data
    received = service.receive(FakeUpload("车间.jpg", data), allow=PICTURES)
    assert b"lathe 7" not in received.data
    assert b"glued" not in received.data
    assert (received.width, received.height) == (300, 200)


def test_a_picture_that_lies_on_its_side_is_turned() -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    received = service.receive(FakeUpload("横.jpg", jpeg(300, 200, exif=turned)), allow=PICTURES)
    assert (received.width, received.height) == (200, 300)


def test_a_huge_picture_is_refused_before_it_is_unpacked() -> None:
    out = io.BytesIO()
    Image.new("1", (9_000, 9_000)).save(out, "PNG")
    with pytest.raises(Invalid) as refused:
        service.receive(FakeUpload("大.png", out.getvalue()), allow=PICTURES)
    assert "4000 万像素" in refused.value.fields["file"]


def test_a_sheet_is_no_paper_and_a_paper_no_sheet() -> None:
    with pytest.raises(Invalid):
        service.receive(FakeUpload("表.xlsx", pdf()), allow=SHEETS)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd.png", "passwd.png"),
        ("C:\\车间\\图.png", "图.png"),
        ("a\u202egnp.exe.png", "agnp.exe.png"),
        ("\x00\x1f.png", "文件.png"),
        ("长" * 300 + ".png", "长" * 116 + ".png"),
        ('x"; filename="y.png', "x; filename=y.png"),
    ],
)
def test_names_are_cleaned(given: str, shown: str) -> None:
    assert contents.clean_name(given, ".png") == shown
