"""Composed 示例 documents for load tests: sentences of the demo offerings, mixed anew by a seeded generator."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from search.types import Document

DEMO = Path(__file__).parents[1] / "app" / "data" / "demo" / "offerings.jsonl"
_SEED = 20261123


def documents(count: int) -> Iterator[Document]:
    """The first `count` documents of an endless, always equal stream."""
    rows = [json.loads(line) for line in DEMO.read_text(encoding="utf-8").splitlines()]
    sentences = [s for row in rows for s in row["text"].replace("；", "。").split("。") if len(s) > 6]
    titles = [row["title"] for row in rows]
    start = datetime(2026, 1, 1, tzinfo=UTC)
    draw = random.Random(_SEED)
    for number in range(count):
        row = draw.choice(rows)
        scenarios = tuple(dict.fromkeys([*row["scenario_codes"], f"S{draw.randint(1, 16):02}"]))
        district = f"5001{draw.randint(1, 38):02}"
        yield Document(
            kind="offering",
            id=f"{number:08x}-0000-4000-8000-{draw.getrandbits(48):012x}",
            doc_version=1,
            title=f"{draw.choice(titles)}·{draw.choice(titles)[:6]} {number}",
            summary=draw.choice(sentences),
            body="。".join(draw.choices(sentences, k=5)) + "。",
            keywords=tuple(draw.choices(titles, k=2)),
            organisation=f"示例科技{draw.randint(1, 3000)}号有限公司",
            audience=("public", "staff"),
            facets={
                "kind": (row["kind"],),
                "scenario": scenarios,
                "pain_point": tuple(row["pain_points"]),
                "industry": tuple(f"C{draw.randint(13, 43)}" for _ in range(draw.randint(0, 3))),
                "district": ("50", district),
                "product_class": (draw.choice(("研发设计", "生产制造", "仓储物流", "云网安全", "工业终端")),),
                "organisation": (f"{draw.randint(1, 3000)}",),
                "state": ("listed",),
            },
            numbers={
                "price_from_fen": draw.randint(1, 900) * 100_000,
                "go_live_days": draw.randint(1, 180),
            },
            published_at=start + timedelta(minutes=number),
        )


def queries(count: int) -> list[str]:
    """Fixed texts as visitors type them: titles' words, whole titles, sentences."""
    rows = [json.loads(line) for line in DEMO.read_text(encoding="utf-8").splitlines()]
    draw = random.Random(_SEED + 1)
    texts = []
    for number in range(count):
        row = draw.choice(rows)
        title, text = row["title"], row["text"]
        start = draw.randint(0, max(0, len(title) - 4))
        texts.append([title[start : start + 4], title, text[:16], title[:2]][number % 4])
    return texts
