"""The one way from a need to its list: understand, find candidates, load their facts, rank, advise.

The page, the API, a posted need and `evaluation` all come through here; they differ in the loader alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from app.matching.advice import Advice, advise
from app.matching.factors import Scene
from app.matching.facts import NeedInput, Wanted
from app.matching.ranking import Ranking, rank
from app.matching.reading.reader import Reader, shipped_reader
from app.matching.retrieval import Candidates, find_candidates
from app.matching.understanding import understand
from app.matching.weights import Weights
from app.offerings.facts import OfferingFacts
from search import SearchEngine
from search.types import SearchUnavailable

Loader = Callable[[Sequence[str]], Sequence[OfferingFacts]]
Fallback = Callable[[Wanted], Sequence[str]]


@dataclass(frozen=True, slots=True)
class MatchResult:
    """Everything about one matching. `degraded` says that the engine was away (「简化检索」)."""

    wanted: Wanted
    ranking: Ranking
    advice: tuple[Advice, ...]
    degraded: bool = False


@dataclass(frozen=True, slots=True)
class Matcher:
    """`load` gives the facts of listed offerings by id; `fallback` their ids when the engine is away."""

    engine: SearchEngine
    load: Loader
    weights: Weights = field(default_factory=Weights)
    reader: Reader = field(default_factory=shipped_reader)
    industry_names: Mapping[str, str] = field(default_factory=dict)
    district_names: Mapping[str, str] = field(default_factory=dict)
    fallback: Fallback | None = None

    def match(self, need: NeedInput, *, audience: frozenset[str], limit: int = 10) -> MatchResult:
        """The ranked, explained list for one need; never raises for what a text holds."""
        wanted = understand(need, self.reader)
        degraded = False
        try:
            candidates = find_candidates(self.engine, wanted, audience=audience)
        except SearchUnavailable:
            degraded = True
            ids = tuple(self.fallback(wanted)) if self.fallback else ()
            candidates = Candidates(ids, {})
        if not answers(wanted):
            candidates = Candidates((), {})
        scene = Scene(
            weights=self.weights,
            text_scores=candidates.text_scores,
            industry_names=self.industry_names
            or {term.code: term.name for term in self.reader.lexicon.industries},
            district_names=self.district_names,
        )
        ranking = rank(wanted, self.load(candidates.ids), scene, limit=limit)
        return MatchResult(wanted, ranking, advise(wanted, ranking), degraded)


def answers(wanted: Wanted) -> bool:
    """Whether a list of offerings is an honest answer at all; not for small talk or policy questions."""
    reading = wanted.reading
    if reading.pain_points or reading.scenarios:
        return True
    if reading.has("out_of_scope") or reading.script == "empty":
        return False
    return not any(reading.has(topic) for topic in ("policy", "level_assessment", "bandwagon", "diagnose"))
