"""Measures the product's own search on any labelled corpus, in a scratch index that leaves nothing behind."""

from __future__ import annotations

import gzip
import json
import math
import secrets
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from search import EngineSettings, open_engine
from search.interface import SearchEngine
from search.types import Document, Lexicon, Outcome, Query, SearchUnavailable

_EVERYONE = frozenset({"public"})
_BATCH = 500
_QUERIES_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class LabelledQuery:
    id: str
    set: str
    text: str
    relevant: Mapping[str, int]


@dataclass(slots=True)
class Evaluation:
    """`report` in the shape that the command prints; `runs` holds each query's found ids, for overlaps."""

    report: dict[str, Any]
    runs: dict[str, list[str]] = field(default_factory=dict)


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Objects of a JSON-lines file, gzipped when its name ends in .gz; a bad line names itself."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as handle:
        for number, line in enumerate(handle, 1):
            if line.strip():
                try:
                    row = json.loads(line)
                except ValueError as error:
                    raise ValueError(f"{path.name}, line {number}: not JSON") from error
                if not isinstance(row, dict):
                    raise ValueError(f"{path.name}, line {number}: not an object")
                yield row


def ndcg(found: Sequence[str], relevant: Mapping[str, int], depth: int = 10) -> float:
    """Gains 2^grade − 1, discount log2(rank + 1)."""
    gains = sorted((2**grade - 1 for grade in relevant.values()), reverse=True)[:depth]
    ideal = sum(gain / math.log2(rank + 2) for rank, gain in enumerate(gains))
    real = sum((2 ** relevant.get(i, 0) - 1) / math.log2(rank + 2) for rank, i in enumerate(found[:depth]))
    return real / ideal if ideal else 0.0


def reciprocal_rank(found: Sequence[str], relevant: Mapping[str, int], depth: int = 10) -> float:
    return next(
        (1 / (rank + 1) for rank, i in enumerate(found[:depth]) if relevant.get(i, 0) > 0),
        0.0,
    )


def recall(found: Sequence[str], relevant: Mapping[str, int], depth: int = 100) -> float:
    wanted = {i for i, grade in relevant.items() if grade > 0}
    return len(wanted.intersection(found[:depth])) / len(wanted) if wanted else 0.0


def overlap(one: Mapping[str, Sequence[str]], other: Mapping[str, Sequence[str]], depth: int = 10) -> float:
    """Mean share of the top `depth` that two runs have in common; two empty results agree."""
    shares = [
        len(set(one[q][:depth]) & set(other[q][:depth])) / max(1, len(one[q][:depth]), len(other[q][:depth]))
        if one[q] or other[q]
        else 1.0
        for q in one
    ]
    return sum(shares) / len(shares) if shares else 1.0


def evaluate_search(
    corpus_path: Path,
    queries_path: Path,
    backend: str = "embedded",
    *,
    settings: EngineSettings | None = None,
    lexicon: Lexicon | None = None,
) -> Evaluation:
    """Indexes the corpus (`{id, title?, text}` a line), runs the queries (`{id?, set?, text, relevant}` a line).

    Raises `ValueError` for files that are not so, `SearchUnavailable` when the engine cannot take part.
    `settings` gives an Elasticsearch server's address; its indices here bear a scratch prefix and are removed.
    """
    queries = [_labelled(row, number) for number, row in enumerate(read_lines(queries_path), 1)]
    with tempfile.TemporaryDirectory(prefix="funeng-evaluate-") as folder:
        scratch = replace(
            settings or EngineSettings(),
            backend=backend,
            data_dir=Path(folder),
            index_prefix=f"funeng-evaluate-{secrets.token_hex(4)}",
            search_timeout=30.0,
            write_timeout=60.0,
        )
        engine = open_engine(scratch, lexicon)
        try:
            _fill(engine, corpus_path)
            runs = _run(engine, queries)
        finally:
            if backend == "elasticsearch":
                _drop(engine)
            engine.close()
    return Evaluation(_report(queries, runs), runs)


def _labelled(row: Mapping[str, Any], number: int) -> LabelledQuery:
    relevant, text = row.get("relevant"), row.get("text")
    if not isinstance(text, str) or not isinstance(relevant, dict):
        raise ValueError(f"query {number}: needs text and relevant")  # noqa: TRY004  the file is wrong, not a type
    grades = {str(key): int(grade) for key, grade in relevant.items()}
    return LabelledQuery(str(row.get("id", number)), str(row.get("set", "all")), text, grades)


def _fill(engine: SearchEngine, path: Path) -> None:
    rows = (
        Document(
            kind="offering",
            id=str(row["id"]),
            doc_version=1,
            title=str(row.get("title") or "")[:300],
            body=str(row.get("text") or "")[:50_000],
            audience=("public",),
        )
        for row in read_lines(path)
    )
    with engine.begin_rebuild() as rebuild:
        while batch := list(islice(rows, _BATCH)):
            report = rebuild.write(batch)
            bad = [*report.of(Outcome.REJECTED), *report.of(Outcome.RETRY)]
            if bad:
                raise SearchUnavailable(f"{bad[0].ref.id}: {bad[0].reason}")
        rebuild.publish()


def _run(engine: SearchEngine, queries: Sequence[LabelledQuery]) -> dict[str, list[str]]:
    engine.warm()
    runs: dict[str, list[str]] = {}
    for at in range(0, len(queries), _QUERIES_AT_ONCE):
        some = queries[at : at + _QUERIES_AT_ONCE]
        pages = engine.msearch([Query(_EVERYONE, q.text, size=100, highlight=False) for q in some])
        for query, page in zip(some, pages, strict=True):
            runs[query.id] = [hit.id for hit in page.hits]
    return runs


def _drop(engine: SearchEngine) -> None:
    """Removes the scratch indices of an Elasticsearch run."""
    from search.elastic.engine import ElasticEngine
    from search.guard import GuardedEngine

    inner = engine.engine if isinstance(engine, GuardedEngine) else engine
    if isinstance(inner, ElasticEngine):
        inner.drop_everything()


def _report(queries: Iterable[LabelledQuery], runs: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    sets: dict[str, list[tuple[float, float, float]]] = {}
    for query in queries:
        found = runs[query.id]
        sets.setdefault(query.set, []).append(
            (
                ndcg(found, query.relevant),
                reciprocal_rank(found, query.relevant),
                recall(found, query.relevant),
            )
        )
    names = ("ndcg@10", "mrr@10", "recall@100")
    report: dict[str, dict[str, float]] = {
        name: {
            **{measure: round(sum(row[i] for row in rows) / len(rows), 4) for i, measure in enumerate(names)},
            "queries": len(rows),
        }
        for name, rows in sets.items()
    }
    mean = {
        measure: round(sum(report[name][measure] for name in report) / len(report), 4) if report else 0.0
        for measure in names
    }
    return {"sets": report, "mean": mean}
