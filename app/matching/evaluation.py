"""Measures the product's own matching on labelled needs, in a scratch index that leaves nothing behind.

Formats: one JSON object a line. An offering `{id, title, text, scenario_codes, pain_points, kind, industries,
price_min_wan, price_max_wan, price_mode, deploy_days, prerequisites, kind_of_vendor}`, any field but `id` may lack; a need
`{id, text, relevant, pain_point, scenario_codes, style}`. Only a need's `text` is read for matching, none of its
labels; a label that the file lacks gives null.
"""

import secrets
import tempfile
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from app.core.money import wan_to_fen
from app.matching.facts import NeedInput
from app.matching.matcher import Matcher
from app.matching.weights import Weights
from app.offerings import pricing
from app.offerings.conditions import codes_of, describe
from app.offerings.facts import OfferingFacts, PackageFacts
from app.offerings.models import OfferingKind
from search import EngineSettings, Lexicon, open_engine
from search.evaluation import ndcg, read_lines, recall, reciprocal_rank
from search.interface import SearchEngine
from search.types import Document, Outcome, SearchUnavailable

_PUBLIC = frozenset({"public"})
_BATCH = 500
_DEPTH = 10
_NAMESPACE = uuid.UUID("6f2d1f0e-7b56-5d0c-9a51-2f3f1c0a77aa")


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled need; `pain_point` and `scenario` are None where the file has no such label."""

    id: str
    text: str
    relevant: Mapping[str, int]
    pain_point: str | None
    scenario: str | None
    style: str


@dataclass(frozen=True, slots=True)
class MatchEvaluation:
    """`report` in the shape that the command prints; `runs` holds each need's ids, for comparing engines."""

    report: dict[str, Any]
    runs: dict[str, list[str]]


def evaluate_match(
    offerings_path: Path,
    needs_path: Path,
    backend: str = "embedded",
    *,
    settings: EngineSettings | None = None,
) -> dict[str, Any]:
    """The figures of `measure` in the shape that `funeng evaluate match --json` prints."""
    return measure(offerings_path, needs_path, backend, settings=settings).report


def measure(
    offerings_path: Path,
    needs_path: Path,
    backend: str = "embedded",
    *,
    settings: EngineSettings | None = None,
    lexicon: Lexicon | None = None,
    weights: Weights | None = None,
) -> MatchEvaluation:
    """Index the offerings, match every need by its text alone, and compare with the labels.

    Raises `ValueError` for files that are not so, `SearchUnavailable` when the engine cannot take part.
    """
    needs = [_labelled(row, number) for number, row in enumerate(read_lines(needs_path), 1)]
    rows = list(read_lines(offerings_path))
    offerings, names = offerings_of(rows)
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
            fill(engine, offerings.values())
            matcher = Matcher(
                engine=engine,
                load=lambda ids: [offerings[ident] for ident in ids if ident in offerings],
                weights=weights or Weights(),
            )
            runs: dict[str, list[str]] = {}
            outcomes: list[dict[str, Any]] = []
            for need in needs:
                result = matcher.match(NeedInput(need.text), audience=_PUBLIC, limit=_DEPTH)
                found = [names[item.offering.id] for item in result.ranking.items]
                runs[need.id] = found
                reading = result.wanted.reading
                outcomes.append(
                    _outcome(
                        need,
                        found,
                        reading.pain_points[0].code if reading.pain_points else None,
                        reading.scenario.code if reading.scenario else None,
                    )
                )
        finally:
            if backend == "elasticsearch":
                _drop(engine)
            engine.close()
    return MatchEvaluation(_report(outcomes), runs)


def _labelled(row: Mapping[str, Any], number: int) -> Labelled:
    text, relevant = row.get("text"), row.get("relevant")
    if not isinstance(text, str) or not isinstance(relevant, dict):
        raise ValueError(f"need {number}: needs text and relevant")  # noqa: TRY004  the file is wrong, not a type
    codes = row.get("scenario_codes")
    return Labelled(
        id=str(row.get("id", number)),
        text=text,
        relevant={str(key): int(grade) for key, grade in relevant.items()},
        pain_point=row.get("pain_point") or None,
        scenario=str(codes[0]) if isinstance(codes, list) and codes else None,
        style=str(row.get("style") or "unknown"),
    )


def offerings_of(rows: Sequence[Mapping[str, Any]]) -> tuple[dict[str, OfferingFacts], dict[uuid.UUID, str]]:
    """Return the file's offerings by their scratch id, and the file's own id of each."""
    names = {uuid.uuid5(_NAMESPACE, str(row["id"])): str(row["id"]) for row in rows}
    if len(names) != len(rows):
        raise ValueError("two offerings have the same id")
    return {str(key): _facts(key, row) for key, row in zip(names, rows, strict=True)}, names


def _facts(key: uuid.UUID, row: Mapping[str, Any]) -> OfferingFacts:
    prerequisites = tuple(str(item) for item in row.get("prerequisites") or ())
    mode, unit = pricing.mode_of_label(str(row.get("price_mode") or ""))
    package = PackageFacts(
        title="标准套餐",
        price_mode=mode,
        price_unit=unit,
        price_label=str(row.get("price_mode") or ""),
        price_min_fen=_fen(row.get("price_min_wan")),
        price_max_fen=_fen(row.get("price_max_wan")),
    )
    low, high = pricing.comparable_span([package])
    kinds = {kind.value: kind for kind in OfferingKind}
    return OfferingFacts(
        id=key,
        kind=kinds.get(str(row.get("kind")), OfferingKind.solution),
        title=str(row.get("title") or "")[:300],
        summary="",
        body=str(row.get("text") or "")[:50_000],
        product_class=None,
        service_class=None,
        scenario_codes=tuple(str(code) for code in row.get("scenario_codes") or ()),
        pain_point_codes=tuple(str(code) for code in row.get("pain_points") or ()),
        industry_codes=tuple(str(code) for code in row.get("industries") or ()),
        go_live_days=_whole(row.get("deploy_days")),
        training_days=None,
        prerequisites=prerequisites,
        condition_codes=frozenset(codes_of(prerequisites)),
        exit_terms="",
        packages=(package,),
        cases=(),
        price_from_fen=low,
        price_to_fen=high,
        price_text=pricing.entry_text([package]),
        organisation_id=key,
        organisation_name="",
        organisation_verified=False,
        district_slug=None,
        vendor_kind=str(row.get("kind_of_vendor") or ""),
        origin="evaluation",
        version=1,
        doc_version=1,
        listed_at=None,
    )


def _fen(value: Any) -> int | None:
    """万元 as fen; what is no amount counts as not given, as on a form."""
    try:
        return None if value is None else wan_to_fen(str(value))
    except ValueError:
        return None


def _whole(value: Any) -> int | None:
    try:
        days = None if value is None else round(float(value))
    except (TypeError, ValueError, OverflowError):
        return None
    return days if days is not None and days > 0 else None


def to_scratch_document(facts: OfferingFacts) -> Document:
    """The text and codes of an offering as the product indexes them, without names of organisations."""
    body = [facts.body, *facts.prerequisites, *describe(facts.condition_codes)]
    facets = {
        "kind": (facts.kind.value,),
        "scenario": facts.scenario_codes,
        "pain_point": facts.pain_point_codes,
    }
    return Document(
        kind="offering",
        id=str(facts.id),
        doc_version=1,
        title=facts.title,
        body="\n".join(body),
        audience=("public",),
        facets={name: values for name, values in facets.items() if values},
    )


def fill(engine: SearchEngine, offerings: Iterable[OfferingFacts]) -> None:
    """Build a fresh index of these offerings; raises `SearchUnavailable` for what the engine refuses."""
    documents = (to_scratch_document(facts) for facts in offerings)
    with engine.begin_rebuild() as rebuild:
        while batch := list(islice(documents, _BATCH)):
            report = rebuild.write(batch)
            bad = [*report.of(Outcome.REJECTED), *report.of(Outcome.RETRY)]
            if bad:
                raise SearchUnavailable(f"{bad[0].ref.id}: {bad[0].reason}")
        rebuild.publish()


def _drop(engine: SearchEngine) -> None:
    """Remove the scratch indices of an Elasticsearch run."""
    drop = getattr(getattr(engine, "engine", engine), "drop_everything", None)
    if drop is not None:
        drop()


def _outcome(need: Labelled, found: Sequence[str], point: str | None, scenario: str | None) -> dict[str, Any]:
    return {
        "style": need.style,
        "ndcg@10": ndcg(found, need.relevant),
        "top1": float(any(need.relevant.get(ident) == 3 for ident in found[:1])),
        "top3": float(any(need.relevant.get(ident) == 3 for ident in found[:3])),
        "recall@10": recall(found, need.relevant, _DEPTH),
        "mrr": reciprocal_rank(found, need.relevant),
        "scenario_accuracy": None if need.scenario is None else float(scenario == need.scenario),
        "pain_point_accuracy": None if need.pain_point is None else float(point == need.pain_point),
    }


_FIGURES = ("ndcg@10", "top1", "top3", "recall@10", "mrr", "scenario_accuracy", "pain_point_accuracy")


def _report(outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    report = _means(outcomes)
    styles = sorted({str(outcome["style"]) for outcome in outcomes})
    report["by_style"] = {
        style: _means([outcome for outcome in outcomes if outcome["style"] == style]) for style in styles
    }
    report["needs"] = len(outcomes)
    return report


def _means(outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in _FIGURES:
        values = [outcome[name] for outcome in outcomes if outcome[name] is not None]
        found[name] = round(sum(values) / len(values), 4) if values else None
    found["needs"] = len(outcomes)
    return found
