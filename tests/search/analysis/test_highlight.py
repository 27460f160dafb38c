"""Marked pieces of the original text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from search.analysis.highlight import Marker


def marked(needles: list[str], text: str) -> list[str]:
    return [s.text for s in Marker(needles).mark(text) if s.hit]


def test_marks_the_original_spelling() -> None:
    assert marked(["设备", "tpm"], "設備的ＴＰＭ") == ["設備", "ＴＰＭ"]
    assert marked(["m2"], "一百㎡厂房") == ["㎡"]


def test_neighbours_and_overlaps_join() -> None:
    assert marked(["设备", "管理", "备管"], "设备管理系统") == ["设备管理"]


def test_latin_only_as_a_whole_word() -> None:
    assert marked(["mes"], "times MES 轻mes版") == ["MES", "mes"]


def test_pairs_help_when_nothing_whole_is_there() -> None:
    assert marked(["设备点检卡"], "点检打卡") == ["点检"]


def test_an_excerpt_goes_where_the_hits_are() -> None:
    text = "这是一段很长的开头。" * 30 + "关键在设备点检。后面还有。" + "尾巴。" * 50
    pieces = Marker(["设备点检"]).excerpt(text, 40)
    assert pieces[0].text == "…"
    assert pieces[-1].text == "…"
    assert [p.text for p in pieces if p.hit] == ["设备点检"]
    assert len("".join(p.text for p in pieces)) <= 42
    assert pieces[1].text.startswith("关键在")


@given(st.text(max_size=60), st.lists(st.text(min_size=1, max_size=4), max_size=4))
def test_segments_always_join_to_the_text(text: str, needles: list[str]) -> None:
    marker = Marker(needles)
    assert "".join(s.text for s in marker.mark(text)) == text
    assert "".join(s.text for s in marker.excerpt(text, 1000)) == text
