"""Hide contact details in free text before it is stored, logged or sent on (PRODUCT, house rule 5).

Phones (spaced, full-width or in Chinese numerals), e-mail, WeChat and QQ ids, identity-card numbers and street
or building addresses are replaced by a short Chinese marker; everything else keeps its exact wording.
Pure standard library; no patterns here may backtrack without bound (texts come from strangers).
"""

import re
import unicodedata
from dataclasses import dataclass

PHONE = "phone"
EMAIL = "email"
WECHAT = "wechat"
QQ = "qq"
ID_NUMBER = "id_number"
ADDRESS = "address"

KIND_NAMES = {
    PHONE: "电话",
    EMAIL: "邮箱",
    WECHAT: "微信号",
    QQ: "QQ号",
    ID_NUMBER: "证件号",
    ADDRESS: "地址",
}

# Letters and digits spoken or written otherwise, one character for one character so that spans stay true.
_NUMERALS = str.maketrans(
    "零〇○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖洞拐勾两oOlI", "00012345678911234567890792" + "0011"
)

_GAP = r"[\s\-—–_.·•,，、]{0,2}"
_NOT_BEFORE = r"(?<![0-9A-Za-z])"
_NOT_AFTER = r"(?![0-9A-Za-z])"

_MOBILE = re.compile(
    _NOT_BEFORE + r"(?:\+?86" + _GAP + r")?1" + _GAP + r"[3-9]" + (_GAP + r"\d") * 9 + _NOT_AFTER
)
_LANDLINE = re.compile(
    _NOT_BEFORE
    + r"(?:0\d{2,3}[\s\-—–]{0,2}[2-8]\d{2,3}[\s\-—–]?\d{4}|\(0\d{2,3}\)\s?[2-8]\d{6,7}|400[\s\-—–]?\d{3,4}[\s\-—–]?\d{3,4})"
    + _NOT_AFTER
)
_SPOKEN_LOCAL = re.compile(
    r"((?:电话|座机|手机|号码|热线|call|tel|phone)[号是:：\s]{0,3})(\d{7,8})" + _NOT_AFTER, re.IGNORECASE
)
_EMAIL = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._%+\-]{0,63}\s?(?:@|\(at\)|\[at\]|#at#|艾特|圈a)\s?"
    r"[A-Za-z0-9\-]{1,63}(?:\s?(?:\.|点|dot|\(dot\))\s?[A-Za-z0-9\-]{1,63}){1,4}",
    re.IGNORECASE,
)
_WECHAT = re.compile(
    r"((?:微信号?|薇信|威信|徽信|微❤|微心|wechat|weixin|(?<![A-Za-z0-9])[vw]x|(?<![A-Za-z0-9])[vV][信❤心]|加[vV微薇]信?|"
    r"(?<![A-Za-z0-9])[vV]\s?[:：])[号是为:：\s]{0,4})"
    r"([A-Za-z][A-Za-z0-9_\-]{5,19}|\d{6,12})",
    re.IGNORECASE,
)
_QQ = re.compile(
    r"((?:(?<![A-Za-z0-9])q\s?q|扣扣|企鹅)[号群是为:：\s]{0,4})([1-9](?:[\s\-]?\d){4,11})" + _NOT_AFTER,
    re.IGNORECASE,
)
_ID_NUMBER = re.compile(
    _NOT_BEFORE + r"[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]" + _NOT_AFTER
)

_WORD = r"[^\s，。；、！？,.;!?：:（）()在到是的住于去来找为个从和与及]"
_NUMBER = r"[A-Za-z]?\d{1,4}(?:[\-—]\d{1,4})?"
_ADDRESS = re.compile(
    r"(?:"
    + _WORD
    + r"{0,12}(?:工业园区?|产业园区?|科技园区?|园区|工业城|科技城|孵化园|小区|大厦|写字楼|公寓)\s?"
    + _NUMBER
    + r"\s?(?:号楼|号院|号|栋|幢|座|期|楼|层|室|单元)"
    + r"|"
    + _WORD
    + r"{0,12}(?<![电线管油气水回思网铁流通支])(?:路|街|大道|巷)\s?"
    + _NUMBER
    + r"\s?(?:号附\d{1,4}号|号)"
    + r"|"
    + _WORD
    + r"{1,10}村\s?"
    + _NUMBER
    + r"\s?(?:组|社|号)"
    + r")(?:\s?"
    + _NUMBER
    + r"\s?(?:号楼|号|栋|幢|座|楼|层|室|单元)){0,4}"
)


@dataclass(frozen=True, slots=True)
class Masked:
    """The text that may be kept, and the kinds of detail that were hidden in it (constants above, sorted)."""

    text: str
    found: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Chinese names of what was hidden, for the reader of a page."""
        return tuple(KIND_NAMES[kind] for kind in self.found)


def marker(kind: str) -> str:
    """What stands in the text in place of a hidden detail."""
    return f"［{KIND_NAMES[kind]}已隐去］"


_MARKERS = re.compile("|".join(re.escape(f"［{name}已隐去］") for name in KIND_NAMES.values()))


def without_markers(text: str) -> str:
    """The text without the markers, for machines that read it."""
    return _MARKERS.sub(" ", text)


@dataclass(frozen=True, slots=True)
class Found:
    """A contact detail in a text: where it stands, and of which kind (constants above)."""

    start: int
    stop: int
    kind: str


def find_contacts(text: str) -> list[Found]:
    """Return the contact details in `text` in their order, none overlapping another."""
    plain = "".join(_narrow(char) for char in text)
    numerals = plain.translate(_NUMERALS)
    spans: list[tuple[int, int, str]] = []
    spans += ((*match.span(), EMAIL) for match in _EMAIL.finditer(plain))
    spans += ((*match.span(), ID_NUMBER) for match in _ID_NUMBER.finditer(plain))
    spans += ((*match.span(), PHONE) for match in _MOBILE.finditer(numerals))
    spans += ((*match.span(), PHONE) for match in _LANDLINE.finditer(plain))
    spans += ((*match.span(2), PHONE) for match in _SPOKEN_LOCAL.finditer(plain))
    spans += ((*match.span(2), WECHAT) for match in _WECHAT.finditer(plain))
    spans += ((*match.span(2), WECHAT) for match in _WECHAT.finditer(_spoken_figures(plain, numerals)))
    spans += ((*match.span(2), QQ) for match in _QQ.finditer(_spoken_figures(plain, numerals)))
    spans += ((*match.span(), ADDRESS) for match in _ADDRESS.finditer(plain))
    found: list[Found] = []
    end = 0
    for start, stop, kind in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start >= end:
            found.append(Found(start, stop, kind))
            end = stop
    return found


def _spoken_figures(plain: str, numerals: str) -> str:
    """The text with figures written as Chinese characters turned into digits, Latin letters left as they are."""
    return "".join(
        digit if digit.isdigit() and not char.isascii() else char
        for char, digit in zip(plain, numerals, strict=True)
    )


def split_contacts(text: str) -> list[tuple[str, str]]:
    """Return the text in pieces `(piece, kind)`, kind empty for what is no contact detail; for showing what was found."""
    pieces: list[tuple[str, str]] = []
    end = 0
    for found in find_contacts(text):
        pieces += [(text[end : found.start], ""), (text[found.start : found.stop], found.kind)]
        end = found.stop
    pieces.append((text[end:], ""))
    return [piece for piece in pieces if piece[0]]


def mask_contacts(text: str) -> Masked:
    """Replace contact details in `text` by markers; masking a masked text changes nothing."""
    pieces = split_contacts(text)
    kinds = {kind for _piece, kind in pieces if kind}
    return Masked("".join(marker(kind) if kind else piece for piece, kind in pieces), tuple(sorted(kinds)))


def _narrow(char: str) -> str:
    """Full-width and other compatibility forms as one plain character, or the character itself."""
    folded = unicodedata.normalize("NFKC", char)
    return folded if len(folded) == 1 else char
