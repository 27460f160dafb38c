"""The product's own dictionary for reading needs, loaded from `app/data/reference/lexicon`.

Every line there is composed by the centre from the pain points, the scenarios' official texts and knowledge of
factories; none comes from the labelled needs (a test holds their eight-character overlap at zero). Formats:

- `S01.txt` … `S16.txt`: `@ CODE` opens a pain point, `! a|b|c` lists its cues, every other line is one utterance.
- `conditions.txt`, `topics.txt`, `industries.txt`: `@ CODE 名称` opens an entry, `! a|b` lists its patterns.
- `english.txt`: `english phrase|中文`.
"""

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable


@dataclass(frozen=True, slots=True)
class PainPointEntry:
    """One pain point with everything the reader learns it from."""

    code: str
    scenario: str
    name: str
    definition: str
    cues: tuple[str, ...] = ()
    utterances: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """A named group of patterns: a site condition, a topic or an industry."""

    code: str
    name: str
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadingLexicon:
    """The frozen dictionary; `version` is a hash of its whole content and stands in every stored match."""

    version: str
    pain_points: tuple[PainPointEntry, ...]
    scenarios: Mapping[str, str]
    scenario_words: Mapping[str, tuple[str, ...]]
    conditions: tuple[Term, ...]
    topics: tuple[Term, ...]
    industries: tuple[Term, ...]
    english: tuple[tuple[str, str], ...]

    def pain_point(self, code: str) -> PainPointEntry | None:
        return self.by_code.get(code)

    @property
    def by_code(self) -> dict[str, PainPointEntry]:
        return _by_code(self)


@lru_cache(maxsize=8)
def _by_version(version: str, entries: tuple[PainPointEntry, ...]) -> dict[str, PainPointEntry]:  # noqa: ARG001  the version is the cheap half of the key
    return {entry.code: entry for entry in entries}


def _by_code(lexicon: ReadingLexicon) -> dict[str, PainPointEntry]:
    return _by_version(lexicon.version, lexicon.pain_points)


def reference_folder() -> Traversable:
    return files("app.data") / "reference"


@lru_cache(maxsize=1)
def load_lexicon() -> ReadingLexicon:
    """The dictionary that ships with the product."""
    reference = reference_folder()
    folder = reference / "lexicon"
    digest = hashlib.blake2b(digest_size=6)

    def text_of(place: Traversable) -> str:
        content = place.read_text(encoding="utf-8")
        digest.update(content.encode())
        return content

    cues: dict[str, tuple[str, ...]] = {}
    utterances: dict[str, list[str]] = {}
    for place in sorted(folder.iterdir(), key=lambda item: item.name):
        if place.name.startswith(("S", "stories_")):
            _read_scenario_file(text_of(place), cues, utterances)
    entries = tuple(
        PainPointEntry(
            code=row["code"],
            scenario=row["scenario_code"],
            name=row["name"],
            definition=row["definition"],
            cues=cues.get(row["code"], ()),
            utterances=tuple(utterances.get(row["code"], ())),
        )
        for row in csv.DictReader(text_of(reference / "pain_points.csv").splitlines())
    )
    scenarios: dict[str, str] = {}
    words: dict[str, tuple[str, ...]] = {}
    for row in csv.DictReader(text_of(reference / "scenarios.csv").splitlines()):
        scenarios[row["code"]] = row["name"]
        column = next((name for name in row if name and name.startswith("keywords")), None)
        words[row["code"]] = tuple(filter(None, (row[column] or "").split(","))) if column else ()
    return ReadingLexicon(
        pain_points=entries,
        scenarios=scenarios,
        scenario_words=words,
        conditions=_read_terms(text_of(folder / "conditions.txt")),
        topics=_read_terms(text_of(folder / "topics.txt")),
        industries=_read_terms(text_of(folder / "industries.txt")),
        english=_read_pairs(text_of(folder / "english.txt")),
        version=digest.hexdigest(),
    )


def _lines(content: str) -> list[str]:
    return [line.strip() for line in content.splitlines() if line.strip() and not line.startswith("#")]


def _read_scenario_file(
    content: str, cues: dict[str, tuple[str, ...]], utterances: dict[str, list[str]]
) -> None:
    code = ""
    for line in _lines(content):
        if line.startswith("@"):
            code = line[1:].strip()
        elif line.startswith("!"):
            cues[code] = tuple(dict.fromkeys(filter(None, line[1:].strip().split("|"))))
        else:
            utterances.setdefault(code, []).append(line)


def _read_terms(content: str) -> tuple[Term, ...]:
    terms: list[Term] = []
    code = name = ""
    for line in _lines(content):
        if line.startswith("@"):
            code, _, name = line[1:].strip().partition(" ")
        else:
            terms.append(Term(code, name.strip(), tuple(filter(None, line.lstrip("! ").split("|")))))
    return tuple(terms)


def _read_pairs(content: str) -> tuple[tuple[str, str], ...]:
    pairs = [line.split("|", 1) for line in _lines(content)]
    return tuple((pair[0].strip().lower(), pair[1].strip()) for pair in pairs)
