"""Nobody learns of a document that is not for him: not by hits, totals, facets, suggestions or corrections."""

from __future__ import annotations

import pytest

from search import SearchEngine
from search.types import Document
from tests.search.factories import PUBLIC, STAFF, counts, find, ids, offering, put

SECRET = "绝密镭射校准台"


@pytest.fixture
def mixed(engine: SearchEngine) -> SearchEngine:
    put(
        engine,
        offering("open", "激光校准服务", facets={"kind": ("service",)}),
        offering("staff", SECRET, audience=("staff",), facets={"kind": ("equipment",)}),
        offering("mine", f"{SECRET}二号", audience=("org:7", "staff"), facets={"kind": ("equipment",)}),
        offering("gone", f"{SECRET}三号", visible=False, facets={"kind": ("equipment",)}),
    )
    engine.warm()
    return engine


@pytest.mark.parametrize(
    ("audience", "seen"),
    [
        (PUBLIC, {"open"}),
        (PUBLIC | {"verified_vendor"}, {"open"}),
        (PUBLIC | {"org:8"}, {"open"}),
        (PUBLIC | {"org:7"}, {"open", "mine"}),
        (STAFF, {"open", "staff", "mine"}),
    ],
)
def test_each_audience_sees_its_own(mixed: SearchEngine, audience: frozenset[str], seen: set[str]) -> None:
    page = find(mixed, audience=audience, facets=("kind",))
    assert set(ids(page)) == seen
    assert page.total == len(seen)
    assert sum(counts(page, "kind").values()) == len(seen)
    assert set(ids(find(mixed, "校准", audience=audience))) == seen
    suggested = {s.ref.id for s in mixed.suggest("校准", audience=audience) if s.ref}
    assert suggested == seen


def test_an_outsider_gets_no_trace_of_a_hidden_title(mixed: SearchEngine) -> None:
    page = find(mixed, SECRET, facets=("kind",), chosen={"kind": ["equipment"]})
    assert page.hits == ()
    assert counts(page, "kind").get("equipment", 0) == 0
    assert mixed.suggest("绝密", audience=PUBLIC) == []
    # a slip of the hidden word is not put right for an outsider
    assert find(mixed, "绝密镭设校准台").corrected is None


def test_every_word_of_a_strangers_audience_counts(mixed: SearchEngine) -> None:
    assert find(mixed, audience=frozenset({"nobody"})).total == 0
    assert find(mixed, audience=frozenset({"org:7 OR staff", "*"})).total == 0


def test_a_hidden_document_leaves_at_once_and_comes_back(mixed: SearchEngine) -> None:
    put(mixed, Document.tombstone("offering", "open", 2))
    assert find(mixed).total == 0
    assert find(mixed, facets=("kind",)).facets["kind"].counts == ()
    put(mixed, offering("open", "激光校准服务", version=3))
    assert ids(find(mixed, "激光")) == ["open"]


def test_a_narrowed_audience_acts_at_once(mixed: SearchEngine) -> None:
    put(mixed, offering("open", "激光校准服务", version=2, audience=("staff",)))
    assert find(mixed).total == 0
    assert set(ids(find(mixed, audience=STAFF))) == {"open", "staff", "mine"}
