"""What both engines do alike: plan a query, correct slips, order ties, mark hits, count facets.

An engine only adds `_execute` (run neutral requests), `_title_terms` and storage.
"""

from __future__ import annotations

import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from search import schema
from search.analysis.highlight import Marker
from search.analysis.normalise import aligned, normalise
from search.analysis.plan import Node, Plan, Term, build, build_prefix
from search.analysis.slips import Correction, Vocabulary, holds
from search.analysis.synonyms import Synonyms
from search.analysis.tokens import Tokeniser
from search.encode import SORT_KEYS
from search.types import (
    Facet,
    FacetCount,
    Filter,
    Hit,
    Lexicon,
    Page,
    Query,
    Range,
    Ref,
    SearchUnavailable,
    Segment,
    Sort,
    Suggestion,
)

#: Hits fetched beyond the page, so that equal scores at its edge fall by id; more are fetched if need be.
_SPARE = 20
_MOST_TIED = 2000
_FACET_SIZE = 1000
_VOCABULARY_SECONDS = 60.0
_QUICK_BUILD = 0.05
_UNMATCHABLE = Term("text_b", "\uffff")
_NO_SYNONYMS = Synonyms()
#: Hits in which a piece is looked for as it stands (bigrams alone may lie apart).
_LOOKED_AT = 20


@dataclass(frozen=True, slots=True)
class Request:
    """One engine query. `size` counts from the first hit; a facet's own filters are left out of its counts."""

    node: Node | None
    audience: frozenset[str]
    filters: tuple[Filter, ...] = ()
    ranges: tuple[Range, ...] = ()
    facets: tuple[str, ...] = ()
    sort: str | None = None
    ascending: bool = True
    size: int = 0
    facet_size: int = _FACET_SIZE


@dataclass(slots=True)
class Found:
    """One hit before it is ordered; `load` fetches key and source only when they are needed."""

    score: float
    key: str = ""
    source: str = ""
    handle: object = None


@dataclass(frozen=True, slots=True)
class Response:
    total: int
    found: list[Found]
    facets: dict[str, list[tuple[str, int]]] = field(default_factory=dict)


class EngineBase(ABC):
    """Searching on top of an engine's `_execute`."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon_lock = threading.Lock()
        self._vocabulary: tuple[object, float, float, Vocabulary] | None = None
        self._vocabulary_thread: threading.Thread | None = None
        self.use_lexicon(lexicon)

    @property
    def lexicon(self) -> Lexicon:
        return self._lexicon

    def use_lexicon(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._synonyms = Synonyms(lexicon.synonyms)
        self._vocabulary = None

    # -- what an engine adds -------------------------------------------------------------------------------

    @abstractmethod
    def _execute(self, requests: Sequence[Request]) -> list[Response]: ...

    @abstractmethod
    def _load(self, found: Sequence[Found]) -> None:
        """Fills in key and source of hits that lack them."""

    @abstractmethod
    def _state(self) -> object:
        """Compares equal as long as the index has not changed."""

    @abstractmethod
    def _serving_tokeniser(self) -> Tokeniser: ...

    def warm(self) -> None:
        normalise("预热")
        with suppress(SearchUnavailable):
            build("预热", self._serving_tokeniser(), self._synonyms)
            self.vocabulary().corrections("预热", self._serving_tokeniser())

    # -- search --------------------------------------------------------------------------------------------

    def search(self, query: Query) -> Page:
        return self.msearch([query])[0]

    def msearch(self, queries: Sequence[Query]) -> list[Page]:
        started = time.perf_counter()
        tokeniser = self._serving_tokeniser()
        plans = [build(q.text, tokeniser, self._synonyms, match=q.match) for q in queries]
        corrected: list[str | None] = [None] * len(queries)
        for index, query in enumerate(queries):
            if query.correct and plans[index].node is not None:
                better = self._corrected(query, plans[index], tokeniser)
                if better is not None:
                    corrected[index], plans[index] = better
        requests = [self._request(q, p) for q, p in zip(queries, plans, strict=True)]
        responses = self._execute(requests)
        loosened = self._loosen(queries, requests, responses, corrected, tokeniser)
        pages = []
        for index, (query, request, response) in enumerate(zip(queries, requests, responses, strict=True)):
            found = self._ordered(query, request, response)
            facets = {name: _facet(name, query, response.facets.get(name, [])) for name in query.facets}
            hits = self._hits(query, plans[index], found)
            took = (time.perf_counter() - started) * 1000
            pages.append(Page(hits, response.total, facets, corrected[index], index in loosened, took))
        return pages

    def _loosen(
        self,
        queries: Sequence[Query],
        requests: list[Request],
        responses: list[Response],
        corrected: list[str | None],
        tokeniser: Tokeniser,
    ) -> set[int]:
        """Where no document at all holds most of a text, asks again for any of it (in place).

        An emptiness that the visitor's filters made stays: the page then says what to loosen.
        """
        empty = [
            index
            for index, (query, response) in enumerate(zip(queries, responses, strict=True))
            if response.total == 0 and query.match == "most" and requests[index].node is not None
        ]
        if not empty:
            return set()
        bare = [Request(requests[index].node, queries[index].audience) for index in empty]
        hopeless = [i for i, answer in zip(empty, self._execute(bare), strict=True) if answer.total == 0]
        for index in hopeless:
            text = corrected[index] or queries[index].text
            node = build(text, tokeniser, self._synonyms, match="any").node or _UNMATCHABLE
            requests[index] = replace(requests[index], node=node)
        for index, response in zip(
            hopeless, self._execute([requests[i] for i in hopeless]) if hopeless else [], strict=True
        ):
            responses[index] = response
        return {index for index in hopeless if responses[index].total}

    def _request(self, query: Query, plan: Plan) -> Request:
        unknown = {f.field for f in query.filters} | set(query.facets)
        unknown = (unknown - set(schema.KEYWORDS)) | ({r.field for r in query.ranges} - set(schema.NUMBERS))
        if unknown:
            raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
        sort, ascending = None, True
        if query.sort is not Sort.RELEVANCE:
            sort, ascending = SORT_KEYS[query.sort]
        elif plan.node is None:
            sort, ascending = SORT_KEYS[Sort.NEWEST]
        node = plan.node
        if node is None and query.text.strip():
            node = _UNMATCHABLE  # punctuation only: nothing can match it, and all would be a surprise
        return Request(
            node=node,
            audience=query.audience,
            filters=tuple(f for f in query.filters if f.values),
            ranges=query.ranges,
            facets=query.facets,
            sort=sort,
            ascending=ascending,
            size=query.offset + query.size + _SPARE if query.size else 0,
        )

    def _ordered(self, query: Query, request: Request, response: Response) -> list[Found]:
        """The page's hits: by rounded score, then id; fetches more while a tie runs past what was fetched."""
        if not query.size:
            return []
        found, last = response.found, query.offset + query.size
        if request.sort is None:
            size = request.size
            while (
                len(found) == size
                and len(found) >= last
                and round(found[-1].score, 4) == round(found[last - 1].score, 4)
                and size < _MOST_TIED
            ):
                size = min(_MOST_TIED, size * 2)
                found = self._execute([replace(request, size=size, facets=())])[0].found
            self._load(_tied(found, query.offset, last))
            found = sorted(found, key=lambda f: (-round(f.score, 4), f.key))
        return found[query.offset : last]

    def _hits(self, query: Query, plan: Plan, found: list[Found]) -> tuple[Hit, ...]:
        self._load(found)
        marker = Marker(plan.needles)
        hits = []
        for item in found:
            ref = Ref.parse(item.key)
            title, text, _, plain = json.loads(item.source) if item.source else ("", "", "", True)
            highlights: dict[str, tuple[Segment, ...]] = {}
            if query.highlight:
                highlights = {
                    "title": marker.mark(title, plain=plain),
                    "text": marker.excerpt(text, plain=plain),
                }
            hits.append(Hit(ref.kind, ref.id, round(item.score, 4), title, highlights))
        return tuple(hits)

    # -- slips ---------------------------------------------------------------------------------------------

    def _corrected(self, query: Query, plan: Plan, tokeniser: Tokeniser) -> tuple[str, Plan] | None:
        """A better spelling, when nothing that this audience may see holds what was typed."""
        candidates = self.vocabulary().corrections(plan.normal, tokeniser)
        if not candidates:
            return None
        if self._held([plan.normal], query.audience, tokeniser)[0]:
            return None
        for candidate in candidates:
            typed = plan.normal[candidate.start : candidate.end]
            pieces = [normalise(candidate.text), typed, normalise(candidate.term)]
            whole, typed_is, term_is = self._held(pieces, query.audience, tokeniser)
            if whole or (not typed_is and (candidate.own or (term_is and not candidate.doubtful))):
                better = build(candidate.text, tokeniser, self._synonyms, match=query.match)
                return _spelled(query.text, plan.normal, candidate), better
        return None

    def _held(self, pieces: Sequence[str], audience: frozenset[str], tokeniser: Tokeniser) -> list[bool]:
        """For each piece, whether a document of this audience holds it as it stands."""
        plans = [build(piece, tokeniser, _NO_SYNONYMS).strict or _UNMATCHABLE for piece in pieces]
        answers = self._execute([Request(node, audience, size=_LOOKED_AT) for node in plans])
        return [
            any(self._holds(item, piece, tokeniser) for item in answer.found)
            for piece, answer in zip(pieces, answers, strict=True)
        ]

    def _holds(self, item: Found, piece: str, tokeniser: Tokeniser) -> bool:
        self._load([item])
        return holds(normalise(item.source), piece, tokeniser)

    def vocabulary(self) -> Vocabulary:
        """Right spellings: the lexicon's and what public titles hold. Renewed in the background when stale."""
        state, now = self._state(), time.monotonic()
        current = self._vocabulary
        if current is None:
            with self._lexicon_lock:
                current = self._vocabulary or self._build_vocabulary()
            return current[3]
        known, built_at, took, vocabulary = current
        if known != state:
            if took < _QUICK_BUILD:
                return self._build_vocabulary()[3]
            if now - built_at > _VOCABULARY_SECONDS and (
                self._vocabulary_thread is None or not self._vocabulary_thread.is_alive()
            ):
                self._vocabulary_thread = threading.Thread(target=self._renew_vocabulary, daemon=True)
                self._vocabulary_thread.start()
        return vocabulary

    def _renew_vocabulary(self) -> None:
        try:
            self._build_vocabulary()
        except Exception:  # noqa: BLE001  a failed renewal keeps the old vocabulary; searching reports the engine
            return

    def _build_vocabulary(self) -> tuple[object, float, float, Vocabulary]:
        started = time.monotonic()
        state = self._state()
        public = Request(None, frozenset({"public"}), facets=("vocab",), facet_size=20_000)
        counts = dict(self._execute([public])[0].facets.get("vocab", []))
        lexicon = self._lexicon
        own = [*lexicon.terms, *lexicon.words, *(term for group in lexicon.synonyms for term in group)]
        vocabulary = Vocabulary(counts, own)
        ended = time.monotonic()
        entry = (state, ended, ended - started, vocabulary)
        if lexicon is self._lexicon:
            self._vocabulary = entry
        return entry

    # -- suggestions ---------------------------------------------------------------------------------------

    def suggest(self, prefix: str, *, audience: frozenset[str], size: int = 8) -> list[Suggestion]:
        normal = normalise(prefix[:60]).strip()
        node = build_prefix(prefix[:60])
        if node is None:
            return []
        tokeniser = self._serving_tokeniser()
        terms = self.vocabulary().with_prefix(normal, 6)
        checks = [Request(build(term, tokeniser, self._synonyms).strict, audience) for term in terms]
        titles = Request(node, audience, size=max(size * 6, 40))
        answers = self._execute([titles, *checks])
        found = answers[0].found
        self._load(found)
        marker = Marker([normal])
        ranked = []
        for item in found:
            title = json.loads(item.source)[0] if item.source else ""
            at = normalise(title).find(normal)
            ranked.append((at != 0, at < 0, -round(item.score, 4), item.key, title))
        suggestions = [
            Suggestion(term, marker.mark(term))
            for term, answer in zip(terms, answers[1:], strict=True)
            if answer.total
        ][: max(1, size // 2)]
        seen = {s.text for s in suggestions}
        for _, _, _, key, title in sorted(ranked):
            if title and title not in seen and len(suggestions) < size:
                seen.add(title)
                suggestions.append(Suggestion(title, marker.mark(title), Ref.parse(key)))
        return suggestions


def _tied(found: list[Found], first: int, last: int) -> list[Found]:
    """The hits whose place on [first, last) an equal score leaves open."""
    rounded = [round(f.score, 4) for f in found]
    if not rounded:
        return []
    top, bottom = rounded[min(first, len(rounded) - 1)], rounded[min(last, len(rounded)) - 1]
    return [f for f, score in zip(found, rounded, strict=True) if bottom <= score <= top]


def _facet(name: str, query: Query, counts: list[tuple[str, int]]) -> Facet:
    chosen = {value for f in query.filters if f.field == name for value in f.values}
    ordered = sorted(counts, key=lambda item: (-item[1], item[0]))
    known = {value for value, _ in ordered}
    ordered += [(value, 0) for value in sorted(chosen - known)]
    return Facet(name, tuple(FacetCount(value, count, value in chosen) for value, count in ordered))


def _spelled(text: str, normal: str, correction: Correction) -> str:
    """The correction in the visitor's own spelling of the rest."""
    whole, offsets = aligned(text)
    if whole != normal:
        return correction.text
    start = correction.start if offsets is None else offsets[correction.start]
    end = correction.end if offsets is None else offsets[correction.end - 1] + 1
    return text[:start] + correction.term + text[end:]
