"""What a file really is: sniffed by its first bytes, then opened and read to its end.

`picture` and `paper` run in a process apart (app/core/apart.py). RELIABILITY I5.
"""

import io
import re
import unicodedata
import warnings
from typing import Any

from PIL import Image, ImageOps
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from app.core.apart import BROKEN, Refused
from app.files.models import FileKind

MAX_PIXELS, MAX_SIDE, MAX_PAGES, MAX_OBJECTS, MAX_TAIL = 40_000_000, 4_000, 500, 50_000, 1_024
SUFFIXES: dict[FileKind, tuple[str, ...]] = {
    FileKind.picture: (".jpg", ".jpeg", ".png"),
    FileKind.paper: (".pdf",),
    FileKind.sheet: (".xlsx",),
}
ACTIVE = frozenset(
    {
        "/JavaScript",
        "/JS",
        "/Launch",
        "/EmbeddedFile",
        "/EmbeddedFiles",
        "/RichMedia",
        "/XFA",
        "/SubmitForm",
        "/ImportData",
        "/GoToR",
        "/GoToE",
        "/Movie",
        "/Sound",
    }
)
NAME_LENGTH = 120
HIDDEN = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\\/:*?\"<>|]")


def sniff(data: bytes) -> FileKind | None:
    """Return the kind that the first bytes say, None for what is not taken at all."""
    if data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        return FileKind.picture
    if data.startswith(b"%PDF-"):
        return FileKind.paper
    if data.startswith(b"PK\x03\x04"):
        return FileKind.sheet
    return None


def clean_name(name: str, suffix: str) -> str:
    """Return a name to show: no path, no hidden signs, one known ending, at most 120 characters."""
    base = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    stem = HIDDEN.sub("", base)
    stem = stem[: stem.rfind(".")] if "." in stem else stem
    stem = stem.strip(" .") or "文件"
    return f"{stem[: NAME_LENGTH - len(suffix)]}{suffix}"


def picture(data: bytes) -> tuple[dict[str, Any], bytes]:
    """Decode a picture fully and write it afresh: right way up, no EXIF, nothing hidden behind it."""
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG", "PNG"]) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise Refused("图片超过 4000 万像素；请缩小再传")
            opened.load()
            turned = ImageOps.exif_transpose(opened)
            is_png = opened.format == "PNG"
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise Refused("图片超过 4000 万像素；请缩小再传") from None
    except (OSError, SyntaxError, ValueError):
        raise Refused(BROKEN) from None
    turned.thumbnail((MAX_SIDE, MAX_SIDE))
    out = io.BytesIO()
    if is_png:
        transparent = turned.mode in {"RGBA", "LA"} or "transparency" in turned.info
        fresh = Image.new("RGBA" if transparent else "RGB", turned.size)
        fresh.paste(turned.convert(fresh.mode))
        fresh.save(out, "PNG", optimize=True)
    else:
        fresh = Image.new("RGB", turned.size)
        fresh.paste(turned.convert("RGB"))
        fresh.save(out, "JPEG", quality=88, optimize=True)
    media = "image/png" if is_png else "image/jpeg"
    return {"media_type": media, "width": fresh.width, "height": fresh.height}, out.getvalue()


def paper(data: bytes) -> tuple[dict[str, Any], bytes]:
    """Open a PDF and walk all its objects: readable, no password, nothing that acts, nothing glued to its end."""
    end = data.rfind(b"%%EOF")
    if (
        end < 0
        or len(data) - end > MAX_TAIL
        or b"PK\x05\x06" in data[end:]
        or b"<script" in data[:1024].lower()
    ):
        raise Refused("这个 PDF 不完整，或后面接着别的内容；请重新导出一次再传")
    reader = PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted:
        raise Refused("这个 PDF 有密码；请去掉密码再传")
    pages = len(reader.pages)
    if not 1 <= pages <= MAX_PAGES:
        raise Refused(f"PDF 要有 1 到 {MAX_PAGES} 页")
    numbers = {number for found in reader.xref.values() for number in found} | set(reader.xref_objStm)
    if len(numbers) > MAX_OBJECTS:
        raise Refused("这个 PDF 太复杂，没有收下；请用“打印成 PDF”再导出一次")
    for number in numbers:
        if _acts(reader.get_object(IndirectObject(number, 0, reader)), 0):
            raise Refused("这个 PDF 里有脚本、附件或会自动执行的内容；请用“打印成 PDF”再导出一次")
    return {"media_type": "application/pdf", "pages": pages}, b""


def _acts(node: Any, depth: int) -> bool:
    if depth > 20:
        return False
    if isinstance(node, DictionaryObject):
        if ACTIVE & set(node.keys()) or node.get("/S") in ACTIVE or node.get("/Type") in ACTIVE:
            return True
        return any(
            _acts(value, depth + 1) for value in node.values() if not isinstance(value, IndirectObject)
        )
    if isinstance(node, ArrayObject):
        return any(_acts(value, depth + 1) for value in node if not isinstance(value, IndirectObject))
    return False
