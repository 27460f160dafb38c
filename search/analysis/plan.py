"""From what was typed to a neutral tree of clauses that either engine translates one to one.

Measured on `relevance` (see docs/search.md): bigrams inside one word count 1, across two words 0.6; words add 0.5,
single characters 0.3. Short queries weigh titles and keywords again; long ones would only lose by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from search.analysis.normalise import normalise
from search.analysis.synonyms import Synonyms
from search.analysis.tokens import Tokeniser, bigrams_of, parts_of, spans

ACROSS_WORDS = 0.6
WORDS = 0.5
UNIGRAMS = 0.3
TITLE = 0.3
KEYWORDS = 0.3
SHORT = 8  # units; beyond it titles and keywords are not weighed again
#: Longest query: with all streams together below Elasticsearch's 1,024 clauses.
MOST_UNITS, MOST_WORDS, MOST_UNIGRAMS = 256, 160, 160


@dataclass(frozen=True, slots=True)
class Term:
    """Documents whose token field `field` holds `token`, scored by BM25 × `boost`."""

    field: str
    token: str
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least `minimum` of the children; scores add up."""

    children: tuple[Node, ...]
    minimum: int = 1


@dataclass(frozen=True, slots=True)
class BestOf:
    """Any child; only the best score counts."""

    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """Documents of `must`; `extra` only adds to their scores."""

    must: Node
    extra: tuple[Node, ...] = ()


Node = Term | AnyOf | BestOf | Scored

#: Tokens with weights, and how many of them a document must hold.
Alternative = tuple[tuple[tuple[str, float], ...], int]
#: One demand of the query, fulfilled by any of its alternatives (the first is what was typed).
Unit = tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A query ready to run: the tree (None for an empty text) and what to mark in the found texts."""

    normal: str
    node: Node | None
    #: the tree with every unit demanded: does anything hold the text as typed?
    strict: Node | None
    needles: tuple[str, ...]


def needed(units: int) -> int:
    """How many of a search box's units a hit must hold: nearly all of a few, few of a sentence's many."""
    if units <= 2:
        return units
    if units <= SHORT:
        return -(-units * 6 // 10)
    return max(1, units // 10)


def build(text: str, tokeniser: Tokeniser, synonyms: Synonyms, *, match: str = "most") -> Plan:
    normal = normalise(text)
    units, needles = _units(normal, tokeniser, synonyms)
    if not units:
        return Plan(normal, None, None, ())
    words = [w for w in dict.fromkeys(tokeniser.cut(normal)) if w.strip()][:MOST_WORDS]
    singles: dict[str, None] = {}
    for start, end, latin in spans(normal):
        singles.update(dict.fromkeys([normal[start:end][:64]] if latin else normal[start:end]))
    extra: list[Node] = [Term("text_w", word, WORDS) for word in words]
    extra += [Term("text_u", single, UNIGRAMS) for single in list(singles)[:MOST_UNIGRAMS]]
    if len(units) <= SHORT:
        extra += [_render(unit, "title", TITLE) for unit in units]
        extra += [Term("title_w", word, TITLE * WORDS) for word in words]
        extra += [_render(unit, "keywords", KEYWORDS) for unit in units]
    children = tuple(_render(unit, "text", 1.0) for unit in units)
    minimum = needed(len(units)) if match == "most" else 1
    needles += [
        normal[start:end] for start, end, latin in spans(normal) if not latin and 1 < end - start <= 16
    ]
    needles += [word for word in words if len(word) > 1]
    return Plan(
        normal,
        Scored(AnyOf(children, minimum), tuple(extra)),
        AnyOf(children, len(children)),
        tuple(dict.fromkeys(needles)),
    )


def build_prefix(text: str) -> Node | None:
    """Titles that hold every piece typed so far; a Latin word at the end may be unfinished."""
    normal = normalise(text)
    pieces = spans(normal)
    children: list[Node] = []
    for position, (start, end, latin) in enumerate(pieces):
        piece = normal[start:end]
        if latin:
            last = position == len(pieces) - 1
            children.append(Term("prefix", piece[:12]) if last else Term("title_b", piece[:64]))
        elif len(piece) == 1:
            children.append(Term("title_u", piece))
        else:
            children.extend(Term("title_b", pair) for pair in dict.fromkeys(bigrams_of(piece)))
    if not children:
        return None
    return AnyOf(tuple(children[:40]), len(children[:40]))


def tokens_of(normal: str, tokeniser: Tokeniser) -> dict[str, float]:
    """Bigram-stream tokens of a normalised text with their weights, each once with its best."""
    found: dict[str, float] = {}
    for _, token, weight in _tokens(normal, tokeniser):
        found[token] = max(found.get(token, 0.0), weight)
    return found


def _tokens(normal: str, tokeniser: Tokeniser) -> Iterable[tuple[int, str, float]]:
    for start, end, latin in spans(normal):
        piece = normal[start:end]
        if latin:
            yield start, piece[:64], 1.0
        elif len(piece) == 1:
            yield start, piece, 1.0
        else:
            edges, edge = set(), 0
            for word in tokeniser.cut(piece):
                edge += len(word)
                edges.add(edge)
            for at, pair in enumerate(bigrams_of(piece)):
                yield start + at, pair, ACROSS_WORDS if at + 1 in edges else 1.0


def _units(normal: str, tokeniser: Tokeniser, synonyms: Synonyms) -> tuple[list[Unit], list[str]]:
    groups = synonyms.find(normal)
    inside: dict[int, dict[str, float]] = {}
    plain: dict[str, float] = {}
    for at, token, weight in _tokens(normal, tokeniser):
        for number, group in enumerate(groups):
            if group.start <= at and at + len(token) <= group.end:
                inside.setdefault(number, {}).setdefault(token, weight)
                break
        else:
            plain[token] = max(plain.get(token, 0.0), weight)
    units: list[Unit] = []
    needles: list[str] = []
    for number, group in enumerate(groups):
        own = tuple(inside.get(number, {}).items())
        if not own:
            continue
        alternatives: list[Alternative] = [(own, needed(len(own)))]
        for other in group.others:
            tokens = tuple(tokens_of(other, tokeniser).items())
            alternatives.append((tokens, needed(len(tokens))))
        units.append(tuple(alternatives))
        needles.extend((normal[group.start : group.end], *group.others))
    for token, weight in plain.items():
        alternatives = [(((token, weight),), 1)]
        if parts := tuple(dict.fromkeys(parts_of(token))):
            alternatives.append((tuple((part, 0.5) for part in parts), len(parts)))
        units.append(tuple(alternatives))
        if len(token) == 1:
            needles.append(token)
    return units[:MOST_UNITS], needles


def _render(unit: Unit, field: str, boost: float) -> Node:
    rendered = []
    for tokens, minimum in unit:
        terms = tuple(_term(field, token, weight * boost) for token, weight in tokens)
        rendered.append(terms[0] if len(terms) == 1 else AnyOf(terms, minimum))
    return rendered[0] if len(rendered) == 1 else BestOf(tuple(rendered))


def _term(field: str, token: str, boost: float) -> Term:
    # A lone Chinese character stands in the unigram stream wherever it occurs, in the bigrams only when isolated.
    stream = "u" if len(token) == 1 and not token.isascii() and field != "keywords" else "b"
    return Term(f"{field}_{stream}", token, round(boost, 6))
