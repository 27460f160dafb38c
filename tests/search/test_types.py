"""Neutral types: content hashes, bands, limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest

from search.schema import GO_LIVE_BANDS, KEYWORDS_BY_KIND, PRICE_BANDS, band_of, problem_of
from search.types import Document, Ref
from tests.search.factories import offering

BASE = offering(
    "a",
    "标题",
    "正文",
    keywords=("一", "二"),
    facets={"scenario": ("S01", "S02")},
    numbers={"go_live_days": 3},
)


def test_the_hash_is_of_the_content_only() -> None:
    assert replace(BASE, doc_version=9).content_hash() == BASE.content_hash()
    assert (
        replace(BASE, facets={"scenario": ("S02", "S01"), "kind": ("solution",)}).content_hash()
        == BASE.content_hash()
    )
    later = BASE.published_at
    assert later is not None
    elsewhere = later.astimezone(timezone(timedelta(hours=8)))
    assert replace(BASE, published_at=elsewhere).content_hash() == BASE.content_hash()


@pytest.mark.parametrize(
    "change",
    [
        {"title": "另"},
        {"summary": "另"},
        {"body": "另"},
        {"keywords": ("二", "一")},
        {"organisation": "示例公司"},
        {"audience": ("public",)},
        {"facets": {"kind": ("service",)}},
        {"numbers": {"go_live_days": 4}},
        {"published_at": datetime(2026, 5, 1, tzinfo=UTC)},
        {"visible": False},
    ],
)
def test_every_part_counts(change: dict[str, object]) -> None:
    assert replace(BASE, **change).content_hash() != BASE.content_hash()  # type: ignore[arg-type]


def test_refs_survive_their_key() -> None:
    for ref in (Ref("offering", "6f1c"), Ref("need", "a:b")):
        assert Ref.parse(ref.key) == ref
    assert Document.tombstone("need", "x", 3).is_tombstone


@pytest.mark.parametrize(
    ("fen", "band"),
    [(0, "0-1"), (1_000_000, "0-1"), (1_000_001, "1-5"), (50_000_001, "50+"), (None, None), (-1, None)],
)
def test_price_bands_join_without_gap(fen: int | None, band: str | None) -> None:
    assert band_of(PRICE_BANDS, fen) == band


def test_bands_cover_every_value_once() -> None:
    for bands in (PRICE_BANDS, GO_LIVE_BANDS):
        for before, after in pairwise(bands):
            assert before.at_most is not None
            assert after.at_least == before.at_most + 1
        assert bands[-1].at_most is None


def test_only_listed_fields_pass() -> None:
    assert problem_of(BASE) == ""
    assert "phone" in problem_of(replace(BASE, facets={"phone": ("1",)}))
    for kind in KEYWORDS_BY_KIND:
        assert not {"phone", "contact", "email", "wechat"} & KEYWORDS_BY_KIND[kind]
