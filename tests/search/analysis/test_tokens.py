"""From raw text to tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.analysis.normalise import aligned, normalise
from search.analysis.tokens import Tokeniser, bigrams_of, latin_tokens, parts_of

PLAIN = Tokeniser()


@pytest.fixture(scope="module")
def tokeniser() -> Tokeniser:
    return Tokeniser(("点检卡", "碳管家"))


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("ＴＰＭ　設備管理", "tpm 设备管理"),
        ("機械臂", "机械臂"),
        ("㎡ ① ５Ｇ", "m2 1 5g"),
        ("设\u200b备\ufeff管理，ＯＫ", "设备管理,ok"),
        ("一行\n两行", "一行\n两行"),
        ("Straße ÄÖ", "straße äö"),
        ("", ""),
    ],
)
def test_normalise(raw: str, normal: str) -> None:
    assert normalise(raw) == normal


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("5g工厂", ["5g"]),
        ("功率3.5kw电机", ["3.5kw"]),
        ("接s7-1500和c++、c#", ["s7-1500", "c++", "c#"]),
        ("iso9001认证", ["iso9001"]),
        ("±0.01mm", ["0.01mm"]),
        ("节省50%", ["50%"]),
        ("erp/mes", ["erp", "mes"]),
        ("a...b", ["a", "b"]),
        ("x" * 100, ["x" * 64]),
    ],
)
def test_latin_number_and_model_tokens(text: str, tokens: list[str]) -> None:
    assert latin_tokens(text) == tokens


def test_parts() -> None:
    assert parts_of("s7-1500") == ["s", "7", "1500"]
    assert parts_of("iso9001") == ["iso", "9001"]
    assert parts_of("3.5kw") == ["3.5", "kw"]
    assert parts_of("mes") == []


def test_streams(tokeniser: Tokeniser) -> None:
    streams = tokeniser.streams("電子點檢卡 S7-1500！")
    assert streams.bigrams == "电子 子点 点检 检卡 s7-1500 s 7 1500"
    assert streams.words.split() == ["电子", "点检卡", "s7-1500", "s", "7", "1500"]
    assert streams.unigrams.split() == ["电", "子", "点", "检", "卡", "s7-1500", "s", "7", "1500"]
    assert bigrams_of("铣") == ["铣"]


def test_the_lexicons_words_guide_segmentation(tokeniser: Tokeniser) -> None:
    assert "碳管家" in tokeniser.cut("无线碳管家套装")
    assert "碳管家" not in PLAIN.cut("无线碳管家套装")
    assert tokeniser.knows("碳管家")


def test_cut_keeps_the_order(tokeniser: Tokeniser) -> None:
    assert tokeniser.cut("用mes管设备") == ["用", "mes", "管", "设备"]


@given(st.lists(st.text(max_size=60), min_size=1, max_size=4))
def test_fields_analysed_together_are_as_if_alone(texts: list[str]) -> None:
    _, together = PLAIN.streams_of(texts)
    assert together == [PLAIN.streams(text) for text in texts]


@given(st.text(max_size=80))
def test_streams_hold_no_blank_or_foreign_token(text: str) -> None:
    streams = PLAIN.streams(text)
    normal = normalise(text.replace("\ue000", " "))
    for stream in (streams.bigrams, streams.words, streams.unigrams):
        for token in stream.split(" "):
            assert token.strip() == token
            assert token in normal
            assert len(token) <= 64 or not token.isascii()


@given(st.text(max_size=80))
def test_alignment_points_into_the_original(text: str) -> None:
    normal, offsets = aligned(text)
    if offsets is None:
        assert len(normal) == len(text)
    else:
        assert len(offsets) == len(normal)
        assert all(0 <= offset < len(text) for offset in offsets)
        assert offsets == sorted(offsets)
