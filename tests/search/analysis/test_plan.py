"""The neutral tree of clauses."""

from __future__ import annotations

import pytest

from search.analysis.plan import AnyOf, BestOf, Node, Scored, Term, build, build_prefix, needed
from search.analysis.synonyms import Synonyms
from search.analysis.tokens import Tokeniser

TOKENISER = Tokeniser()
NONE = Synonyms()


def terms(node: Node) -> list[Term]:
    if isinstance(node, Term):
        return [node]
    children = (node.must, *node.extra) if isinstance(node, Scored) else node.children
    return [term for child in children for term in terms(child)]


def test_short_texts_demand_nearly_all_long_ones_little() -> None:
    assert [needed(n) for n in (1, 2, 3, 5, 8, 9, 30, 200)] == [1, 2, 2, 3, 5, 1, 3, 20]


def test_bigrams_across_words_weigh_less() -> None:
    plan = build("设备管理", TOKENISER, NONE)
    assert isinstance(plan.node, Scored)
    assert isinstance(plan.node.must, AnyOf)
    assert {t.token: t.boost for t in terms(plan.node.must)} == {"设备": 1.0, "备管": 0.6, "管理": 1.0}
    assert plan.node.must.minimum == 2
    assert {t.field for t in terms(plan.node)} == {
        "text_b",
        "text_w",
        "text_u",
        "title_b",
        "title_w",
        "keywords_b",
    }


def test_long_texts_leave_titles_alone_and_stay_bounded() -> None:
    text = "".join(chr(0x4E00 + n) for n in range(3000)) + " ".join(f"w{n}" for n in range(500))
    plan = build(text, TOKENISER, NONE, match="any")
    assert plan.node is not None
    found = terms(plan.node)
    assert len(found) < 1024  # Elasticsearch's limit of clauses
    assert {t.field for t in found} == {"text_b", "text_w", "text_u"}


def test_synonyms_are_alternatives_of_one_unit() -> None:
    synonyms = Synonyms((("设备管理", "TPM"),))
    plan = build("设备管理", TOKENISER, synonyms)
    assert isinstance(plan.node, Scored)
    assert isinstance(plan.node.must, AnyOf)
    (unit,) = plan.node.must.children
    assert isinstance(unit, BestOf)
    assert [t.token for t in terms(unit)] == ["设备", "备管", "管理", "tpm"]
    assert "tpm" in plan.needles


def test_a_latin_synonym_must_be_a_whole_word() -> None:
    synonyms = Synonyms((("erp", "企业资源计划"),))
    assert synonyms.find("erp系统")[0].others == ("企业资源计划",)
    assert synonyms.find("erpx") == []
    assert synonyms.find("上erp") != []


def test_the_longest_term_wins_and_groups_join() -> None:
    synonyms = Synonyms((("设备", "机器"), ("设备管理", "TPM"), ("TPM", "全员生产维护"), ("单",)))
    (group,) = synonyms.find("设备管理")
    assert group.others == ("tpm",)
    assert synonyms.find("tpm")[0].others == ("设备管理", "全员生产维护")
    assert [g.start for g in synonyms.find("设备管设备")] == [0, 3]


@pytest.mark.parametrize("text", ["", "   ", "。。！", "\u200b"])
def test_nothing_to_search_gives_no_tree(text: str) -> None:
    plan = build(text, TOKENISER, NONE)
    assert (plan.node, plan.strict) == (None, None)
    assert build_prefix(text) is None


def test_a_lone_character_is_sought_wherever_it_stands() -> None:
    plan = build("铣", TOKENISER, NONE)
    assert plan.node is not None
    assert terms(plan.node)[0] == Term("text_u", "铣")


def test_a_prefix_keeps_its_last_latin_word_open() -> None:
    node = build_prefix("轻me")
    assert node is not None
    assert [(t.field, t.token) for t in terms(node)] == [("title_u", "轻"), ("prefix", "me")]
