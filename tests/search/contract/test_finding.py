"""What a visitor's text finds, in which order, with which counts."""

from __future__ import annotations

import pytest

from search import SearchEngine
from search.types import Query, Range, SearchUnavailable, Sort
from tests.search.factories import PUBLIC, counts, find, ids, offering, put


@pytest.fixture
def shop(engine: SearchEngine) -> SearchEngine:
    """A small catalogue with prices, days and scenarios."""
    put(
        engine,
        offering(
            "a",
            "设备点检小程序",
            "扫码点检，逾期提醒。",
            facets={"kind": ("solution",), "scenario": ("S08",), "district": ("500112", "50")},
            numbers={"price_from_fen": 800_000, "go_live_days": 3},
        ),
        offering(
            "b",
            "TPM 自主保养看板",
            "保养计划与 OEE 统计。",
            facets={"kind": ("solution",), "scenario": ("S08", "S06"), "district": ("500113", "50")},
            numbers={"price_from_fen": 3_000_000, "go_live_days": 30},
        ),
        offering(
            "c",
            "能源管理平台",
            "分项计量，峰谷分析，接入 S7-1500 与 3.5kW 以上电机。",
            facets={"kind": ("service",), "scenario": ("S10",), "district": ("500112", "50")},
            numbers={"price_from_fen": 30_000_000},
        ),
        offering("d", "叉车安全雷达", "防碰撞预警。", facets={"kind": ("equipment",), "scenario": ("S09",)}),
    )
    return engine


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("设备点检", "a"),
        ("設備點檢", "a"),  # traditional characters
        ("ＴＰＭ", "b"),  # full width
        ("tpm", "b"),
        ("能源管理", "c"),
        ("s7-1500", "c"),
        ("S7 1500", "c"),  # a model number in pieces
        ("3.5kw", "c"),
        ("叉", "d"),  # one character
        ("安全 雷达", "d"),
    ],
)
def test_the_fitting_document_comes_first(shop: SearchEngine, text: str, first: str) -> None:
    assert ids(find(shop, text))[:1] == [first]


def test_synonyms_find_each_other(shop: SearchEngine) -> None:
    assert "b" in ids(find(shop, "设备管理"))
    assert ids(find(shop, "能耗监测"))[:1] == ["c"]


def test_a_changed_lexicon_acts_at_once(shop: SearchEngine) -> None:
    assert "d" not in ids(find(shop, "堆高车"))
    from search import Lexicon

    shop.use_lexicon(Lexicon("test-2", words=("点检卡",), synonyms=(("堆高车", "叉车"),)))
    assert ids(find(shop, "堆高车")) == ["d"]
    assert shop.lexicon.version == "test-2"


def test_nothing_matches_punctuation_or_nonsense(shop: SearchEngine) -> None:
    assert find(shop, "。。、").total == 0
    assert find(shop, "量子咖啡").total == 0


@pytest.mark.parametrize(
    "text", ['title:"a" OR *', "a AND (", "\\", "+-&|!(){}[]^~?:", "'; DROP TABLE", "\x00\u200b", "＊" * 200]
)
def test_query_syntax_is_plain_text(shop: SearchEngine, text: str) -> None:
    find(shop, text)
    shop.suggest(text, audience=PUBLIC)


def test_a_long_text_is_ranked(shop: SearchEngine) -> None:
    story = "我们厂里叉车老是撞到人，去年出过两次事故，想找个防碰撞的东西，最好便宜一点。" * 40
    assert ids(find(shop, story, match="any"))[0] == "d"


def test_an_empty_text_lists_the_newest(shop: SearchEngine) -> None:
    page = find(shop)
    assert page.total == 4
    assert sorted(ids(page)) == ["a", "b", "c", "d"]


def test_facets_are_or_within_and_between_and_ignore_their_own_choice(shop: SearchEngine) -> None:
    facets = ("kind", "scenario", "price_band", "go_live_band")
    everything = find(shop, facets=facets)
    assert counts(everything, "kind") == {"solution": 2, "service": 1, "equipment": 1}
    assert counts(everything, "price_band") == {"0-1": 1, "1-5": 1, "20-50": 1}
    assert counts(everything, "go_live_band") == {"0-7": 1, "8-30": 1}

    either = find(shop, facets=facets, chosen={"kind": ["solution", "service"]})
    assert either.total == 3
    assert counts(either, "kind") == {"solution": 2, "service": 1, "equipment": 1}
    assert counts(either, "scenario") == {"S08": 2, "S06": 1, "S10": 1}
    assert [c.value for c in either.facets["kind"].counts if c.selected] == ["solution", "service"]

    both = find(shop, facets=facets, chosen={"kind": ["solution"], "scenario": ["S06"]})
    assert ids(both) == ["b"]
    assert counts(both, "kind") == {"solution": 1}
    assert counts(both, "scenario") == {"S08": 2, "S06": 1}
    assert counts(both, "price_band") == {"1-5": 1}


def test_a_choice_without_hits_stays_visible(shop: SearchEngine) -> None:
    page = find(shop, "叉车", facets=("kind",), chosen={"kind": ["service"]})
    assert page.total == 0
    assert counts(page, "kind") == {"equipment": 1, "service": 0}


def test_filters_on_ancestors_and_ranges(shop: SearchEngine) -> None:
    assert find(shop, chosen={"district": ["50"]}).total == 3
    assert ids(find(shop, ranges=(Range("price_from_fen", at_most=1_000_000),))) == ["a"]
    assert ids(find(shop, ranges=(Range("go_live_days", 10, 40),))) == ["b"]
    assert find(shop, ranges=(Range("go_live_days", 0),)).total == 2


def test_unknown_fields_are_a_mistake_of_the_caller(shop: SearchEngine) -> None:
    with pytest.raises(ValueError, match="unknown fields: phone"):
        find(shop, chosen={"phone": ["1"]})
    with pytest.raises(ValueError, match="unknown fields"):
        find(shop, facets=("audience",))
    with pytest.raises(ValueError, match="audience"):
        Query(frozenset(), "设备")


def test_sorting_puts_missing_values_last(shop: SearchEngine) -> None:
    assert ids(find(shop, sort=Sort.PRICE_UP)) == ["a", "b", "c", "d"]
    assert ids(find(shop, sort=Sort.PRICE_DOWN)) == ["c", "b", "a", "d"]
    assert ids(find(shop, sort=Sort.GO_LIVE))[:2] == ["a", "b"]


def test_pages_join_without_gap_or_repeat_even_among_equals(engine: SearchEngine) -> None:
    put(engine, *(offering(f"x{n:03}", "同名的云平台", "同样的正文") for n in range(137)))
    pages = [ids(find(engine, "云平台", offset=at, size=10)) for at in range(0, 140, 10)]
    joined = [i for page in pages for i in page]
    assert joined == [f"x{n:03}" for n in range(137)]  # equal scores fall by id
    by_price = [
        i for at in range(0, 140, 10) for i in ids(find(engine, sort=Sort.PRICE_UP, offset=at, size=10))
    ]
    assert sorted(by_price) == joined


def test_highlights_are_segments_of_the_original_text(shop: SearchEngine) -> None:
    hit = find(shop, "設備點檢").hits[0]
    assert [(s.text, s.hit) for s in hit.highlights["title"]] == [("设备点检", True), ("小程序", False)]
    assert any(s.hit and s.text == "点检" for s in hit.highlights["text"])
    assert find(shop, "设备", highlight=False).hits[0].highlights == {}


def test_stored_scripts_stay_text(engine: SearchEngine) -> None:
    put(engine, offering("x", "<script>alert(1)</script>点检卡"))
    segments = find(engine, "点检卡").hits[0].highlights["title"]
    assert "".join(s.text for s in segments) == "<script>alert(1)</script>点检卡"


def test_a_text_that_nothing_fully_matches_is_loosened_but_filters_are_not(shop: SearchEngine) -> None:
    page = find(shop, "叉车抓取上料")
    assert page.loosened
    assert ids(page) == ["d"]
    strict = find(shop, "叉车安全", chosen={"kind": ["solution"]})
    assert (strict.total, strict.loosened) == (0, False)


def test_slips_are_put_right_and_told(shop: SearchEngine) -> None:
    shop.warm()
    page = find(shop, "设备点捡")
    assert (page.corrected, ids(page)[0]) == ("设备点检", "a")
    assert find(shop, "设备点捡", correct=False).corrected is None
    assert find(shop, "SCADE").corrected == "SCADA"
    assert find(shop, "设备点检").corrected is None


def test_suggestions_complete_titles_and_terms(shop: SearchEngine) -> None:
    assert [s.text for s in shop.suggest("叉", audience=PUBLIC)] == ["叉车安全雷达"]
    found = shop.suggest("TP", audience=PUBLIC)
    assert found[0].text == "TPM"
    assert found[0].ref is None
    assert found[1].ref is not None
    assert found[1].ref.id == "b"
    assert [s.text for s in shop.suggest("能源", audience=PUBLIC)] == ["能源管理", "能源管理平台"]
    assert shop.suggest("", audience=PUBLIC) == []
    assert shop.suggest("  ", audience=PUBLIC) == []


def test_several_searches_in_one_go(shop: SearchEngine) -> None:
    pages = shop.msearch([Query(PUBLIC, "叉车"), Query(PUBLIC, "无此物品", size=0), Query(PUBLIC, size=0)])
    assert [page.total for page in pages] == [1, 0, 4]
    assert ids(pages[0]) == ["d"]


def test_no_index_yet_means_unavailable_not_empty(engine: SearchEngine) -> None:
    with pytest.raises(SearchUnavailable):
        find(engine, "设备")
