"""`Reader.read`: one text in, one `Reading` out. Built once per lexicon, then only read.

Whole text and single clauses are both asked for their pain point: the whole decides the order, the clauses show
several troubles in one breath and give the words that each was read from.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.core.masking import KIND_NAMES, mask_contacts
from app.matching.reading import foreign
from app.matching.reading.classifier import Classifier, Example, grams
from app.matching.reading.lexicon import PainPointEntry, ReadingLexicon, load_lexicon
from app.matching.reading.phrases import find_terms
from app.matching.reading.quantities import find_figures
from app.matching.reading.types import (
    Condition,
    IndustryHint,
    Quantity,
    Reading,
    ReadPainPoint,
    ReadScenario,
    Span,
)
from search.analysis.normalise import aligned, normalise

LONGEST_TEXT = 2000

_MARKER = re.compile("|".join(re.escape(f"［{name}已隐去］") for name in KIND_NAMES.values()))
_SENTENCE = re.compile(r"[^。！？!?；;\n\r]+")
_CLAUSE = re.compile(r"[^。！？!?；;\n\r，,、…~～]+")

#: Thresholds in per mille; composed (中心规则), fitted on composed sentences held apart.
_SHOWN = 250  # belief of the whole text from which a pain point is shown
_SHOWN_BY_CLAUSE = 600  # belief of one clause from which its pain point is shown beside the first
_KEPT = 5  # weights below this are dropped
_MOST_SHOWN = 5
_CLAUSE_SHARE = 0.3  # how much the clauses say beside the whole
_SHORTEST_CLAUSE = 4
_MOST_CLAUSES = 60
_MOST_NAMED = 2  # pain points taken from cues alone, as in a search box: APS, 危废台账
_NAMED = 700
_MANY_CLAUSES = 6  # a text of more clauses is also read by its sentences
_SPEAKS = 2.0  # evidence below which a short text says nothing that the lexicon knows
_SPEAKS_CLAUSE = 2.0  # the same for one clause without a cue
_LONG = 24  # features from which a text always speaks: small talk is short

#: Topics that make a text a question rather than a trouble, unless the rest of it speaks of one.
_QUESTIONS = frozenset(
    {"policy", "level_assessment", "diagnose", "bandwagon", "small_shop", "out_of_scope", "complaint"}
)
#: Topics whose own words say nothing about the trouble; they are blanked before the text is judged.
_MANNER = frozenset({"pay_by_result", "call_me", "how_much", "order_of_work", "complaint"})
#: What an angry person did not ask for: “给我推设备”.
_UNWANTED = re.compile(r"(?:你们?)?(?:老是?|又)?给我推荐?(?:的是|了)?[^，。！？,!?]{1,8}")


@dataclass(frozen=True, slots=True)
class _Clause:
    start: int
    end: int
    text: str


class Reader:
    """Reads texts with one lexicon; safe to share by threads."""

    def __init__(self, lexicon: ReadingLexicon) -> None:
        self.lexicon = lexicon
        self._entries: Mapping[str, PainPointEntry] = {entry.code: entry for entry in lexicon.pain_points}
        self._codes = tuple(self._entries)
        examples = list(_examples(lexicon))
        self._classifier = Classifier(
            self._codes,
            examples,
            [Example(entry.code, cue) for entry in lexicon.pain_points for cue in entry.cues],
        )
        self._examples = examples
        self._sound: Classifier | None = None

    def read(self, text: str) -> Reading:
        """The reading of up to `LONGEST_TEXT` characters; never fails, whatever the text holds."""
        masked = mask_contacts(text[:LONGEST_TEXT])
        readable = _MARKER.sub(lambda match: " " * len(match.group()), masked.text)
        normal, offsets = aligned(readable)
        script = foreign.script_of(normal)
        topics = tuple(found.term.code for found in find_terms(normal, self.lexicon.topics))
        conditions = tuple(
            Condition(
                found.term.code,
                found.term.name,
                (span := _span(found.start, found.end, offsets)).of(masked.text),
                span,
            )
            for found in find_terms(normal, self.lexicon.conditions)
        )
        quantities = tuple(
            Quantity(
                figure.key,
                figure.value,
                (span := _span(figure.start, figure.end, offsets)).of(masked.text),
                span,
            )
            for figure in find_figures(normal)
        )
        industries = tuple(
            dict.fromkeys(
                IndustryHint(found.term.code, found.pattern)
                for found in find_terms(normal, self.lexicon.industries)
            )
        )
        quiet = self._quieted(readable, normal, offsets, topics)
        beliefs, shown, search_text = self._pain_points(quiet, normal, script, topics)
        return Reading(
            text=masked.text,
            masked=masked.found,
            pain_points=shown,
            weights=beliefs,
            scenarios=self.scenarios_of(beliefs)
            if shown
            else self._named_scenarios(normalise(quiet), topics),
            quantities=quantities,
            conditions=conditions,
            industries=industries,
            topics=topics,
            script=script,
            search_text=search_text,
            lexicon_version=self.lexicon.version,
        )

    def _quieted(
        self, readable: str, normal: str, offsets: Sequence[int] | None, topics: Sequence[str]
    ) -> str:
        """The text with words of mere manner blanked, every other character in its place."""
        manner = [term for term in self.lexicon.topics if term.code in _MANNER and term.code in topics]
        for found in find_terms(normal, manner):
            span = _span(found.start, found.end, offsets)
            readable = readable[: span.start] + " " * (span.end - span.start) + readable[span.end :]
        if "complaint" in topics:
            readable = _UNWANTED.sub(lambda match: " " * len(match.group()), readable)
        return readable

    def _pain_points(
        self, readable: str, normal: str, script: str, topics: Sequence[str]
    ) -> tuple[dict[str, int], tuple[ReadPainPoint, ...], str]:
        if script == foreign.EMPTY:
            return {}, (), ""
        named = script != foreign.HAN and self._classifier.named(normal)
        if script == foreign.PINYIN and not named:
            sounds = foreign.sound_of_pinyin(normal)
            beliefs = self._beliefs(self._by_sound.probabilities(sounds))
            shown = self._shown(beliefs, {}, {})
            return beliefs, shown, " ".join(self._entries[item.code].name for item in shown) or normal
        text = readable
        if script != foreign.HAN:
            text = foreign.translate(normal, self.lexicon.english)
            if named:
                text = f"{normal} {text}"  # APS, MES and the like are words of the trade
            if not text:
                return {}, (), normal
        clauses = self._clauses(text, _CLAUSE)
        if len(clauses) > _MANY_CLAUSES:
            clauses += self._clauses(text, _SENTENCE)
        whole = self._classifier.probabilities(text)
        by_clause = [(clause, self._classifier.probabilities(clause.text)) for clause in clauses]
        if not self._speaks(text, normal, whole, topics):
            codes = [] if _QUESTIONS.intersection(topics) else self._classifier.named(text)[:_MOST_NAMED]
            beliefs = dict.fromkeys(codes, _NAMED // max(1, len(codes)))
            return beliefs, self._shown(beliefs, beliefs, {}), text
        beliefs = self._beliefs(_mixed(whole, [belief for _, belief in by_clause]))
        best: dict[str, int] = {}
        for clause, belief in by_clause:
            top = max(range(len(belief)), key=lambda at: (belief[at], -at))
            code = self._codes[top]
            has_cue = self._classifier.names(code, clause.text)
            if has_cue or self._classifier.evidence(code, clause.text) >= _SPEAKS_CLAUSE:
                weight = round(belief[top] * 1000)
                best[code] = max(
                    best.get(code, 0),
                    max(weight, _SHOWN_BY_CLAUSE) if has_cue and weight >= _SHOWN else weight,
                )
        spans = {}
        if script == foreign.HAN:
            for code in beliefs:
                if beliefs[code] >= _SHOWN or code in best:
                    spans[code] = self._span_of(code, clauses)
        return beliefs, self._shown(beliefs, best, spans), text

    @property
    def _by_sound(self) -> Classifier:
        if self._sound is None:
            self._sound = foreign.sound_classifier(self._codes, self._examples)
        return self._sound

    def _beliefs(self, probabilities: Sequence[float]) -> dict[str, int]:
        weights = {code: round(value * 1000) for code, value in zip(self._codes, probabilities, strict=True)}
        kept = {code: weight for code, weight in weights.items() if weight >= _KEPT}
        return dict(sorted(kept.items(), key=lambda item: (-item[1], item[0])))

    def _shown(
        self, beliefs: Mapping[str, int], by_clause: Mapping[str, int], spans: Mapping[str, Span | None]
    ) -> tuple[ReadPainPoint, ...]:
        found = {code: weight for code, weight in beliefs.items() if weight >= _SHOWN}
        for code, weight in by_clause.items():
            if weight >= _SHOWN_BY_CLAUSE:
                found[code] = max(found.get(code, 0), weight * 9 // 10)
        for code, weight in list(beliefs.items())[:1]:
            found.setdefault(code, weight)
        ranked = sorted(found.items(), key=lambda item: (-beliefs.get(item[0], 0), -item[1], item[0]))
        return tuple(
            ReadPainPoint(code, self._entries[code].name, min(999, weight), spans.get(code))
            for code, weight in ranked[:_MOST_SHOWN]
        )

    def scenarios_of(self, beliefs: Mapping[str, int]) -> tuple[ReadScenario, ...]:
        """Up to four scenarios of the believed troubles, the most believed first."""
        sums: dict[str, int] = {}
        for code, weight in beliefs.items():
            scenario = self._entries[code].scenario
            sums[scenario] = sums.get(scenario, 0) + weight
        ranked = sorted(sums.items(), key=lambda item: (-item[1], item[0]))
        return tuple(
            ReadScenario(code, self.lexicon.scenarios[code], min(999, weight))
            for code, weight in ranked
            if weight >= 50
        )[:4]

    def _named_scenarios(self, normal: str, topics: Sequence[str]) -> tuple[ReadScenario, ...]:
        """Scenarios whose own keywords stand in a text that names no pain point, such as 仓库."""
        if {"out_of_scope", "policy", "level_assessment"}.intersection(topics):
            return ()
        counts = {
            code: sum(normalise(word) in normal for word in words)
            for code, words in self.lexicon.scenario_words.items()
        }
        total = sum(counts.values())
        ranked = sorted(
            ((code, count) for code, count in counts.items() if count), key=lambda item: (-item[1], item[0])
        )
        return tuple(
            ReadScenario(code, self.lexicon.scenarios[code], 600 * count // total)
            for code, count in ranked[:3]
        )

    def _speaks(self, text: str, normal: str, whole: Sequence[float], topics: Sequence[str]) -> bool:
        """Whether the text holds anything the lexicon knows, what belongs to a mere question left aside."""
        if "level_assessment" in topics:
            return False  # a question of rules and ranks, however many words of business it quotes
        rest = text
        asked = set(_QUESTIONS.intersection(topics))
        if len(grams(text)) >= _LONG:
            asked.discard("out_of_scope")  # hospitals and hotels are also somebody's customers
        if asked:
            rest = normalise(text)
            for found in find_terms(normal, [term for term in self.lexicon.topics if term.code in asked]):
                for pattern in found.term.patterns:
                    rest = rest.replace(pattern, " ")
            whole = self._classifier.probabilities(rest)
        top = max(range(len(whole)), key=lambda at: (whole[at], -at))
        needed = 2 * _SPEAKS if asked else _SPEAKS
        code = self._codes[top]
        if not asked and (len(grams(rest)) >= _LONG or self._classifier.names(code, rest)):
            return True
        return self._classifier.evidence(code, rest) >= needed

    def _span_of(self, code: str, clauses: Sequence[_Clause]) -> Span | None:
        best: tuple[float, _Clause] | None = None
        for clause in clauses:
            strength = self._classifier.evidence(code, clause.text)
            if best is None or strength > best[0]:
                best = (strength, clause)
        if best is None or best[0] <= 0:
            return None
        clause = best[1]
        lead = len(clause.text) - len(clause.text.lstrip())
        return Span(clause.start + lead, clause.start + len(clause.text.rstrip()))

    def _clauses(self, text: str, pattern: re.Pattern[str]) -> list[_Clause]:
        found = [
            _Clause(match.start(), match.end(), match.group())
            for match in pattern.finditer(text)
            if len(match.group().strip()) >= _SHORTEST_CLAUSE and grams(match.group())
        ]
        return found[:_MOST_CLAUSES]


def _mixed(whole: Sequence[float], clauses: Sequence[Sequence[float]]) -> list[float]:
    if len(clauses) < 2:
        return list(whole)
    share = _CLAUSE_SHARE / len(clauses)
    return [
        (1 - _CLAUSE_SHARE) * value + share * sum(clause[at] for clause in clauses)
        for at, value in enumerate(whole)
    ]


def _span(start: int, end: int, offsets: Sequence[int] | None) -> Span:
    if offsets is None:
        return Span(start, end)
    return Span(offsets[start], offsets[end - 1] + 1)


def _examples(lexicon: ReadingLexicon) -> list[Example]:
    return [
        Example(entry.code, text)
        for entry in lexicon.pain_points
        for text in (entry.name, entry.definition, *entry.cues, *entry.utterances)
    ]


@lru_cache(maxsize=1)
def shipped_reader() -> Reader:
    """The reader of the lexicon that ships with the product; built at first use in about 0.2 s."""
    return Reader(load_lexicon())
