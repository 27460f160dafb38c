"""Contact details never survive in free text, and nothing else is touched."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.masking import (
    ADDRESS,
    EMAIL,
    ID_NUMBER,
    PHONE,
    QQ,
    WECHAT,
    find_contacts,
    mask_contacts,
    split_contacts,
    without_markers,
)

CAUGHT = [
    ("电话13800000000，微信同号", PHONE, "13800000000"),
    ("打 138 0000 0000 找我", PHONE, "138 0000 0000"),
    ("１３９００００００００", PHONE, "１３９００００００００"),
    ("一三八零零零零零零零零", PHONE, "一三八零零零零零零零零"),
    ("幺三八零零零零零零零零喊我", PHONE, "幺三八零零零零零零零零"),
    ("+86-138-0000-0000", PHONE, "138-0000-0000"),
    ("座机023-60000000", PHONE, "023-60000000"),
    ("热线 400-000-0000", PHONE, "400-000-0000"),
    ("电话60000000", PHONE, "60000000"),
    ("发到 zhang.san@example.com 谢谢", EMAIL, "zhang.san@example.com"),
    ("vx: zhang_2020", WECHAT, "zhang_2020"),
    ("微信号是abc-12345", WECHAT, "abc-12345"),
    ("QQ 123456789", QQ, "123456789"),
    ("一三九零零零零零零零零", PHONE, "一三九零零零零零零零零"),
    ("幺三勾洞洞洞洞洞洞洞洞", PHONE, "幺三勾洞洞洞洞洞洞洞洞"),
    ("打138OOOOOOOO", PHONE, "138OOOOOOOO"),
    ("①③⑧⓪⓪⓪⓪⓪⓪⓪⓪", PHONE, "①③⑧⓪⓪⓪⓪⓪⓪⓪⓪"),
    ("手机 1 3 8 0 0 0 0 0 0 0 0", PHONE, "1 3 8 0 0 0 0 0 0 0 0"),
    ("13800000000，微信同号", PHONE, "13800000000"),
    ("v信 shili_2020", WECHAT, "shili_2020"),
    ("V：shili2020", WECHAT, "shili2020"),
    ("加薇信shili_2020细说", WECHAT, "shili_2020"),
    ("微信号一二三四五六七八", WECHAT, "一二三四五六七八"),
    ("QQ号：一二三四五六七", QQ, "一二三四五六七"),
    ("q q 12345 6789", QQ, "12345 6789"),
    ("shili艾特example点com", EMAIL, "shili艾特example点com"),
    ("shili @ example . com", EMAIL, "shili @ example . com"),
    ("身份证500101199001011234", ID_NUMBER, "500101199001011234"),
    ("厂在XX工业园3栋2楼，找门卫", ADDRESS, "XX工业园3栋2楼"),
    ("示例大道88号附3号", ADDRESS, "示例大道88号附3号"),
    ("示例村3组", ADDRESS, "示例村3组"),
]
KEPT = [
    "预算20万以内，一个月上线，26台车床",
    "图号从一百多个变成了一千一百多个",
    "S7-1500 的程序，0.01mm，ISO9001",
    "集成电路3层板，电路2号，管路1号阀",
    "2号车间3楼在漏水",
    "信用代码 91509999MA5U12345X",
    "2024年一季度做了三万五千件",
    "订单 2026112300017 晚了三天",
    "微信群里发的通知没人看",
    "微信同号吗？平台上说就行",
    "一套三万八，两台两天装好，九月一日前上线",
    "V: 三相四线，0.4kV；IO 点 16 个，Q235 钢板",
    "零件一号到九号，一二三四五工位各一套",
    "QQ群里的图纸已经过时",
]


@pytest.mark.parametrize(("text", "kind", "secret"), CAUGHT)
def test_contact_details_are_hidden(text: str, kind: str, secret: str) -> None:
    masked = mask_contacts(text)
    assert secret not in masked.text
    assert kind in masked.found
    assert "已隐去" in masked.text


@pytest.mark.parametrize("text", KEPT)
def test_other_figures_and_places_stay(text: str) -> None:
    masked = mask_contacts(text)
    assert masked.text == text
    assert masked.found == ()


@given(st.text(max_size=300))
def test_any_text_is_taken_and_masking_twice_changes_nothing(text: str) -> None:
    once = mask_contacts(text)
    assert mask_contacts(once.text) == type(once)(once.text, ())


@given(st.text(alphabet="0123456789-— 一二三零，A", max_size=2000))
def test_long_runs_of_figures_take_no_long_time(text: str) -> None:
    mask_contacts(text)


def test_machines_read_the_text_without_markers() -> None:
    assert without_markers(mask_contacts("仓库乱，电话13800000000").text).strip() == "仓库乱，电话"


@given(st.text(alphabet="139零一三九０①oOlIvV微信QQ号@点com :：，- ", max_size=80))
def test_the_pieces_are_the_whole_text(text: str) -> None:
    assert "".join(piece for piece, _kind in split_contacts(text)) == text
    found = find_contacts(text)
    assert all(first.stop <= second.start for first, second in itertools.pairwise(found))
